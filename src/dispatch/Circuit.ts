/**
 * What notices that the exchange is away, and keeps lanes from throwing orders at it: one circuit for the exchange as a
 * whole, Effect's CircuitBreaker.
 *
 * While it is closed, all may send. Five requests in a row without a usable answer open it: then nobody sends, for
 * a time that doubles with every failure up to two thirds of a second and is jittered, so that many clients do not
 * come back at the same moment. After that one order goes ahead as the probe, and the others wait for what becomes
 * of it. So service resumes within a second of the exchange's return, wherever it answers at once that it is away.
 *
 * An order is taken from the line only when it may really be sent, so a lane asks the circuit first, and takes its
 * order inside the breaker's `execute`: that is the probe. With the circuit closed the breaker is not asked at all;
 * it is told how requests ended, and only while something is wrong: a success that follows a success tells it
 * nothing, and would cost every order's way some time.
 *
 * The exchange may also be there, and want to be left alone (see {@link Hold}): then nobody sends until that is over, and
 * one order goes ahead as the probe likewise.
 */
import { Clock, Deferred, Duration, Effect, Exit, Latch, Random, Schedule, type Scope } from "effect"
import { CircuitBreaker } from "effect/persistence"
import { invariant } from "../platform/invariant.ts"
import { monotonicClock, nowMsUnsafe, sleepUntil } from "../platform/Monotonic.ts"
import { afterAnnouncement, afterProbe, afterTurnedAway, type Hold, noHold } from "./Hold.ts"
import { type NoContact, Silence, type SilenceOptions } from "./Silence.ts"
import type { OrderExpired } from "./SubmitFailure.ts"

/**
 * What a request's end says about the exchange.
 *
 * - `answered`: it is there, whatever it said about the order.
 * - `turned-away`: something refused it unread, as it refuses everything for now.
 * - `failing`: it was sent, and no usable answer came (5xx, timed out, broken off, not the protocol's).
 * - `unreachable`: no connection, with the platform's error code.
 */
export type Sign =
  | { readonly kind: "answered" | "turned-away" | "failing" }
  | { readonly kind: "unreachable"; readonly code: string }

/** Takes what a request's end says about the exchange; undefined where it says nothing. */
export type Report = (sign: Sign | undefined) => Effect.Effect<void>

export interface CircuitOptions extends SilenceOptions {
  /** The exchange has announced that nothing may be sent before then. */
  readonly onHold: (untilMs: number) => void
}

/** An exchange that is away, or wants to be left alone. */
export interface Outage {
  readonly kind: Exclude<Sign["kind"], "answered"> | "asks-to-wait"
  /** How long it has been so, in milliseconds. */
  readonly forMs: number
  /** Until the next order is tried, in milliseconds; 0 while one is under way, or waits for one. */
  readonly retryInMs: number
}

/** So many requests in a row without a usable answer are an outage; fewer may be bad luck. */
const TRIPS_AFTER = 5
const FIRST_WAIT = Duration.millis(20)
/** Waits double so many times less one: 20 ms to 640 ms, and a fifth more or less of each. */
const WAITS = 6

/** Waits of a hold whose end nobody has announced are as long as they are meant to be, a fifth more or less. */
const JITTER = [0.8, 1.2] as const

/** One key: the breaker could guard many exchanges, and guards one. */
const KEY = "exchange"

const openDuration = Schedule.exponential(FIRST_WAIT).pipe(Schedule.jittered, Schedule.upTo({ times: WAITS }))

const outcomeOf = (sign: Sign | undefined): CircuitBreaker.Outcome => {
  if (sign === undefined || sign.kind === "turned-away") return CircuitBreaker.ignored
  return sign.kind === "answered" ? CircuitBreaker.success : CircuitBreaker.failure()
}

/** A wait for what the breaker measures must not end a rounding error too early. */
const ROUNDING_MS = 0.002

/** Makes a circuit. Its jitter is drawn from the Random service of whoever uses it. */
export const make = (options: CircuitOptions): Effect.Effect<Circuit, never, Scope.Scope> =>
  Effect.gen(function* () {
    const breaker = yield* CircuitBreaker.make({
      tripPolicy: CircuitBreaker.consecutive(TRIPS_AFTER),
      openDuration,
    }).pipe(Effect.provide(CircuitBreaker.layerStoreMemory()))
    return new Circuit(options, breaker, yield* Clock.Clock)
  })

