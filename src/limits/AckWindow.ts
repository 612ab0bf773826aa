/**
 * The default gate, `ack-window`: no key exceeds its limit and no nonce is overtaken, whatever the delays.
 *
 * - The window: a Semaphore of `limit` permits. A request takes one as it is sent, and the permit comes
 *   back at `latest + window + margin`, where `latest` is the last moment at which the exchange can have
 *   counted it. Permits need neither fiber nor timer: the lane gives back those that are due when it looks, and is
 *   woken once, at the moment when it may send. If `limit + 1` requests arrived within one window, the one sent last among them would have
 *   been sent while all `limit` permits were out: a contradiction. Nothing is assumed about delays but
 *   `arrived <= latest`.
 * - The order, where nonces must rise: a request leaves only when the one before it has certainly arrived.
 * - The pace: Effect's RateLimiter keeps sends a little apart, so that after an idle spell a lane does not
 *   spend its whole window in one burst and then stands dry.
 *
 * An unanswered request keeps its permit until it is answered, and a lost one until the exchange has answered a ping that was
 * begun after the giving up. That costs nothing while answers come within a window, and keeps an exchange that has gone silent
 * from swallowing more than `limit` orders a key.
 */
import { Clock, Duration, Effect, Latch, Semaphore } from "effect"
import type { RateLimiter } from "effect/persistence"
import type { ApiKey } from "../domain/ApiKey.ts"
import type { Nonces } from "../domain/LimitSpec.ts"
import { invariant } from "../platform/invariant.ts"
import { monotonicClock, nowMsUnsafe, sleepUntil } from "../platform/Monotonic.ts"
import { TimeHeap } from "../platform/TimeHeap.ts"
import type { Gate, GateFactory, Passage } from "./Gate.ts"
import { latestArrival, overtakableUntil, type Reach, type Transit } from "../domain/Transit.ts"
import { CALM_MS, type LiveReach, NEGLIGIBLE_MS } from "./LiveReach.ts"

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
  /** Rising unless given: a request waits for the one before. */
  readonly nonces?: Nonces | undefined
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

