/**
 * Pings: what shows that the exchange has read what was sent before. A request that was lost may lie in the exchange's own
 * kernel, and be read when the exchange goes on after a standstill; it has been read once a ping is answered that began when
 * the request must have been there.
 *
 * One ping serves all who wait for it. While none is answered it is tried again and again, a little less often each time.
 */
import { Clock, Deferred, Duration, Effect, Latch, Result, Schedule } from "effect"
import type { DispatchEvent } from "../domain/DispatchEvent.ts"
import { type ExchangeTime, latestByTimeAlone } from "../domain/Transit.ts"
import type { ExchangeClock } from "../limits/ExchangeClock.ts"
import type { LiveReach } from "../limits/LiveReach.ts"
import { nowMsUnsafe, sleepUntil } from "../platform/Monotonic.ts"
import type { ExchangeClient, PingFailed, Pong } from "../venues/ExchangeClient.ts"
import type { Circuit } from "./Circuit.ts"

export interface PingerOptions {
  /** Undefined where there are no pings. It takes no longer than a request may. */
  readonly ping: ExchangeClient["Service"]["ping"]
  readonly reach: LiveReach
  readonly circuit: Circuit
  readonly record: (event: DispatchEvent) => void
  /** Where somebody asks it, there is a ping before anything is sent. */
  readonly clock?: ExchangeClock | undefined
}

/** Between two pings that are not answered: 20 ms to 640 ms, and a fifth more or less of each. */
const betweenPings = Schedule.jittered(
  Schedule.min([Schedule.exponential(Duration.millis(20)), Schedule.spaced(Duration.millis(640))]),
)

interface Waiter {
  /** Only a ping that begins from then on says something. */
  readonly fromMs: number
  readonly cleared: Deferred.Deferred<number>
}

export class Pinger {
  readonly #options: PingerOptions
  readonly #clock: Clock.Clock
  readonly #wanted = Latch.makeUnsafe()
  readonly #introduced: Latch.Latch
  #waiters: Array<Waiter> = []

  private constructor(options: PingerOptions, clock: Clock.Clock) {
    this.#options = options
    this.#clock = clock
    this.#introduced = Latch.makeUnsafe(options.ping === undefined || options.clock === undefined)
  }

  static readonly make = (options: PingerOptions): Effect.Effect<Pinger> =>
    Clock.clockWith((clock) => Effect.sync(() => new Pinger(options, clock)))

  /**
   * Waits until the exchange has answered a ping. Answers by when a request that was given up before now has arrived, if it
   * arrives at all. Where there are no pings, time alone tells.
   */
  readonly cleared: Effect.Effect<number> = Effect.suspend(() => {
    const nowMs = nowMsUnsafe(this.#clock)
    if (this.#options.ping === undefined) return Effect.succeed(latestByTimeAlone(nowMs, this.#options.reach))
    const waiter: Waiter = { fromMs: nowMs + this.#options.reach.travelMs, cleared: Deferred.makeUnsafe() }
    this.#waiters.push(waiter)
    this.#wanted.openUnsafe()
    return Effect.onInterrupt(Deferred.await(waiter.cleared), () =>
      Effect.sync(() => {
        this.#waiters = this.#waiters.filter((other) => other !== waiter)
        this.#rest()
      }),
    )
  })

  /** Waits until the first ping is over, where there is one before anything is sent. */
  get introduced(): Effect.Effect<void> {
    return Effect.asVoid(this.#introduced.await)
  }

  /** Pings as long as somebody waits for it. Runs for ever. */
  get run(): Effect.Effect<never> {
    const { ping } = this.#options
    if (ping === undefined) return Effect.never
    const asked = Effect.ignore(Effect.andThen(this.#free, this.#ask(ping)))
    const first =
      this.#options.clock === undefined ? Effect.void : Effect.ensuring(asked, this.#introduced.open)
    return Effect.andThen(first, Effect.forever(Effect.andThen(this.#wanted.await, this.#serve(ping))))
  }

  #serve(ping: Effect.Effect<Pong, PingFailed>): Effect.Effect<void> {
    return this.#once(ping).pipe(
      Effect.retry(betweenPings),
      // The schedule has no end.
      Effect.ignore,
    )
  }

  #once(ping: Effect.Effect<Pong, PingFailed>): Effect.Effect<void, PingFailed> {
    return Effect.suspend(() =>
      this.#waiters.length === 0 ? Effect.void : Effect.andThen(this.#free, this.#ask(ping)),
    )
  }

  /** Nothing is sent to an exchange that asks to be left alone. */
  readonly #free: Effect.Effect<void> = Effect.suspend(() => {
    const freeMs = this.#freeMs
    return nowMsUnsafe(this.#clock) < freeMs ? Effect.andThen(sleepUntil(freeMs), this.#free) : Effect.void
  })

  #ask(ping: Effect.Effect<Pong, PingFailed>): Effect.Effect<void, PingFailed> {
    const { circuit } = this.#options
    return Effect.gen({ self: this }, function* () {
      const begunMs = nowMsUnsafe(this.#clock)
      const answer = yield* Effect.result(ping)
      if (Result.isFailure(answer)) {
        const { code, isTurnedAway = false, isUnreachable, waitMs = 0 } = answer.failure
        if (isUnreachable) yield* circuit.contact({ kind: "unreachable", code })
        if (waitMs > 0) circuit.hold(nowMsUnsafe(this.#clock) + waitMs)
        else if (isTurnedAway) yield* circuit.contact({ kind: "turned-away" })
        return yield* answer.failure
      }
      yield* circuit.contact({ kind: "answered" })
      this.#onAnswer(begunMs, nowMsUnsafe(this.#clock), answer.success.time)
    })
  }

  #rest(): void {
    if (this.#waiters.length === 0) this.#wanted.closeUnsafe()
  }

  /** From when on a ping may leave, and says something; the exchange may ask for a later moment meanwhile. */
  get #freeMs(): number {
    return Math.max(this.#options.circuit.heldUntilMs(), this.#earliestMs)
  }

  get #earliestMs(): number {
    return this.#waiters.length === 0
      ? Number.NEGATIVE_INFINITY
      : Math.min(...this.#waiters.map(({ fromMs }) => fromMs))
  }

  #onAnswer(begunMs: number, atMs: number, exchangeTime: ExchangeTime | undefined): void {
    const { reach, record } = this.#options
    reach.onPing(atMs - begunMs)
    const clearedMs = atMs + reach.slackMs
    record({ type: "ping", atMs, begunMs, clearedMs, exchangeTime })
    const served = this.#waiters.filter(({ fromMs }) => fromMs <= begunMs)
    this.#waiters = this.#waiters.filter(({ fromMs }) => fromMs > begunMs)
    this.#rest()
    for (const { cleared } of served) Deferred.doneUnsafe(cleared, Effect.succeed(clearedMs))
  }
}
