/**
 * What others have written and the dispatcher calls: the exchange's client, and the log. Either may throw, die, fail with
 * errors of its own or never answer; here that becomes something that the dispatcher knows.
 */
import { Cause, Effect, Result } from "effect"
import type { DispatchEvent, DispatchLog } from "../domain/DispatchEvent.ts"
import { type ExchangeClient, PingFailed } from "../venues/ExchangeClient.ts"
import { LogFailed } from "./SubmitFailure.ts"
import type { Watchdog } from "./Watchdog.ts"

const LONGEST_PROBLEM = 200

const textOf = (thrown: unknown): string => {
  if (thrown instanceof Error)
    return thrown.message === "" ? thrown.name : `${thrown.name}: ${thrown.message}`
  if (typeof thrown === "object" && thrown !== null && "_tag" in thrown) return String(thrown._tag)
  return String(thrown)
}

/** What was thrown, in one short line; it may be anything, also what cannot be shown. */
export const problemOf = (thrown: unknown): string =>
  Result.getOrElse(
    Result.try(() =>
      textOf(thrown)
        .replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S}]+/gu, " ")
        .slice(0, LONGEST_PROBLEM)
        .trim(),
    ),
    () => "something that cannot be shown",
  )

/** A log that never throws and never dies: what it did instead is told once, and from then on nothing is kept any more. */
export const guardLog = (log: DispatchLog, onFailed: (failure: LogFailed) => void): DispatchLog => {
  let isBroken = false
  const broken = (thrown: unknown) => {
    if (isBroken) return
    isBroken = true
    onFailed(new LogFailed({ problem: problemOf(thrown) }))
  }
  return {
    ready: Effect.catchCause(
      Effect.suspend(() => (isBroken ? Effect.never : log.ready)),
      (cause) =>
        Effect.andThen(
          Effect.sync(() => broken(Cause.squash(cause))),
          Effect.never,
        ),
    ),
    record: (event: DispatchEvent) => {
      if (isBroken) return
      const recorded = Result.try(() => log.record(event))
      if (Result.isFailure(recorded)) broken(recorded.failure)
    },
    committed: Effect.catchCause(
      Effect.suspend(() => (isBroken ? Effect.succeed(false) : log.committed)),
      (cause) =>
        Effect.sync(() => {
          broken(Cause.squash(cause))
          return false
        }),
    ),
  }
}

/** A client's ping that always ends: answered, or failed with nothing but a {@link PingFailed}. */
export const guardPing = (
  { ping }: ExchangeClient["Service"],
  watchdog: Watchdog,
): ExchangeClient["Service"]["ping"] =>
  ping === undefined
    ? undefined
    : Effect.flatMap(watchdog.watch(Effect.suspend(() => ping)), (exit) => {
        if (exit === undefined) return Effect.fail(new PingFailed({ code: "timeout", isUnreachable: false }))
        return Effect.catchCause(exit, (cause) => {
          const thrown = Cause.squash(cause)
          return Effect.fail(
            thrown instanceof PingFailed
              ? thrown
              : new PingFailed({ code: problemOf(thrown), isUnreachable: false }),
          )
        })
      })
