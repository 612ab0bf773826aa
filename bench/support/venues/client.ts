/** A client in a process of its own that reads orders from its standard input, each when it is made. */
import { spawn } from "node:child_process"
import process from "node:process"
import type { Readable } from "node:stream"
import { Deferred, Duration, Effect } from "effect"

export interface TimedLine {
  /** By the wall clock. */
  readonly atMs: number
  readonly text: string
}

export interface ClientProgram {
  readonly args: ReadonlyArray<string>
  /** What it says once it can take orders. */
  readonly ready: RegExp
  /** Whether it ends by itself after its last order. */
  readonly ends: boolean
}

const watch = (stream: Readable, onText: (text: string) => void) => {
  let text = ""
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk
    onText(text)
  })
}

/** Runs it until it ends, or until `graceMs` after its last order. `linesFrom` says what to tell it, once it is ready. */
export const feedClient = (
  { args, ends, ready }: ClientProgram,
  linesFrom: (nowMs: number) => ReadonlyArray<TimedLine>,
  graceMs: number,
): Effect.Effect<void> =>
  Effect.scoped(
    Effect.gen(function* () {
      const isReady = Deferred.makeUnsafe<boolean>()
      const ended = Deferred.makeUnsafe<number>()
      const child = yield* Effect.acquireRelease(
        Effect.sync(() => {
          const started = spawn("node", args, { stdio: "pipe" })
          let said = ""
          for (const stream of [started.stdout, started.stderr])
            watch(stream, (text) => {
              said = text
              if (ready.test(text)) Deferred.doneUnsafe(isReady, Effect.succeed(true))
            })
          started.once("close", (status) => {
            if (ends && status !== 0) process.stderr.write(said)
            Deferred.doneUnsafe(isReady, Effect.succeed(false))
            Deferred.doneUnsafe(ended, Effect.succeed(status ?? 0))
          })
          // One that has ended takes no more orders.
          started.stdin.on("error", () => {})
          return started
        }),
        (started) => Effect.sync(() => started.kill("SIGKILL")),
      )
      if (!(yield* Deferred.await(isReady))) return yield* Effect.die("the client ended before it was ready")
      for (const { atMs, text } of linesFrom(Date.now())) {
        yield* Effect.sleep(Duration.millis(Math.max(0, atMs - Date.now())))
        child.stdin.write(`${text}\n`)
      }
      child.stdin.end()
      yield* Effect.timeoutOption(Deferred.await(ended), Duration.millis(ends ? 30_000 : graceMs))
    }),
  )
