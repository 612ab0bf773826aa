/** What only a process shows of following a log: its streams, and how it ends. */
import { appendFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { accepted, footer, header } from "../summary/records.ts"
import { launch, MAIN } from "./process.ts"
import { temporaryFolder } from "../run/journalFile.ts"

const follow = (file: string, ...args: ReadonlyArray<string>) =>
  launch([MAIN, "summarise", "--follow", "--format", "classic", ...args, file])

/** Waits until standard error holds `text`. */
const told = (running: ReturnType<typeof follow>, text: string) =>
  Effect.callback<void>((resume) => {
    let written = ""
    running.child.stderr?.on("data", (chunk: string) => {
      written += chunk
      if (written.includes(text)) resume(Effect.void)
    })
  })

const write = (file: string, records: ReadonlyArray<unknown>): void => {
  appendFileSync(file, records.map((record) => `${JSON.stringify(record)}\n`).join(""))
}

describe.concurrent("paceline summarise --follow", () => {
  it.live("waits for the file, and ends by itself with the run's summary", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder, "run.ndjson")
      const running = follow(file)
      yield* told(running, "which is not there yet")
      write(file, [header(), accepted("a", 0), accepted("b", 1500), footer(1600)])
      const { status, stdout } = yield* Effect.promise(() => running.ended)
      assert.strictEqual(status, 0)
      assert.include(stdout, "Total Time: 0:00:01.500000\n")
    }).pipe(Effect.scoped),
  )

  it.live("concludes with the summary when it is stopped, and ends by the signal", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder, "run.ndjson")
      write(file, [header(), accepted("a", 0), accepted("b", 1500)])
      const running = follow(file)
      // A line of progress: all that there is was read.
      yield* told(running, "2 of 2")
      running.child.kill("SIGINT")
      const { signal, stdout } = yield* Effect.promise(() => running.ended)
      assert.strictEqual(signal, "SIGINT")
      assert.include(stdout, "Total Time: 0:00:01.500000\n")
    }).pipe(Effect.scoped),
  )

  it.live("has nothing to say when it is stopped before there was a file", () =>
    Effect.gen(function* () {
      const running = follow(join(yield* temporaryFolder, "run.ndjson"))
      yield* told(running, "which is not there yet")
      running.child.kill("SIGTERM")
      const { signal, stdout } = yield* Effect.promise(() => running.ended)
      assert.deepStrictEqual([signal, stdout], ["SIGTERM", ""])
    }).pipe(Effect.scoped),
  )
})
