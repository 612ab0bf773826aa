/**
 * What every command is wrapped in: which command the arguments mean, help and usage errors in this program's
 * form, the platform's services, and the process around it all.
 */
import process from "node:process"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Clock, Console, Effect, Logger } from "effect"
import { CliConfig, CliError, CliOutput, Command, GlobalFlag, type HelpDoc } from "effect/cli"
import type { CommandFailed, RefusedAllTheSame, UsageError } from "./errors.ts"
import { machineClock } from "../platform/BootTime.ts"
import { VERSION } from "../platform/version.ts"
import { asUserError, type Told } from "./advice.ts"
import { readInvocation } from "./arguments.ts"
import { runMain } from "./runMain.ts"
import { usageError } from "./usage.ts"
import { wrapped } from "./wrap.ts"

const config = CliConfig.make({
  builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions, GlobalFlag.LogLevel],
})

/** What a command fails with. */
type CommandError = CliError.CliError | CommandFailed | RefusedAllTheSame | Told | UsageError

/** Stands for the values of a global flag, which its description lists anyway. */
const METAVARS: ReadonlyMap<string, string> = new Map([
  ["completions", "SHELL"],
  ["log-level", "LEVEL"],
])

const shortened = (flag: HelpDoc.FlagDoc): HelpDoc.FlagDoc => ({
  ...flag,
  type: METAVARS.get(flag.name) ?? flag.type,
})

/** Shows what was asked for. What is wrong is not shown here: it leaves as one line, see `usage.ts`. */
const presenter: CliOutput.Presenter = {
  present: (event) => {
    if (event._tag === "Version") return CliOutput.defaultPresenter.present(event)
    if (event._tag !== "Help" || event.reason !== "Requested") return Effect.void
    const globalFlags = (event.helpDoc.globalFlags ?? []).map(shortened)
    const helpDoc = { ...event.helpDoc, globalFlags }
    const { columns, isTTY } = process.stdout
    return isTTY
      ? Console.log(wrapped(CliOutput.defaultFormatter().formatHelpDoc(helpDoc), columns))
      : CliOutput.defaultPresenter.present({ ...event, helpDoc })
  },
}

/**
 * The command that these arguments ask for, as {@link readInvocation} gave them. Wrong usage fails with a
 * `UsageError`. Logs go to standard error: standard output is for results.
 */
export const commandLine = <Name extends string, Input, ContextInput, E extends CommandError>(
  root: Command.Command<Name, Input, ContextInput, E, Command.Environment>,
  args: ReadonlyArray<string>,
) =>
  Command.runWith(root, { version: VERSION, renderErrors: false })(args).pipe(
    Effect.mapError((error) => {
      if (CliError.isCliError(error)) return error._tag === "ShowHelp" ? usageError(error, args) : error
      return error._tag === "UsageError" ||
        error._tag === "CommandFailed" ||
        error._tag === "RefusedAllTheSame"
        ? error
        : asUserError(error)
    }),
    Effect.provideService(CliConfig.CliConfig, config),
    Effect.provideService(CliOutput.Presenter, presenter),
    Effect.provideService(Logger.LogToStderr, true),
    Effect.provide(NodeServices.layer),
  )

/** Runs the command that this process's arguments ask for, and ends the process with its exit status. */
export const start = <Name extends string, Input, ContextInput, E extends CommandError>(
  root: Command.Command<Name, Input, ContextInput, E, Command.Environment>,
  options: {
    /** Whether a parent handed over to this process. */
    readonly handedOver: boolean
  },
): void => {
  const { args, name, verbose } = readInvocation(root, process.argv.slice(2))
  const command = Effect.flatMap(machineClock, (clock) =>
    Effect.provideService(commandLine(root, args), Clock.Clock, clock),
  )
  runMain(command, { name, verbose, handedOver: options.handedOver })
}
