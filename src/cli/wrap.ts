/** Wraps a help text to the terminal's width. Pure. */
import { CliOutput } from "effect/cli"

/** A flag and what it means, or anything else that is indented. */
const LINE = /^(?<indent> *)(?:(?<name>\S+(?: \S+)*)(?<gap> {2,}))?(?<words>\S.*)$/

/** Where fewer columns are left for it, what a flag means begins below the flag. */
const LEAST_COLUMNS = 40
const BELOW = 6

/** Each line of a text in as many as it needs; words that are longer stay whole, and so do examples, which are copied. */
export const wrapped = (text: string, columns: number): string => {
  const lines = text.split("\n")
  const examples = lines.findIndex((line) => line.includes("EXAMPLES"))
  const isWhole = (line: string, index: number): boolean =>
    CliOutput.displayWidth(line) <= columns || (examples !== -1 && index > examples)
  return lines
    .flatMap((line, index) => (isWhole(line, index) ? [line] : wrappedLine(line, columns)))
    .join("\n")
}

const wrappedLine = (line: string, columns: number): ReadonlyArray<string> => {
  const { gap = "", indent = "", name = "", words = "" } = LINE.exec(line)?.groups ?? {}
  const head = `${indent}${name}${gap}`
  const isBeside = name === "" || columns - CliOutput.displayWidth(head) >= LEAST_COLUMNS
  const margin = " ".repeat(isBeside ? CliOutput.displayWidth(head) : BELOW)
  const lines = isBeside ? [] : [head.trimEnd()]
  let current = isBeside ? head : margin
  let isEmpty = true
  for (const word of words.split(" ")) {
    const longer = isEmpty ? `${current}${word}` : `${current} ${word}`
    const fits = CliOutput.displayWidth(longer) <= columns
    if (isEmpty || fits) current = longer
    else {
      lines.push(current)
      current = `${margin}${word}`
    }
    isEmpty = false
  }
  return [...lines, current]
}
