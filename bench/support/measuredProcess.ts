/** Runs a program in a process of its own, and measures it as a whole. */
import { spawn } from "node:child_process"
import { closeSync, openSync } from "node:fs"
import process from "node:process"
import { Readable } from "node:stream"
import { text } from "node:stream/consumers"
import { Clock, Effect, Schema } from "effect"
import { nowMsUnsafe } from "../../src/platform/Monotonic.ts"

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

/** A program that tells at its end, on file descriptor 3, what it has used: see `reportUsage.js`. */
export interface Program {
  readonly command: string
  readonly args: ReadonlyArray<string>
  /** Added to this process's environment. */
  readonly environment?: Readonly<Record<string, string>>
  /** The file that is its standard input; nothing where it is left out. */
  readonly stdin?: string
  /** What it ends with; 0 where it is left out. */
  readonly status?: number
}

/** Dies where the program ends otherwise than it should. */
export const measuredProcess = ({
  args,
  command,
  environment,
  status: expected = 0,
  stdin,
}: Program): Effect.Effect<Measured, Schema.SchemaError> =>
  Clock.clockWith((clock) =>
    Effect.gen(function* () {
      const input =
        stdin === undefined
          ? "ignore"
          : yield* Effect.acquireRelease(
              Effect.sync(() => openSync(stdin, "r")),
              (opened) =>
                Effect.sync(() => {
                  closeSync(opened)
                }),
            )
      const fromMs = nowMsUnsafe(clock)
      const child = yield* Effect.acquireRelease(
        Effect.sync(() =>
          spawn(command, args, {
            stdio: [input, "pipe", "inherit", "pipe"],
            env: { ...process.env, ...environment },
          }),
        ),
        (started) => Effect.sync(() => started.kill()),
      )
      const exited = new Promise<number | NodeJS.Signals | null>((resolve) => {
        child.once("exit", (status, signal) => {
          resolve(signal ?? status)
        })
      })
      const usagePipe = child.stdio[3]
      const { stdout: output } = child
      if (output === null || !(usagePipe instanceof Readable))
        return yield* Effect.die("a process without pipes")
      const [stdout, usage] = yield* Effect.promise(() => Promise.all([text(output), text(usagePipe)]))
      const status = yield* Effect.promise(() => exited)
      if (status !== expected)
        return yield* Effect.die(new Error(`it ended with ${status}: ${command} ${args.join(" ")}`))
      return { stdout, elapsedMs: nowMsUnsafe(clock) - fromMs, usage: yield* decodeUsage(usage) }
    }),
  ).pipe(Effect.scoped)
