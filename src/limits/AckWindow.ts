/**
 * The default gate, `ack-window`: no key exceeds its limit and no nonce is overtaken, whatever the delays.
 *
 * - The window: a Semaphore of `limit` permits. A request takes one before it is sent, and the permit comes
 *   back at `latest + window + margin`, where `latest` is the last moment at which the exchange can have
 *   counted it. If `limit + 1` requests arrived within one window, the one sent last among them would have
 *   been sent while all `limit` permits were out: a contradiction. Nothing is assumed about delays but
 *   `arrived <= latest`.
 * - The order: a request leaves only when the one before it has certainly arrived.
 * - The pace: Effect's RateLimiter keeps sends a little apart, so that after an idle spell a lane does not
 *   spend its whole window in one burst and then stands dry.
 *
 * An unanswered request keeps its permit until it is answered, and a lost one until the exchange has answered a ping that was
 * begun after the giving up. That costs nothing while answers come within a window, and keeps an exchange that has gone silent
 * from swallowing more than `limit` orders a key.
 */
import { Clock, Duration, Effect, Fiber, Latch, Semaphore } from "effect"
import type { RateLimiter } from "effect/persistence"
import type { ApiKey } from "../domain/ApiKey.ts"
import { invariant } from "../platform/invariant.ts"
import { monotonicClock, nowMsUnsafe, sleepUntil } from "../platform/Monotonic.ts"
import type { Gate, GateFactory, Passage, Place } from "./Gate.ts"
import { latestArrival, overtakableUntil, type Reach, type Transit } from "../domain/Transit.ts"
import type { LiveReach } from "./LiveReach.ts"

export interface AckWindowOptions {
  /** Requests a key may pass in one window. */
  readonly limit: number
  readonly window: Duration.Duration
  /** How long a request may be on its way; one for all keys. */
  readonly reach: LiveReach
  /** Added to the window; see {@link defaultMargin}. */
  readonly margin: Duration.Duration
  /** The least time between two sends of a key; see {@link defaultPace}. */
  readonly pace: Duration.Duration
  readonly rateLimiter: RateLimiter.RateLimiter
}

/**
 * One millisecond, because the exchange's clock counts whole ones and a window has passed only when it shows
 * more, and 500 millionths of the window, the fastest that a clock being set right may drift.
 */
export const defaultMargin = (window: Duration.Duration): Duration.Duration =>
  Duration.millis(1 + Duration.toMillis(window) * 500e-6)

/** The longest pace, which is that of the exercise. */
const LONGEST_PACE_MS = 30

/**
 * Six tenths of a slot (30 ms for 20 in a second), at most 30 ms. A busy lane's sends are further apart than that anyway, so
 * it costs nothing; a whole slot would cost 0.5 % of the throughput and triple the median order age. In a long window slots
 * are long, and whoever has free permits is not to wait for seconds.
 */
export const defaultPace = (limit: number, window: Duration.Duration): Duration.Duration =>
  Duration.millis(Math.min(LONGEST_PACE_MS, (0.6 * Duration.toMillis(window)) / limit))

const NO_BOUND: Reach = { boundMs: undefined }

/** A gate for each key, by the safety argument above. */
export const ackWindow =
  (options: AckWindowOptions): GateFactory =>
  (key, outUntilMs = []) =>
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      const permits = yield* Semaphore.make(options.limit)
      // Of more than the limit, as another one may have been, a permit is free when all but fewer are back.
      const former = outUntilMs.slice(-options.limit)
      yield* permits.take(former.length)
      return new AckWindow(key, options, permits, clock, former)
    })

class AckWindow implements Gate {
  readonly #label: string
  readonly #options: AckWindowOptions
  readonly #permits: Semaphore.Semaphore
  readonly #clock: Clock.Clock
  readonly #windowMs: number
  readonly #paceMs: number
  /** Takes the next send's turn, and answers after how many milliseconds the one after may leave. */
  readonly #takeTurn: Effect.Effect<number>
  /** Opened whenever something happened that may let the lane go on earlier. */
  readonly #stirred = Latch.makeUnsafe()
  /** When permits come back that former lives have used; what is done about it begins with the first entry. */
  #former: ReadonlyArray<number>
  #used: number
  #marginMs: number
  #paceFromMs = Number.NEGATIVE_INFINITY
  /** The last request never left, so the next one may have its turn: under overload many an order is too late by then. */
  #isTurnUnused = false
  #quarantineUntilMs = Number.NEGATIVE_INFINITY
  #previous: Transit | undefined
  /** What the order rests on; the window rests on the options' reach always. */
  #orderReach: Reach

  constructor(
    key: ApiKey,
    options: AckWindowOptions,
    permits: Semaphore.Semaphore,
    clock: Clock.Clock,
    former: ReadonlyArray<number>,
  ) {
    this.#label = key.label
    this.#options = options
    this.#permits = permits
    this.#clock = clock
    this.#former = former
    this.#used = former.length
    this.#windowMs = Duration.toMillis(options.window)
    this.#marginMs = Duration.toMillis(options.margin)
    this.#paceMs = Duration.toMillis(options.pace)
    this.#orderReach = options.reach
    this.#takeTurn = options.rateLimiter
      .consume({
        key: key.label,
        algorithm: "token-bucket",
        onExceeded: "delay",
        limit: 1,
        window: options.pace,
      })
      .pipe(
        // The in-memory store does not fail; a store that does must not stop a lane that is safe without it.
        Effect.match({
          onFailure: () => this.#paceMs,
          onSuccess: ({ resetAfter }) => Duration.toMillis(resetAfter),
        }),
        Effect.provideService(Clock.Clock, monotonicClock(clock)),
      )
  }

