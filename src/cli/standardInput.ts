/** What standard input is, where orders are to come from it. */
import { fstatSync } from "node:fs"
import process from "node:process"
import { Console, Effect } from "effect"
import { UsageError } from "../platform/errors.ts"

const isDirectory = Effect.orElseSucceed(
  Effect.try(() => fstatSync(process.stdin.fd).isDirectory()),
  () => false,
)

/**
 * Fails where standard input is a directory, which would read as if it were empty, and says what is awaited
 * where it is a terminal.
 */
export const expectOrdersOnStandardInput = Effect.gen(function* () {
  if (yield* isDirectory) {
    return yield* new UsageError({
      message: "--orders -: standard input is a directory; give it a file or a pipe",
    })
  }
  if (process.stdin.isTTY) {
    yield* Console.error(
      "reading orders from this terminal, one a line; Ctrl-D ends them, Ctrl-C stops the run",
    )
  }
})
