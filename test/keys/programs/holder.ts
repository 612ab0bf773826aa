/** Claims keys in the directory that it is given, says so, and holds them until it is told to stop, or killed. */
import process from "node:process"
import { Effect, Fiber, Redacted } from "effect"
import { claimIn } from "../support.ts"

const [directory = "", ...secrets] = process.argv.slice(2)
const keys = secrets.map((secret, n) => ({ label: `key-${n + 1}`, secret: Redacted.make(secret) }))

const told = Effect.callback<void>((resume) => {
  process.once("SIGTERM", () => {
    resume(Effect.void)
  })
  // A signal's listener alone does not keep a process alive.
  const alive = setInterval(() => {}, 60_000)
  return Effect.sync(() => {
    clearInterval(alive)
  })
})

await Effect.runPromise(
  Effect.scoped(
    Effect.gen(function* () {
      yield* claimIn(directory, { keys })
      const waiting = yield* Effect.forkChild(told, { startImmediately: true })
      process.stdout.write("claimed\n")
      yield* Fiber.join(waiting)
    }),
  ),
)
process.stdout.write("released\n")
process.exit(0)
