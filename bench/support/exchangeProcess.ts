/** An exchange in a process of its own, as the command line starts it, so that it shares no core with us. */
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { Deferred, Effect, Schema } from "effect"

const Tally = Schema.Struct({
  type: Schema.tag("tally"),
  keys: Schema.Array(
    Schema.Struct({
      key: Schema.String,
      requests: Schema.Int,
      accepted: Schema.Int,
      rateLimit: Schema.Int,
      blocked: Schema.Int,
      nonce: Schema.Int,
      busiestWindow: Schema.Int,
    }),
  ),
  unknownKey: Schema.Int,
  repeatedOrders: Schema.Int,
})
export type Tally = typeof Tally.Type

/** Runs `use` against a fresh exchange, then stops it and gives what the exchange itself has counted. */
export const againstExchange = <A, E, R>(
  seed: number,
  use: (url: URL) => Effect.Effect<A, E, R>,
): Effect.Effect<{ readonly result: A; readonly tally: Tally }, E | Schema.SchemaError, R> =>
  againstEmulator(["--seed", String(seed)], Tally, use)

/** The same with any arguments of `exchange`, and what it then tells at its end. */
export const againstEmulator = <A, E, R, T>(
  args: ReadonlyArray<string>,
  tallyOf: Schema.Codec<T, unknown>,
  use: (url: URL) => Effect.Effect<A, E, R>,
): Effect.Effect<{ readonly result: A; readonly tally: T }, E | Schema.SchemaError, R> =>
  Effect.scoped(
    Effect.gen(function* () {
      const address = Deferred.makeUnsafe<URL>()
      const done = Deferred.makeUnsafe<string>()
      const child = yield* Effect.acquireRelease(
        Effect.sync(() => {
          const process = spawn("node", ["dist/main.js", "exchange", "--port", "0", ...args], {
            stdio: ["ignore", "pipe", "inherit"],
          })
          let last = ""
          createInterface({ input: process.stdout })
            .on("line", (line) => {
              const url = /http:\S+/.exec(line)?.[0]
              if (url !== undefined) Deferred.doneUnsafe(address, Effect.succeed(new URL(url)))
              last = line
            })
            .on("close", () => Deferred.doneUnsafe(done, Effect.succeed(last)))
          return process
        }),
        (process) => Effect.sync(() => process.kill("SIGTERM")),
      )
      const result = yield* use(yield* Deferred.await(address))
      child.kill("SIGTERM")
      const tally = yield* Schema.decodeEffect(Schema.fromJsonString(tallyOf))(yield* Deferred.await(done))
      return { result, tally }
    }),
  )
