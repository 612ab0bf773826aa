/** Runs one of the program's commands in a process of its own, and measures it as a whole. */
import { spawn } from "node:child_process"
import process from "node:process"
import { Readable } from "node:stream"
import { text } from "node:stream/consumers"
import { Clock, Effect, Schema } from "effect"
import { nowMsUnsafe } from "../../src/Monotonic.ts"
import { MEMORY_FLAGS } from "../../src/runtime/handOver.ts"

const Usage = Schema.Struct({
  /** The largest resident set, in KiB. */
  peakKib: Schema.Finite,
  /** Time on all cores together. */
  cpuMicros: Schema.Finite,
})

export interface Measured {
  readonly stdout: string
  readonly elapsedMs: number
  readonly usage: typeof Usage.Type
}

const decodeUsage = Schema.decodeUnknownEffect(Schema.fromJsonString(Usage))

const start = (args: ReadonlyArray<string>) =>
  spawn(
    process.execPath,
    // The flags of a hand-over, so that the same is measured on every Node.
    [...MEMORY_FLAGS, "--import", "./bench/support/reportUsage.ts", "dist/main.js", ...args],
    { stdio: ["ignore", "pipe", "inherit", "pipe"] },
  )

export const measuredCommand = (args: ReadonlyArray<string>): Effect.Effect<Measured, Schema.SchemaError> =>
  Clock.clockWith((clock) =>
    Effect.gen(function* () {
      const fromMs = nowMsUnsafe(clock)
      const child = yield* Effect.acquireRelease(
        Effect.sync(() => start(args)),
        (started) => Effect.sync(() => started.kill()),
      )
      const exited = new Promise<number | null>((resolve) => {
        child.once("exit", resolve)
      })
      const usagePipe = child.stdio[3]
      const { stdout: output } = child
      if (output === null || !(usagePipe instanceof Readable))
        return yield* Effect.die("a process without pipes")
      const [stdout, usage] = yield* Effect.promise(() => Promise.all([text(output), text(usagePipe)]))
      if ((yield* Effect.promise(() => exited)) !== 0)
        return yield* Effect.die(new Error(`it failed: paceline ${args.join(" ")}`))
      return { stdout, elapsedMs: nowMsUnsafe(clock) - fromMs, usage: yield* decodeUsage(usage) }
    }),
  ).pipe(Effect.scoped)
