/**
 * The forms that lines of records have: what the Schema's encoder writes, seen as bytes. Derived from the
 * Schema's AST, so that a field that is added, renamed, moved or checked otherwise changes them too.
 *
 * A form is a sequence of fixed texts and of values between them. A record whose field may be absent has two
 * forms, one with it and one without.
 */
import { SchemaAST } from "effect"

/** A JSON text without escapes, all of it ASCII: `minLength` to `maxLength` characters. */
export interface TextValue {
  readonly type: "text"
  readonly minLength: number
  readonly maxLength: number
}

/** A JSON number without an exponent, which is at least `minimum`. */
export interface NumberValue {
  readonly type: "number"
  readonly isInteger: boolean
  readonly minimum: number
}

/** One of these texts, which are ASCII without escapes. */
export interface ChoiceValue {
  readonly type: "choice"
  readonly texts: ReadonlyArray<string>
}

export type Value = TextValue | NumberValue | ChoiceValue

export interface ValueItem {
  readonly type: "value"
  readonly field: string
  readonly value: Value
}

/** Bytes that every line of the form has. */
export interface FixedItem {
  readonly type: "fixed"
  readonly text: string
}

export interface LineForm {
  /** Fixed text and values in turn, from the line's first byte to its last. */
  readonly items: ReadonlyArray<FixedItem | ValueItem>
  /** The record's fields in their order; what is the same in every line stands here. */
  readonly fields: ReadonlyArray<{ readonly name: string; readonly constant: string | undefined }>
}

/** The Schema says something of these lines that cannot be derived here. */
const cannotDerive = (what: string): never => {
  throw new TypeError(`no line form can be derived for ${what}`)
}

interface Representation {
  readonly id: string
  readonly payload: unknown
}

const isRepresentation = (value: unknown): value is Representation =>
  typeof value === "object" && value !== null && "id" in value && typeof value.id === "string"

const numberIn = (payload: unknown, name: string): number => {
  const entries: ReadonlyArray<readonly [string, unknown]> =
    typeof payload === "object" && payload !== null ? Object.entries(payload) : []
  const value = entries.find(([key]) => key === name)?.[1]
  return typeof value === "number" ? value : cannotDerive(`a check without a number "${name}"`)
}

const checksOf = (ast: SchemaAST.AST): ReadonlyArray<Representation> =>
  (ast.checks ?? []).map((check) => {
    const representation: unknown =
      check._tag === "Filter" ? check.annotations?.["representation"] : undefined
    return isRepresentation(representation) ? representation : cannotDerive("a check without representation")
  })

const numberOf = (ast: SchemaAST.AST): NumberValue => {
  let isInteger = false
  let minimum = -Infinity
  for (const { id, payload } of checksOf(ast)) {
    if (id === "effect/schema/isInt") isInteger = true
    else if (id === "effect/schema/isGreaterThanOrEqualTo")
      minimum = Math.max(minimum, numberIn(payload, "minimum"))
    // JSON has no other numbers, and those without an exponent that are read fast are far from infinite.
    else if (id !== "effect/schema/isFinite") cannotDerive(`a number that is checked by ${id}`)
  }
  return { type: "number", isInteger, minimum }
}

const textOf = (ast: SchemaAST.AST): TextValue => {
  let minLength = 0
  let maxLength = Infinity
  for (const { id, payload } of checksOf(ast)) {
    if (id === "effect/schema/isMinLength") minLength = Math.max(minLength, numberIn(payload, "minLength"))
    else if (id === "effect/schema/isMaxLength")
      maxLength = Math.min(maxLength, numberIn(payload, "maxLength"))
    else cannotDerive(`a text that is checked by ${id}`)
  }
  return { type: "text", minLength, maxLength }
}

/** Letters, digits and dashes: the same as text, in JSON, and in a program. */
const PLAIN = /^[A-Za-z0-9-]+$/

const literalOf = (ast: SchemaAST.AST): string | undefined =>
  SchemaAST.isLiteral(ast) &&
  typeof ast.literal === "string" &&
  PLAIN.test(ast.literal) &&
  ast.checks === undefined
    ? ast.literal
    : undefined

const choicesOf = (ast: SchemaAST.AST): ReadonlyArray<string> => {
  const literal = literalOf(ast)
  if (literal !== undefined) return [literal]
  if (!SchemaAST.isUnion(ast) || ast.checks !== undefined) return cannotDerive(`a value of type ${ast._tag}`)
  return ast.types.flatMap(choicesOf)
}

const valueOf = (ast: SchemaAST.AST): Value => {
  if (ast.encoding !== undefined) return cannotDerive("a value that is written otherwise than it is read")
  if (SchemaAST.isNumber(ast)) return numberOf(ast)
  if (SchemaAST.isString(ast)) return textOf(ast)
  return { type: "choice", texts: choicesOf(ast) }
}

/** A form of which the first fields are known. */
interface Begun {
  readonly items: ReadonlyArray<FixedItem | ValueItem>
  readonly fields: LineForm["fields"]
  /** Fixed text after the last item. */
  readonly text: string
}

const withField = (form: Begun, name: string, ast: SchemaAST.AST): Begun => {
  const text = `${form.text}${form.fields.length === 0 ? "{" : ","}"${name}":`
  const literal = ast.encoding === undefined ? literalOf(ast) : undefined
  if (literal !== undefined)
    return {
      items: form.items,
      fields: [...form.fields, { name, constant: literal }],
      text: `${text}"${literal}"`,
    }
  const value = valueOf(ast)
  const quote = value.type === "number" ? "" : '"'
  return {
    items: [...form.items, { type: "fixed", text: `${text}${quote}` }, { type: "value", field: name, value }],
    fields: [...form.fields, { name, constant: undefined }],
    text: quote,
  }
}

/**
 * The forms of a record's lines, for a Struct of texts, numbers and choices among plain words. Throws for one
 * that has anything else, or a check that is not known here: then this file must learn it.
 */
export const lineFormsOf = (ast: SchemaAST.AST): ReadonlyArray<LineForm> => {
  if (!SchemaAST.isObjects(ast)) return cannotDerive(`a record of type ${ast._tag}`)
  if (ast.encoding !== undefined || ast.checks !== undefined || ast.indexSignatures.length > 0)
    return cannotDerive("a record that is more than its fields")
  let forms: ReadonlyArray<Begun> = [{ items: [], fields: [], text: "" }]
  for (const { name, type } of ast.propertySignatures) {
    if (typeof name !== "string" || !/^[A-Za-z]+$/.test(name)) return cannotDerive(`a field ${String(name)}`)
    const withIt = forms.map((form) => withField(form, name, type))
    forms = SchemaAST.isOptional(type) ? [...withIt, ...forms] : withIt
  }
  return forms.map(({ items, fields, text }) => ({
    items: [...items, { type: "fixed", text: `${text}}` }],
    fields,
  }))
}
