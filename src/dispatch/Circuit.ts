/**
 * What keeps lanes from throwing orders at an exchange that is away: one circuit for the exchange as a whole,
 * Effect's CircuitBreaker.
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
 */
import { Clock, Deferred, Duration, Effect, Exit, Latch, Schedule, type Scope } from "effect"
import { CircuitBreaker } from "effect/persistence"
import { invariant } from "../platform/invariant.ts"
import { monotonicClock, nowMsUnsafe, sleepUntil } from "../platform/Monotonic.ts"

/**
 * What a request's end says about the exchange.
 *
 * - `answered`: it is there, whatever it said about the order.
 * - `unreachable`: no connection.
 * - `failing`: it was sent, and no usable answer came (5xx, timed out, broken off, not the protocol's).
 */
export type Sign = "answered" | "unreachable" | "failing"

/** Takes what a request's end says about the exchange; undefined where it says nothing. */
export type Report = (sign: Sign | undefined) => Effect.Effect<void>

/** An exchange that is away, or wants to be left alone. */
export interface Outage {
  readonly kind: Exclude<Sign, "answered"> | "asks-to-wait"
  /** How long it has been so, in milliseconds. */
  readonly forMs: number
  /** Until the next order is tried, in milliseconds; 0 while one is under way, or waits for one. */
  readonly retryInMs: number
}

export interface Circuit {
  readonly isClosed: () => boolean
  /** Whether an order may be taken now: to be sent freely while the circuit is closed, else in a {@link probe}. */
  readonly mayTry: (nowMs: number) => boolean
  /** Waits until {@link mayTry} holds. */
  readonly tryable: Effect.Effect<void>
  /** Told how each request ends; call it when one leaves. What left before the circuit moved says nothing any more. */
  readonly watch: () => Report
  /**
   * Makes one attempt that decides whether the circuit closes. `attempt` takes and sends one order at once; it is
   * given where to report how it ended, and answers false where there was nothing to send. An attempt that is
   * interrupted decides nothing. Does nothing where another has come first.
   */
  readonly probe: (
    attempt: (report: Report) => Effect.Effect<boolean>,
    restore: <A>(effect: Effect.Effect<A>) => Effect.Effect<A>,
  ) => Effect.Effect<void>
  /** The exchange asks everybody to wait until then. */
  readonly hold: (untilMs: number) => void
  /** What is wrong, for show; undefined while nothing is. */
  readonly outage: (nowMs: number) => Outage | undefined
}

/** So many requests in a row without a usable answer are an outage; fewer may be bad luck. */
const TRIPS_AFTER = 5
const FIRST_WAIT = Duration.millis(20)
/** Waits double so many times less one: 20 ms to 640 ms, and a fifth more or less of each. */
const WAITS = 6

/** One key: the breaker could guard many exchanges, and guards one. */
const KEY = "exchange"

const openDuration = Schedule.exponential(FIRST_WAIT).pipe(Schedule.jittered, Schedule.upTo({ times: WAITS }))

const outcomeOf = (sign: Sign | undefined): CircuitBreaker.Outcome => {
  if (sign === undefined) return CircuitBreaker.ignored
  return sign === "answered" ? CircuitBreaker.success : CircuitBreaker.failure()
}

/** A wait for what the breaker measures must not end a rounding error too early. */
const ROUNDING_MS = 0.002