export class Circuit {
  readonly #breaker: CircuitBreaker.CircuitBreaker
  readonly #clock: Clock.Clock
  /** The breaker measures by the wall clock, which may step. */
  readonly #breakerClock: Clock.Clock
  readonly #silence: Silence
  /** Opened whenever a probe has ended. */
  readonly #probed = Latch.makeUnsafe(true)
  #state: CircuitBreaker.State["_tag"] = "Closed"
  /** Counts the circuit's openings and closings. */
  #era = 0
  /** The last request of this era failed. */
  #isTroubled = false
  #isProbing = false
  #sinceMs = 0
  #openUntilMs = Number.NEGATIVE_INFINITY
  #hold = noHold
  /** All that was ever announced, what is still to come included. */
  #announcedMs = 0
  #kind: Outage["kind"] = "unreachable"
  readonly #onHold: CircuitOptions["onHold"]

  constructor(options: CircuitOptions, breaker: CircuitBreaker.CircuitBreaker, clock: Clock.Clock) {
    this.#onHold = options.onHold
    this.#breaker = breaker
    this.#clock = clock
    this.#breakerClock = monotonicClock(clock)
    this.#silence = new Silence(options)
  }

  readonly isClosed = (): boolean => this.#state === "Closed" && !this.#hold.isDoubted

  /** Whether an order may be taken now: to be sent freely while the circuit is closed, else in a {@link probe}. */
  readonly mayTry = (nowMs: number): boolean => !this.#isProbing && nowMs >= this.#freeAtMs()

