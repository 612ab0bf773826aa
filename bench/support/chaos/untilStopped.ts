/** Runs a program whose processes are in groups of their own: a terminal's Ctrl-C does not reach those. */
import process from "node:process"
import { Cause, Effect, Exit } from "effect"

/** Runs it to its end; SIGINT and SIGTERM interrupt it, so that whatever it has started is killed, and it exits with 1. */
export const untilStopped = async (program: Effect.Effect<void, unknown>): Promise<void> => {
  const stop = new AbortController()
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      stop.abort()
    })
  }
  const exit = await Effect.runPromiseExit(program, { signal: stop.signal })
  if (Exit.isSuccess(exit)) return
  process.exitCode = 1
  if (!stop.signal.aborted) process.stderr.write(`${Cause.pretty(exit.cause)}\n`)
}
