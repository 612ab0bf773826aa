/** What the arguments amount to before any flag is parsed. */
import type { Command } from "effect/cli"

/** How a command is called in a message, and the arguments to parse. */
export interface Invocation {
  /** The program's name and the command's, such as `paceline run`. */
  readonly name: string
  readonly args: ReadonlyArray<string>
  /** Whether the user asked for what only someone who looks for a bug wants to see. */
  readonly verbose: boolean
}

/** Flags that are about the program and not about a command, and need none. */
const ABOUT_PROGRAM = /^(?:--help|-h|--version|-v|--completions(?:=.*)?)$/

/** How many arguments at the front set the log level, which is every command's. */
const logLevelLength = (args: ReadonlyArray<string>): number => {
  const [first] = args
  if (first === "--log-level") return 2 + logLevelLength(args.slice(2))
  return first?.startsWith("--log-level=") === true ? 1 + logLevelLength(args.slice(1)) : 0
}

const isVerbose = (args: ReadonlyArray<string>): boolean =>
  args.some(
    (arg, index) =>
      /^--log-level=(?:all|trace|debug)$/.test(arg) ||
      (arg === "--log-level" && /^(?:all|trace|debug)$/.test(args[index + 1] ?? "")),
  )

/**
 * Reads which command is meant. Without one, that is with no arguments, or with flags right away that are not
 * about the program itself, it is `run`.
 */
export const readInvocation = (
  root: Pick<Command.Command.Any, "name" | "subcommands">,
  args: ReadonlyArray<string>,
): Invocation => {
  const verbose = isVerbose(args)
  const start = Math.min(logLevelLength(args), args.length)
  const first = args[start]
  if (first === undefined || (first.startsWith("-") && !ABOUT_PROGRAM.test(first))) {
    return { name: `${root.name} run`, args: ["run", ...args], verbose }
  }
  const known = root.subcommands.some((group) => group.commands.some((command) => command.name === first))
  if (known || first.startsWith("-"))
    return { name: known ? `${root.name} ${first}` : root.name, args, verbose }
  // Of a command that is not there nobody can be helped: not the program's help, but that it is not there.
  return { name: root.name, args: args.filter((arg) => arg !== "--help" && arg !== "-h"), verbose }
}
