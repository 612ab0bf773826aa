/**
 * Runs a program as this process's main fiber, from its start to the exit status.
 *
 * It ends in one of these ways, and always when the fiber is done, with everything written that was handed to
 * the standard streams:
 *
 * - done: 0; failed: what the error says (see `errors.ts`), a line on standard error first
 * - stopped by a signal (see `Signals.ts`): by that signal itself, which a shell shows as 130 or 143, unless bringing it to an
 *   end failed
 * - nobody reads standard output any more, as after `| head -1`: the fiber is interrupted, and the status is 0,
 *   because the reader has seen enough
 */
import process from "node:process"
import { Clock, Effect, Exit, type Fiber, Option, Predicate, Runtime } from "effect"
import { nowMsUnsafe } from "../platform/Monotonic.ts"
import { watchParent } from "../platform/handOver.ts"
import { describeDefect, describeFailure, type Failure, type FailureOptions } from "./failure.ts"
import { endBySignal } from "../platform/endBySignal.ts"
import { decide, type Stop, STOP_SIGNALS, type StopSignal } from "./Signals.ts"

const BROKEN_PIPE = "EPIPE"

/** How the process is to end: with a status and a text on standard error, or by the signal that stopped it. */
type Ending = Failure | StopSignal

/** Ends when standard error has passed on what it holds. */
const endWith = (ending: Ending): void => {
  process.stderr.write(typeof ending === "string" ? "" : ending.text, () => {
    if (typeof ending === "string") endBySignal(ending)
    else process.exit(ending.status)
  })
}

const outputFailure = (error: Error, options: FailureOptions): Failure => ({
  status: 1,
  text: `${options.name}: standard output cannot be written: ${error.message}\n`,
})

/** What happened to the process from outside its main fiber. */
interface Mishaps {
  stop: Stop | undefined
  outputClosed: boolean
  failure: Failure | undefined
}

const supervise = <A, E>(
  fiber: Fiber.Fiber<A, E>,
  options: FailureOptions & { readonly handedOver: boolean },
): void => {
  const mishaps: Mishaps = { stop: undefined, outputClosed: false, failure: undefined }
  const clock = fiber.getRef(Clock.Clock)
  const interrupt = (): void => {
    fiber.interruptUnsafe(fiber.id)
  }

  const onSignal = (signal: StopSignal): void => {
    const nowMs = nowMsUnsafe(clock)
    switch (decide(mishaps.stop, nowMs)) {
      case "stop":
        mishaps.stop = { signal, atMs: nowMs }
        return interrupt()
      case "exit":
        return endBySignal(signal)
      case "nothing":
    }
  }
  for (const signal of STOP_SIGNALS) process.on(signal, onSignal)
  if (options.handedOver) {
    watchParent(() => {
      onSignal("SIGTERM")
    })
  }

  process.stdout.on("error", (error: Error) => {
    if (Predicate.hasProperty(error, "code") && error.code === BROKEN_PIPE) {
      mishaps.outputClosed = true
    } else {
      mishaps.failure ??= outputFailure(error, options)
    }
    interrupt()
  })
  // Nobody is left to be told that standard error is closed.
  process.stderr.on("error", () => undefined)
  process.on("uncaughtException", (error: unknown) => {
    const stack = Predicate.isError(error) ? (error.stack ?? "") : ""
    mishaps.failure ??= describeDefect(error, options, stack)
    interrupt()
  })

  const ending = (exit: Exit.Exit<unknown, unknown>): Ending => {
    if (mishaps.outputClosed) return { status: 0, text: "" }
    const failure = mishaps.failure ?? failureOf(exit, options)
    if (failure !== undefined) return failure
    if (mishaps.stop !== undefined) return mishaps.stop.signal
    return Exit.isSuccess(exit) ? { status: 0, text: "" } : "SIGINT"
  }
  fiber.addObserver((exit) => {
    // Whether standard output can be written is known only once it has passed on what it holds.
    process.stdout.write("", () => {
      setImmediate(() => {
        endWith(ending(exit))
      })
    })
  })
}

const failureOf = (exit: Exit.Exit<unknown, unknown>, options: FailureOptions): Failure | undefined =>
  Exit.isSuccess(exit) ? undefined : Option.getOrUndefined(describeFailure(exit.cause, options))

/** Runs `program` and ends the process when it has ended. Never more than once in a process. */
export const runMain = <A, E>(
  program: Effect.Effect<A, E>,
  options: FailureOptions & {
    /** Whether a parent handed over to this process, whose end is then to be this one's too. */
    readonly handedOver: boolean
  },
): void => {
  Runtime.makeRunMain(({ fiber }) => {
    supervise(fiber, options)
  })(program, { disableErrorReporting: true })
}