/** Makes a circuit. Its jitter is drawn from the Random service of whoever uses it. */
export const make: Effect.Effect<Circuit, never, Scope.Scope> = Effect.gen(function* () {
  const clock = yield* Clock.Clock
  // The breaker measures by the wall clock, which may step.
  const breakerClock = monotonicClock(clock)
  const breaker = yield* CircuitBreaker.make({
    tripPolicy: CircuitBreaker.consecutive(TRIPS_AFTER),
    openDuration,
  }).pipe(Effect.provide(CircuitBreaker.layerStoreMemory()))
  /** Opened whenever a probe has ended. */
  const probed = Latch.makeUnsafe(true)

  let state: CircuitBreaker.State["_tag"] = "Closed"
  /** Counts the circuit's openings and closings. */
  let era = 0
  /** The last request of this era failed. */
  let isTroubled = false
  let isProbing = false
  let sinceMs = 0
  let openUntilMs = Number.NEGATIVE_INFINITY
  let heldSinceMs = Number.NEGATIVE_INFINITY
  let heldUntilMs = Number.NEGATIVE_INFINITY
  let kind: Outage["kind"] = "unreachable"

  const look = Effect.map(Effect.orDie(breaker.state(KEY)), (seen) => {
    const nowMs = nowMsUnsafe(clock)
    if ((state === "Closed") !== (seen._tag === "Closed")) {
      era += 1
      isTroubled = false
      if (state === "Closed") sinceMs = nowMs
    }
    state = seen._tag
    if (seen._tag === "Open") openUntilMs = nowMs + Duration.toMillis(seen.retryAfter) + ROUNDING_MS
  })

  const learn = (sign: Sign | undefined): void => {
    if (sign === undefined) return
    isTroubled = sign !== "answered"
    if (sign !== "answered") kind = sign
  }

  /** Runs an effect through the breaker. A rejection says only that the circuit has moved meanwhile. */
  const through = (effect: Effect.Effect<Sign | undefined>): Effect.Effect<void> =>
    breaker
      .execute(effect, {
        key: KEY,
        classify: (exit) => (Exit.isSuccess(exit) ? outcomeOf(exit.value) : CircuitBreaker.ignored),
      })
      .pipe(
        Effect.catchTag("CircuitBreakerError", () => Effect.void),
        Effect.asVoid,
        Effect.ensuring(look),
        Effect.provideService(Clock.Clock, breakerClock),
      )

  const freeAtMs = (): number => (state === "Open" ? Math.max(openUntilMs, heldUntilMs) : heldUntilMs)
  const mayTry = (nowMs: number): boolean => !isProbing && nowMs >= freeAtMs()

  const tryable: Effect.Effect<void> = Effect.suspend(() => {
    if (mayTry(nowMsUnsafe(clock))) return Effect.void
    return Effect.andThen(isProbing ? probed.await : sleepUntil(freeAtMs()), tryable)
  })

  return {
    isClosed: () => state === "Closed",
    mayTry,
    tryable,
    watch: () => {
      const left = era
      return (sign) =>
        Effect.suspend(() => {
          const isNews = sign !== undefined && (sign !== "answered" || isTroubled)
          if (!isNews || left !== era || state !== "Closed") return Effect.void
          learn(sign)
          return through(Effect.succeed(sign))
        })
    },
    probe: (attempt, restore) =>
      Effect.suspend(() => {
        invariant(!isProbing, "two orders are tried at once")
        isProbing = true
        probed.closeUnsafe()
        const ended = Deferred.makeUnsafe<Sign | undefined>()
        const report: Report = (sign) => Effect.asVoid(Deferred.succeed(ended, sign))
        const tried = Effect.flatMap(attempt(report), (wasSent) =>
          wasSent
            ? Effect.tap(restore(Deferred.await(ended)), (sign) => Effect.sync(() => learn(sign)))
            : Effect.succeed(undefined),
        )
        return Effect.ensuring(
          // What is sent must not inherit the breaker's clock.
          through(Effect.provideService(tried, Clock.Clock, clock)),
          Effect.sync(() => {
            isProbing = false
            probed.openUnsafe()
          }),
        )
      }),
    hold: (untilMs) => {
      const nowMs = nowMsUnsafe(clock)
      if (nowMs >= heldUntilMs) heldSinceMs = nowMs
      heldUntilMs = Math.max(heldUntilMs, untilMs)
    },
    outage: (nowMs) => {
      if (state !== "Closed") {
        return {
          kind,
          forMs: nowMs - sinceMs,
          retryInMs: isProbing ? 0 : Math.max(0, freeAtMs() - nowMs),
        }
      }
      return nowMs < heldUntilMs
        ? { kind: "asks-to-wait", forMs: nowMs - heldSinceMs, retryInMs: heldUntilMs - nowMs }
        : undefined
    },
  }
})