  /** Waits until {@link mayTry} holds. */
  readonly tryable: Effect.Effect<void> = Effect.suspend(() => {
    if (this.mayTry(nowMsUnsafe(this.#clock))) return Effect.void
    const free = this.#isProbing ? this.#probed.await : sleepUntil(this.#freeAtMs())
    return Effect.andThen(free, this.tryable)
  })

  /** Undefined while the exchange is in contact. */
  readonly noContact = (): NoContact | undefined => this.#silence.noContact

  /** What keeps orders from leaving, with the platform's error code if no connection can be had; undefined while nothing does. */
  readonly hindrance = (nowMs: number): OrderExpired["outage"] => {
    const none = this.#silence.noContact
    if (none !== undefined) return { kind: "unreachable", code: none.code }
    const kind = this.outage(nowMs)?.kind
    return kind && { kind, code: undefined }
  }

  /** Nobody sends anything before this, because the exchange wants to be left alone; in the past if it does not. */
  readonly heldUntilMs = (): number => this.#hold.untilMs

  /** What a request that is no order's says about whether the exchange can be reached, and wants to be. */
  readonly contact = (sign: Sign): Effect.Effect<void> => this.#heard(sign, this.#era, () => Effect.void)

  #freeAtMs(): number {
    return this.#state === "Open" ? Math.max(this.#openUntilMs, this.#hold.untilMs) : this.#hold.untilMs
  }

  /** Told how each request ends; call it when one leaves. What left before the circuit moved says nothing any more. */
  readonly watch = (): Report => {
    const left = this.#era
    return (sign) =>
      this.#heard(sign, left, () => {
        const isNews = sign !== undefined && (sign.kind !== "answered" || this.#isTroubled)
        if (!isNews || left !== this.#era || this.#state !== "Closed") return Effect.void
        this.#learn(sign)
        return this.#through(Effect.succeed(sign))
      })
  }

  /**
   * Makes one attempt that decides whether the circuit closes. `attempt` takes and sends one order at once; it is
   * given where to report how it ended, and answers false where there was nothing to send. An attempt that is
   * interrupted decides nothing.
   */
  readonly probe = (
    attempt: (report: Report) => Effect.Effect<boolean>,
    restore: <A>(effect: Effect.Effect<A>) => Effect.Effect<A>,
  ): Effect.Effect<void> =>
    Effect.suspend(() => {
      invariant(!this.#isProbing, "two orders are tried at once")
      this.#isProbing = true
      const left = this.#era
      this.#probed.closeUnsafe()
      const ended = Deferred.makeUnsafe<Sign | undefined>()
      const report: Report = (sign) =>
        this.#heard(sign, left, () => Effect.asVoid(Deferred.succeed(ended, sign)))
      const tried = Effect.flatMap(attempt(report), (wasSent) =>
        wasSent
          ? Effect.tap(restore(Deferred.await(ended)), (sign) =>
              Effect.sync(() => {
                this.#learn(sign)
                if (sign?.kind === "answered" && left === this.#era) this.#hold = afterProbe(this.#hold)
              }),
            )
          : Effect.succeed(undefined),
      )
      return Effect.ensuring(
        // What is sent must not inherit the breaker's clock.
        this.#through(Effect.provideService(tried, Clock.Clock, this.#clock)),
        Effect.sync(() => {
          this.#isProbing = false
          this.#probed.openUnsafe()
        }),
      )
    })

  /** The exchange asks everybody to wait until then. */
  readonly hold = (untilMs: number): void => {
    const before = this.#hold
    const nowMs = nowMsUnsafe(this.#clock)
    this.#wait(afterAnnouncement(before, untilMs, nowMs))
    if (this.#hold === before) return
    const fromMs = before.isAnnounced ? Math.max(before.untilMs, nowMs) : nowMs
    this.#announcedMs += this.#hold.untilMs - fromMs
    this.#onHold(this.#hold.untilMs)
  }

  /** How long so far nobody was to send because the exchange had announced it, in milliseconds. */
  readonly heldMs = (nowMs: number): number => {
    const { isAnnounced, untilMs } = this.#hold
    return this.#announcedMs - (isAnnounced ? Math.max(0, untilMs - nowMs) : 0)
  }

  #wait(hold: Hold): void {
    if (hold === this.#hold) return
    this.#hold = hold
    this.#era += 1
  }

  /** What is wrong, for show; undefined while nothing is. */
  readonly outage = (nowMs: number): Outage | undefined => {
    if (this.#state !== "Closed") {
      const retryInMs = this.#isProbing ? 0 : Math.max(0, this.#freeAtMs() - nowMs)
      return { kind: this.#kind, forMs: nowMs - this.#sinceMs, retryInMs }
    }
    const { isAnnounced, isDoubted, sinceMs, untilMs } = this.#hold
    if (!isDoubted) return undefined
    const kind = isAnnounced ? "asks-to-wait" : "turned-away"
    return { kind, forMs: nowMs - sinceMs, retryInMs: Math.max(0, untilMs - nowMs) }
  }

  /** Holds everybody, or tells the breaker, and then whoever must know that there was no connection for too long. */
  #heard(sign: Sign | undefined, left: number, tellBreaker: () => Effect.Effect<void>): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (sign === undefined) return tellBreaker()
      if (sign.kind !== "unreachable") {
        this.#silence.onContact()
        const isNews = sign.kind === "turned-away" && left === this.#era
        return isNews ? Effect.andThen(this.#turnedAway, tellBreaker()) : tellBreaker()
      }
      const atMs = nowMsUnsafe(this.#clock)
      return Effect.andThen(
        tellBreaker(),
        Effect.sync(() => this.#silence.onNoContact(atMs, sign.code)),
      )
    })
  }

  readonly #turnedAway = Effect.map(Random.nextBetween(...JITTER), (jitter) =>
    this.#wait(afterTurnedAway(this.#hold, nowMsUnsafe(this.#clock), jitter)),
  )

  #learn(sign: Sign | undefined): void {
    if (sign === undefined || sign.kind === "turned-away") return
    this.#isTroubled = sign.kind !== "answered"
    if (sign.kind !== "answered") this.#kind = sign.kind
  }

  /** Runs an effect through the breaker. A rejection says only that the circuit has moved meanwhile. */
  #through(effect: Effect.Effect<Sign | undefined>): Effect.Effect<void> {
    return this.#breaker
      .execute(effect, {
        key: KEY,
        classify: (exit) => (Exit.isSuccess(exit) ? outcomeOf(exit.value) : CircuitBreaker.ignored),
      })
      .pipe(
        Effect.catchTag("CircuitBreakerError", () => Effect.void),
        Effect.asVoid,
        Effect.ensuring(this.#look),
        Effect.provideService(Clock.Clock, this.#breakerClock),
      )
  }

  readonly #look = Effect.suspend(() =>
    Effect.map(Effect.orDie(this.#breaker.state(KEY)), (seen) => this.#see(seen)),
  )

  #see(seen: CircuitBreaker.State): void {
    const nowMs = nowMsUnsafe(this.#clock)
    if ((this.#state === "Closed") !== (seen._tag === "Closed")) {
      this.#era += 1
      this.#isTroubled = false
      if (this.#state === "Closed") this.#sinceMs = nowMs
    }
    this.#state = seen._tag
    if (seen._tag === "Open") this.#openUntilMs = nowMs + Duration.toMillis(seen.retryAfter) + ROUNDING_MS
  }
}
