/**
 * Makes a program from the forms that lines have: it goes through a line's bytes once, and takes what is common to
 * several forms once. Generated, because every record is then made in one piece, and every field is found
 * by where it stands.
 */
import { Option } from "effect"
import type { LineForm, Value } from "./lineForms.ts"
import { type Cursor, readNumber, readText } from "./scanValues.ts"

/**
 * Reads the line at `from`, which must end with a newline. Where it is in one of the forms, the cursor stands
 * behind its newline; else the answer is undefined, the cursor stays, and the line may still be a record that is
 * written otherwise.
 */
export type LineScanner = (bytes: Buffer, from: number, cursor: Cursor) => unknown

/** A form, and how much of it has been read: whole items, and bytes of the fixed text that comes next. */
interface Place {
  readonly form: LineForm
  readonly item: number
  readonly byte: number
}

const NEWLINE = 10
const CARRIAGE_RETURN = 13

/** The fixed text that comes next; empty where a value does, or nothing. */
const textAt = ({ form, item, byte }: Place): string => {
  const next = form.items[item]
  return next?.type === "fixed" ? next.text.slice(byte) : ""
}

const commonStart = (texts: ReadonlyArray<string>): string => {
  const [first = "", ...others] = texts
  let length = 0
  while (length < first.length && others.every((text) => text[length] === first[length])) length += 1
  return first.slice(0, length)
}

const skipText = (place: Place, length: number): Place => {
  const next = place.form.items[place.item]
  const byte = place.byte + length
  return next?.type === "fixed" && byte === next.text.length
    ? { form: place.form, item: place.item + 1, byte: 0 }
    : { ...place, byte }
}

/** Whether the bytes from `at` on are this text. */
const isText = (text: string): string =>
  Array.from(text, (char, index) => `bytes[at + ${index}] === ${char.charCodeAt(0)}`).join(" && ")

const variable = (field: string): string => `field_${field}`

const valueCode = (field: string, value: Value): string => {
  const name = variable(field)
  switch (value.type) {
    case "number": {
      const problems = [
        `${name} !== ${name}`,
        // Whole numbers have no point, and are never too large: they have 15 digits at most.
        ...(value.isInteger ? [`!isSafeInteger(${name})`] : []),
        ...(value.minimum === -Infinity ? [] : [`${name} < ${value.minimum}`]),
      ]
      return `${name} = readNumber(bytes, at, inner); if (${problems.join(" || ")}) return undefined; at = inner.at;`
    }
    case "text":
      return `${name} = readText(bytes, at, inner, ${value.minLength}, ${value.maxLength}); if (${name} === undefined) return undefined; at = inner.at;`
    case "choice":
      return `${value.texts
        .map((text) => `if (${isText(`${text}"`)}) { ${name} = "${text}"; at += ${text.length}; }`)
        .join(" else ")} else return undefined;`
  }
}

const recordCode = ({ fields }: LineForm): string =>
  `{ ${fields
    .map(({ name, constant }) => `${name}: ${constant === undefined ? variable(name) : `"${constant}"`}`)
    .join(", ")} }`

const endCode = (form: LineForm): string =>
  `if (bytes[at] === ${CARRIAGE_RETURN}) at += 1; if (bytes[at] !== ${NEWLINE}) return undefined; cursor.at = at + 1; return ${recordCode(form)};`

const groupBy = <A>(items: ReadonlyArray<A>, keyOf: (item: A) => string): ReadonlyArray<ReadonlyArray<A>> => [
  ...Map.groupBy(items, keyOf).values(),
]

/** Goes on from places that have read the same so far. Ends by returning. */
const codeFrom = (places: ReadonlyArray<Place>): string => {
  const common = commonStart(places.map(textAt))
  if (common.length > 0)
    return `if (!(${isText(common)})) return undefined; at += ${common.length};\n${codeFrom(
      places.map((place) => skipText(place, common.length)),
    )}`
  const [first] = places
  if (first === undefined) return "return undefined;"
  const next = first.form.items[first.item]
  if (places.every(({ form, item }) => form.items[item] === undefined)) return endCode(first.form)
  if (next?.type === "value" && places.every(({ form, item }) => isSame(form.items[item], next)))
    return `${valueCode(next.field, next.value)}\n${codeFrom(places.map((place) => ({ ...place, item: place.item + 1 })))}`
  if (places.some((place) => textAt(place) === ""))
    throw new TypeError("forms that only their values tell apart")
  const branches = groupBy(places, (place) => textAt(place).charAt(0))
  return `switch (bytes[at]) {\n${branches
    .map((branch) => {
      const [place] = branch
      return place === undefined ? "" : `case ${textAt(place).charCodeAt(0)}: {\n${codeFrom(branch)}\n}`
    })
    .join("\n")}\n}\nreturn undefined;`
}

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

/** The program's text: a function's body. */
const scannerCode = (forms: ReadonlyArray<LineForm>): string => {
  const fields = new Set(
    forms.flatMap(({ items }) => items.flatMap((item) => (item.type === "value" ? [item.field] : []))),
  )
  return `"use strict";
const isSafeInteger = Number.isSafeInteger;
const inner = { at: 0 };
return (bytes, from, cursor) => {
let at = from, ${Array.from(fields, variable).join(", ")};
${codeFrom(forms.map((form) => ({ form, item: 0, byte: 0 })))}
};`
}

const isScanner = (value: unknown): value is LineScanner => typeof value === "function"

const run = Option.liftThrowable((code: string): unknown => {
  // oxlint-disable-next-line typescript/no-implied-eval -- all of the code is made above, from the Schema alone
  const program = new Function("readNumber", "readText", code)
  return Reflect.apply(program, undefined, [readNumber, readText])
})

/** Reads nothing: for where programs may not be generated. */
const noScanner: LineScanner = () => undefined

export const compileScanner = (forms: ReadonlyArray<LineForm>): LineScanner =>
  run(scannerCode(forms)).pipe(
    Option.filter(isScanner),
    Option.getOrElse(() => noScanner),
  )