  get enter(): Effect.Effect<Place> {
    const take = Effect.as(this.#permits.take(1), this.#place)
    return this.#former.length === 0 ? take : Effect.andThen(this.#awaitFormer, take)
  }

  /** The lane's own child gives back what former lives have used, in time. */
  get #awaitFormer(): Effect.Effect<void> {
    return Effect.suspend(() => {
      const former = this.#former
      this.#former = []
      const givingBack = Effect.forEach(
        former,
        (backMs) => Effect.andThen(this.#sleepUntil(backMs), this.#giveBack),
        { discard: true },
      )
      return Effect.asVoid(Effect.forkChild(givingBack, { startImmediately: true }))
    })
  }

  readonly used = (): number => this.#used

  readonly rateLimited = (atMs: number): void => {
    // The bound, the window or the limit is not what we were told. A slot more for every window makes
    // room for it, and a whole window of silence empties the exchange's count.
    this.#marginMs += this.#windowMs / this.#options.limit
    this.#quarantineUntilMs = Math.max(this.#quarantineUntilMs, atMs + this.#windowMs + this.#marginMs)
    this.#options.reach.onRefusal(this.#windowMs / this.#options.limit, atMs)
  }

  readonly overtaken = (): void => {
    // A request took longer than the bound, or another client's came between. From here on only an
    // answer proves that a request has arrived.
    this.#orderReach = NO_BOUND
  }

  /** When the next request may leave, as far as is known now; undefined when only an event can tell. */
  #readyAt(): number | undefined {
    const orderly =
      this.#previous === undefined
        ? Number.NEGATIVE_INFINITY
        : overtakableUntil(this.#previous, this.#orderReach)
    if (orderly === undefined) return undefined
    const { heldUntilMs } = this.#options.reach
    return Math.max(orderly, this.#paceFromMs, this.#quarantineUntilMs, heldUntilMs)
  }

  readonly #isReady = (): boolean => {
    const at = this.#readyAt()
    return at !== undefined && at <= nowMsUnsafe(this.#clock)
  }

  readonly #ready: Effect.Effect<void> = Effect.suspend(() => {
    const at = this.#readyAt()
    if (at !== undefined && at <= nowMsUnsafe(this.#clock)) return Effect.void
    this.#stirred.closeUnsafe()
    // Only while the previous request is under way can an event make it earlier; else sleep it out.
    if (at === undefined) return Effect.andThen(this.#stirred.await, this.#ready)
    const isUnderWay = this.#previous !== undefined && this.#previous.end === undefined
    return Effect.andThen(isUnderWay ? this.#stirredBefore(at) : this.#sleepUntil(at), this.#ready)
  })

  /** A timer that fires much too late speaks against the bound. */
  #sleepUntil(atMs: number): Effect.Effect<void> {
    return Effect.map(sleepUntil(atMs), () => {
      const nowMs = nowMsUnsafe(this.#clock)
      if (nowMs - atMs > this.#marginMs) this.#options.reach.onLateTimer(nowMs - atMs, nowMs)
    })
  }

  /** Waits until something happens, or a time has come. One fiber less than a race of the two: it is on the hot path. */
  #stirredBefore(atMs: number): Effect.Effect<void> {
    return Effect.flatMap(
      Effect.forkChild(Effect.andThen(this.#sleepUntil(atMs), this.#stirred.open), {
        startImmediately: true,
      }),
      (timer) => Effect.andThen(this.#stirred.await, Fiber.interrupt(timer)),
    )
  }

  readonly #begin = (sentMs: number): Effect.Effect<Passage> =>
    Effect.suspend(() => {
      invariant(this.#isReady(), `${this.#label} sends while its gate is closed`)
      this.#used += 1
      invariant(
        this.#used <= this.#options.limit,
        `${this.#label} has more requests in the window than its limit`,
      )
      const transit: Transit = { sentMs, writtenMs: undefined, end: undefined, clearedMs: undefined }
      this.#previous = transit
      return Effect.map(this.#isTurnUnused ? Effect.succeed(this.#paceMs) : this.#takeTurn, (paceMs) => {
        this.#isTurnUnused = false
        this.#paceFromMs = sentMs + paceMs
        return this.#passageOf(transit)
      })
    })

  readonly #place: Place = { ready: this.#ready, isReady: this.#isReady, begin: this.#begin }

  #passageOf(transit: Transit): Passage {
    return {
      onWritten: (atMs) => {
        transit.writtenMs ??= atMs
        this.#stirred.openUnsafe()
      },
      onEnded: (ending, atMs, isLate) => {
        transit.end ??= { ending, atMs }
        if (isLate) transit.clearedMs = atMs
        if (ending === "never-sent") {
          this.#paceFromMs = Number.NEGATIVE_INFINITY
          this.#isTurnUnused = true
        }
        this.#stirred.openUnsafe()
      },
      onCleared: (latestMs) => {
        transit.clearedMs = latestMs
        this.#stirred.openUnsafe()
      },
      leave: this.#leave(transit),
    }
  }

  /** The reach may widen meanwhile. */
  #leave(transit: Transit): Effect.Effect<void> {
    return Effect.suspend(() => {
      const latest = latestArrival(transit, this.#options.reach)
      invariant(latest !== undefined, "a request leaves the window before it is known to have arrived")
      const backMs = latest + this.#windowMs + this.#marginMs
      return backMs <= nowMsUnsafe(this.#clock)
        ? this.#giveBack
        : Effect.andThen(this.#sleepUntil(backMs), this.#leave(transit))
    })
  }

  readonly #giveBack = Effect.suspend(() => {
    this.#used -= 1
    invariant(this.#used >= 0, `${this.#label} gave back a permit that it had not used`)
    return this.#permits.release(1)
  })
}