/** The share of a window that refusals add to its margin at most, or a slot: what that does not mend, no margin does. */
const MOST_ADDED = 1 / 4

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
  /** Opened when something happens that lets the lane go on earlier than it has reckoned with. */
  readonly #stirred = Latch.makeUnsafe()
  /** When the lane reckons to go on, while it waits; it can be no earlier else. */
  #awaitedMs = Number.NEGATIVE_INFINITY
  /** Permits out, less those that are due. */
  #used: number
  /** Permits that are due and go back to the Semaphore before the next one is taken. */
  #due = 0
  /** When permits come back: of requests of which it is known by when they have arrived, and those that former lives have used. */
  readonly #returns = new TimeHeap<Transit | "former">()
  readonly #marginMs: number
  readonly #slotMs: number
  /** What refusals have added to the margin, and since when none has, or since when it last came back. */
  #addedMs = 0
  #calmFromMs = Number.NEGATIVE_INFINITY
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
    this.#used = former.length
    for (const backMs of former) this.#returns.add(backMs, "former")
    this.#windowMs = Duration.toMillis(options.window)
    this.#marginMs = Duration.toMillis(options.margin)
    this.#slotMs = this.#windowMs / options.limit
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

  readonly used = (): number => {
    this.#collect(nowMsUnsafe(this.#clock))
    return this.#used
  }

  readonly rateLimited = (atMs: number): void => {
    // The bound, the window or the limit is not what we were told. A slot more for every window makes
    // room for it, and a whole window of silence empties the exchange's count.
    this.#calmDown(atMs)
    this.#addedMs = Math.min(
      this.#addedMs + this.#slotMs,
      Math.max(this.#slotMs, MOST_ADDED * this.#windowMs),
    )
    this.#calmFromMs = atMs
    this.#quarantineUntilMs = Math.max(this.#quarantineUntilMs, atMs + this.#spanMs)
    this.#options.reach.onRefusal(this.#slotMs, atMs)
  }

  /** The window with its margin. */
  get #spanMs(): number {
    return this.#windowMs + this.#marginMs + this.#addedMs
  }

  /** Where no refusal follows, it was nothing that lasts: what they added comes back by half again and again. */
  #calmDown(nowMs: number): void {
    const calmMs = Math.max(CALM_MS, this.#windowMs)
    for (; this.#addedMs > 0 && nowMs - this.#calmFromMs >= calmMs; this.#calmFromMs += calmMs) {
      const half = this.#addedMs / 2
      this.#addedMs = half < NEGLIGIBLE_MS ? 0 : half
    }
  }

  readonly overtaken = (): void => {
    // A request took longer than the bound, or another client's came between. From here on only an
    // answer proves that a request has arrived.
    this.#orderReach = NO_BOUND
  }

  /** When the next request may leave, as far as is known now; Infinity where only an event can tell. */
  #nextAt(nowMs: number): number {
    this.#collect(nowMs)
    const { limit, nonces, reach } = this.#options
    const roomMs = this.#used < limit ? Number.NEGATIVE_INFINITY : this.#returns.first()?.atMs
    const orderlyMs =
      this.#previous === undefined || nonces === "none"
        ? Number.NEGATIVE_INFINITY
        : overtakableUntil(this.#previous, this.#orderReach)
    if (roomMs === undefined || orderlyMs === undefined) return Number.POSITIVE_INFINITY
    return Math.max(roomMs, orderlyMs, this.#paceFromMs, this.#quarantineUntilMs, reach.heldUntilMs)
  }

  readonly isReady = (): boolean => {
    const nowMs = nowMsUnsafe(this.#clock)
    return this.#nextAt(nowMs) <= nowMs
  }

  readonly ready: Effect.Effect<void> = Effect.suspend(() => {
    this.#awaitedMs = Number.NEGATIVE_INFINITY
    const nowMs = nowMsUnsafe(this.#clock)
    const atMs = this.#nextAt(nowMs)
    if (atMs <= nowMs) return Effect.void
    return Effect.andThen(this.#wait(atMs), this.ready)
  })

  #wait(atMs: number): Effect.Effect<void> {
    // Only a request under way can make it earlier; else sleep it out.
    if (this.#used === this.#returns.waiting) return this.#sleepUntil(atMs)
    this.#awaitedMs = atMs
    this.#stirred.closeUnsafe()
    if (atMs === Number.POSITIVE_INFINITY) return this.#stirred.await
    // One fiber less than a race of the two: it is on the hot path.
    return Effect.flatMap(
      Effect.forkChild(Effect.andThen(this.#sleepUntil(atMs), this.#stirred.open), {
        startImmediately: true,
      }),
      (timer) => Effect.map(this.#stirred.await, () => timer.interruptUnsafe()),
    )
  }

  /** A timer that fires much too late speaks against the bound. */
  #sleepUntil(atMs: number): Effect.Effect<void> {
    return Effect.map(sleepUntil(atMs), () => {
      const nowMs = nowMsUnsafe(this.#clock)
      if (nowMs - atMs > this.#marginMs) this.#options.reach.onLateTimer(nowMs - atMs, nowMs)
    })
  }

  /** Something happened to a request that may let the lane go on. */
  #stir(): void {
    const isAwaited = this.#awaitedMs > Number.NEGATIVE_INFINITY
    if (!isAwaited || this.#nextAt(nowMsUnsafe(this.#clock)) >= this.#awaitedMs) return
    this.#awaitedMs = Number.NEGATIVE_INFINITY
    this.#stirred.openUnsafe()
  }

  readonly begin = (sentMs: number): Effect.Effect<Passage> =>
    Effect.flatMap(this.#takePermit, (isTaken) => {
      invariant(isTaken, `${this.#label} has more requests in the window than its limit`)
      const transit: Transit = { sentMs, writtenMs: undefined, end: undefined, clearedMs: undefined }
      this.#previous = transit
      return Effect.map(this.#isTurnUnused ? Effect.succeed(this.#paceMs) : this.#takeTurn, (paceMs) => {
        this.#isTurnUnused = false
        this.#paceFromMs = sentMs + paceMs
        return this.#passageOf(transit)
      })
    })

  readonly #takePermit: Effect.Effect<boolean> = Effect.suspend(() => {
    invariant(this.isReady(), `${this.#label} sends while its gate is closed`)
    this.#used += 1
    const due = this.#due
    this.#due = 0
    const take = this.#permits.takeIfAvailable(1)
    return due === 0 ? take : Effect.andThen(this.#permits.release(due), take)
  })

  #passageOf(transit: Transit): Passage {
    return {
      onWritten: (atMs) => {
        transit.writtenMs ??= atMs
        this.#stir()
      },
      onEnded: (ending, atMs, isLate) => {
        if (transit.end !== undefined) return
        transit.end = { ending, atMs }
        if (isLate) transit.clearedMs = atMs
        if (ending === "never-sent") {
          this.#paceFromMs = Number.NEGATIVE_INFINITY
          this.#isTurnUnused = true
        }
        // One that was lost counts until it is cleared.
        if (ending !== "lost") this.#leave(transit)
        this.#stir()
      },
      onCleared: (latestMs) => {
        if (transit.end?.ending !== "lost" || transit.clearedMs !== undefined) return
        transit.clearedMs = latestMs
        this.#leave(transit)
        this.#stir()
      },
    }
  }

  #collect(nowMs: number): void {
    this.#calmDown(nowMs)
    for (let first = this.#returns.first(); first !== undefined && first.atMs <= nowMs;) {
      const left = this.#returns.take()?.value
      if (left === "former") this.#giveBack()
      // The reach or the margin may have widened meanwhile.
      else if (left !== undefined) this.#leave(left)
      first = this.#returns.first()
    }
  }

  /** A request leaves the window, now or as soon as it may. */
  #leave(transit: Transit): void {
    const latest = latestArrival(transit, this.#options.reach)
    invariant(latest !== undefined, "a request leaves the window before it is known to have arrived")
    const backMs = latest + this.#spanMs
    if (backMs > nowMsUnsafe(this.#clock)) this.#returns.add(backMs, transit)
    else this.#giveBack()
  }

  #giveBack(): void {
    this.#used -= 1
    this.#due += 1
    invariant(this.#used >= 0, `${this.#label} gave back a permit that it had not used`)
  }
}
