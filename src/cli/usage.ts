/**
 * Wrong usage in one line: what is wrong, where, and what to do. The command line's own errors span several
 * lines and come with all of the help; here they become one line that says where the help is.
 */
import type { CliError } from "effect/cli"
import { UsageError } from "./errors.ts"
import { quote } from "../platform/quote.ts"
import { inWords } from "./values.ts"

const didYouMean = (suggestions: ReadonlyArray<string>): string =>
  suggestions.length === 0 ? "" : `; did you mean ${inWords(suggestions, "or")}?`

/** A sentence that ends as one, whatever it ended with. */
const sentence = (text: string): string => (/[.?!]$/.test(text) ? text : `${text}.`)

/** What stands where the flag's value should, if it was taken for a flag: a negative number, as a rule. */
const takenForFlag = (name: string, args: ReadonlyArray<string>): string | undefined => {
  const next = args[args.indexOf(name) + 1]
  return args.includes(name) && next !== undefined && /^-[\d.]/.test(next) ? next : undefined
}

const invalidValue = (error: CliError.InvalidValue, args: ReadonlyArray<string>): string => {
  const name = error.kind === "flag" ? `--${error.option}` : `<${error.option}>`
  if (error.value === "") {
    const negative = takenForFlag(name, args)
    return negative === undefined
      ? `${name} needs a value (${error.expected})`
      : `${name}: ${quote(negative)} is negative; write a value without "-" (${error.expected})`
  }
  if (error.expected === "at most 1 value") return `${name} is given more than once`
  return `${name}: ${quote(error.value)} is not right; expected ${error.expected.replace(/^Expected:? */, "")}`
}

const describe = (error: CliError.NonShowHelpErrors, args: ReadonlyArray<string>): string => {
  switch (error._tag) {
    case "UnrecognizedOption":
      return `there is no flag ${error.option}${didYouMean(error.suggestions)}`
    case "MissingOption":
      return `--${error.option} is missing`
    case "MissingArgument":
      return `<${error.argument}> is missing`
    case "UnexpectedArgument":
      return `${quote(error.arguments[0] ?? "")} is one argument too many`
    case "InvalidValue":
      return invalidValue(error, args)
    case "UnknownSubcommand":
      return `there is no command ${quote(error.subcommand)}${didYouMean(error.suggestions)}`
    case "DuplicateOption":
    case "ValidationError":
    case "UserError":
      return error.message
  }
}

/** The first of the errors in `help`, as one line. The rest often follow from it. `args` are what was written. */
export const usageError = (help: CliError.ShowHelp, args: ReadonlyArray<string>): UsageError => {
  const [first] = help.errors
  const what = first === undefined ? "a command is missing" : describe(first, args)
  const unknownCommand = first?._tag === "UnknownSubcommand"
  const path = unknownCommand ? help.commandPath.slice(0, 1) : help.commandPath
  return new UsageError({ message: `${sentence(what)} See "${path.join(" ")} --help".` })
}
