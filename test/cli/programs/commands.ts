/** A command for every way a command can end, and one with a flag of every kind. */
import process from "node:process"
import { Console, Effect } from "effect"
import { Command } from "effect/cli"
import * as Flags from "../../../src/cli/Flags.ts"
import { CommandFailed, UsageError } from "../../../src/cli/errors.ts"

const flags = {
  duration: Flags.duration("duration", { description: "How long.", default: "30s" }),
  ttl: Flags.durationOrNone("ttl", { description: "How old.", default: "1s" }),
  limit: Flags.integer("limit", { description: "How many.", default: "20", max: 1000 }),
  load: Flags.nonNegative("load", { description: "How much.", default: "1", max: 1000 }),
  seed: Flags.seed({ description: "From what.", default: "1" }),
  url: Flags.httpUrl({ description: "Whereto.", default: "http://127.0.0.1:9999/api/request" }),
  format: Flags.format(["text", "json", "classic"], { description: "In which form.", default: "text" }),
}

const run = Command.make("run", flags, ({ duration }) => Console.log(`ran ${String(duration)}`)).pipe(
  Command.withDescription("Runs."),
)
const usage = Command.make("usage", {}, () =>
  Effect.fail(new UsageError({ message: "orders.ndjson, line 3: not JSON" })),
)
const fail = Command.make("fail", {}, () =>
  Effect.fail(new CommandFailed({ message: "port 9999 is in use" })),
)
const defect = Command.make("defect", {}, () =>
  Effect.die(new Error("no such thing at http://127.0.0.1/api/request?api_key=SECRET&nonce=1\nand more")),
)
const thrown = Command.make("thrown", {}, () =>
  Effect.callback<never>(() => {
    setImmediate(() => {
      throw new Error("thrown outside")
    })
  }),
)
const log = Command.make("log", {}, () => Effect.log("a remark"))

/** What the environment, which whatever is started from here inherits, tells of how this was started. */
const traces = (): ReadonlyArray<string> =>
  Object.keys(process.env)
    .filter((name) => /^(?:NODE_CHANNEL|PACELINE)_/.test(name))
    .toSorted()

/** Says that it runs, with what traces of how it was started, and when it is stopped, that it drains. */
const drain = Command.make("drain", {}, () =>
  Console.log(`started ${process.pid} ${JSON.stringify(traces())}`).pipe(
    Effect.andThen(Effect.never),
    Effect.onInterrupt(() => Console.log("drained")),
  ),
)
/** Never gets to an end by itself once it is stopped. */
const stuck = Command.make("stuck", {}, () =>
  Console.log("started").pipe(
    Effect.andThen(Effect.never),
    Effect.onInterrupt(() => Effect.andThen(Console.log("draining"), Effect.never)),
  ),
)
const badEnd = Command.make("bad-end", {}, () =>
  Console.log("started").pipe(
    Effect.andThen(Effect.never),
    Effect.onInterrupt(() =>
      Effect.orDie(Effect.fail(new CommandFailed({ message: "the journal cannot be written" }))),
    ),
  ),
)
const chatter = Command.make("chatter", {}, () =>
  Effect.forever(Effect.andThen(Console.log("words ".repeat(1000)), Effect.yieldNow)),
)

export const root = Command.make("paceline").pipe(
  Command.withSubcommands([run, usage, fail, defect, thrown, log, drain, stuck, badEnd, chatter]),
)
