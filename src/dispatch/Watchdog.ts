/**
 * Gives up requests that their client does not: it is to keep to the request timeout by itself, and one that does not would
 * hold its order, and its place in the window, for ever. One fiber watches over all requests; each is given the same time, so they
 * come due in the order in which they left.
 */
import { Clock, Duration, Effect, type Exit, Latch } from "effect"
import { nowMsUnsafe, sleepUntil } from "../platform/Monotonic.ts"
import { type Timed, TimeHeap } from "../platform/TimeHeap.ts"
import { TIMEOUT_SLACK } from "./requestTimeout.ts"

export class Watchdog {
  readonly #patienceMs: number
  readonly #clock: Clock.Clock
  /** What gives each of them up. With a Map, which is never empty under load, a third of an order's cost was garbage. */
  readonly #watched = new TimeHeap<Effect.Effect<void>>()
  readonly #isWatching = Latch.makeUnsafe()

  private constructor(requestTimeout: Duration.Duration, clock: Clock.Clock) {
    this.#patienceMs = Duration.toMillis(Duration.sum(requestTimeout, TIMEOUT_SLACK))
    this.#clock = clock
  }

  static readonly make = (requestTimeout: Duration.Duration): Effect.Effect<Watchdog> =>
    Clock.clockWith((clock) => Effect.sync(() => new Watchdog(requestTimeout, clock)))

  /** Does this about a request unless it is dismissed in time. */
  await(giveUp: Effect.Effect<void>): Timed<Effect.Effect<void>> {
    this.#isWatching.openUnsafe()
    return this.#watched.add(nowMsUnsafe(this.#clock) + this.#patienceMs, giveUp)
  }

  dismiss(awaited: Timed<Effect.Effect<void>>): void {
    this.#watched.remove(awaited)
  }

  /**
   * Waits for a call's end, whatever it does; undefined where there is none in time. A call that cannot be interrupted is
   * left to itself then.
   */
  watch<A, E>(call: Effect.Effect<A, E>): Effect.Effect<Exit.Exit<A, E> | undefined> {
    return Effect.flatMap(Effect.forkChild(call, { startImmediately: true }), (fiber) =>
      Effect.callback((resume) => {
        const giveUp = Effect.sync(() => {
          resume(Effect.succeed(undefined))
          fiber.interruptUnsafe()
        })
        const awaited = this.await(giveUp)
        fiber.addObserver((exit) => {
          this.dismiss(awaited)
          resume(Effect.succeed(exit))
        })
        return Effect.sync(() => {
          this.dismiss(awaited)
          fiber.interruptUnsafe()
        })
      }),
    )
  }

  /** Watches. Runs for ever. */
  readonly run: Effect.Effect<never> = Effect.forever(
    Effect.suspend(() => {
      const first = this.#watched.first()
      if (first !== undefined) {
        if (first.atMs > nowMsUnsafe(this.#clock)) return sleepUntil(first.atMs)
        return this.#watched.take()?.value ?? Effect.void
      }
      this.#isWatching.closeUnsafe()
      return this.#isWatching.await
    }),
  )
}
