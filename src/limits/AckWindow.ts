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
 * An unanswered request keeps its permit until it is answered or given up: until then it may yet turn out
 * lost, and a lost one's `latest` lies after the giving up. That costs nothing while answers come within a
 * window, and keeps an exchange that has gone silent from swallowing more than `limit` orders a key.
 */
import { Clock, Duration, Effect, Fiber, Latch, Semaphore } from "effect"
import type { RateLimiter } from "effect/persistence"
import { invariant } from "../platform/invariant.ts"
import { monotonicClock, nowMsUnsafe, sleepUntil } from "../platform/Monotonic.ts"
import type { Gate, GateFactory, Passage, Place } from "./Gate.ts"
import { latestArrival, overtakableUntil, type Reach, type Transit } from "../domain/Transit.ts"

export interface AckWindowOptions {
  /** Requests a key may pass in one window. */
  readonly limit: number
  readonly window: Duration.Duration
  readonly reach: Reach
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

/**
 * Six tenths of a slot (30 ms for 20 in a second). A busy lane's sends are further apart than that anyway, so
 * it costs nothing; a whole slot would cost 0.5 % of the throughput and triple the median order age.
 */
export const defaultPace = (limit: number, window: Duration.Duration): Duration.Duration =>
  Duration.millis((0.6 * Duration.toMillis(window)) / limit)

/** A gate for each key, by the safety argument above. */
export const ackWindow =
  (options: AckWindowOptions): GateFactory =>
  (key) =>
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      const paceClock = monotonicClock(clock)
      const permits = yield* Semaphore.make(options.limit)
      const windowMs = Duration.toMillis(options.window)
      const slotMs = windowMs / options.limit
      /** Opened whenever something happened that may let the lane go on earlier. */
      const stirred = Latch.makeUnsafe()

      let used = 0
      let marginMs = Duration.toMillis(options.margin)
      let paceFromMs = Number.NEGATIVE_INFINITY
      /** The last request never left, so the next one may have its turn: under overload many an order is too late by then. */
      let isPaceUnused = false
      let quarantineUntilMs = Number.NEGATIVE_INFINITY
      let previous: Transit | undefined
      /** What the order rests on; the window rests on `options.reach` always. */
      let orderReach = options.reach

      /** When the next request may leave, as far as is known now; undefined when only an event can tell. */
      const readyAt = (): number | undefined => {
        const orderly =
          previous === undefined ? Number.NEGATIVE_INFINITY : overtakableUntil(previous, orderReach)
        return orderly === undefined ? undefined : Math.max(orderly, paceFromMs, quarantineUntilMs)
      }

      const isReady = (): boolean => {
        const at = readyAt()
        return at !== undefined && at <= nowMsUnsafe(clock)
      }

      /** Waits until something happens, or a time has come. One fiber less than a race of the two: it is on the hot path. */
      const stirredBefore = (atMs: number): Effect.Effect<void> =>
        Effect.flatMap(
          Effect.forkChild(Effect.andThen(sleepUntil(atMs), stirred.open), { startImmediately: true }),
          (timer) => Effect.andThen(stirred.await, Fiber.interrupt(timer)),
        )

      const ready: Effect.Effect<void> = Effect.suspend(() => {
        const at = readyAt()
        if (at !== undefined && at <= nowMsUnsafe(clock)) return Effect.void
        stirred.closeUnsafe()
        // Only while the previous request is under way can an event make it earlier; else sleep it out.
        if (at === undefined) return Effect.andThen(stirred.await, ready)
        const underWay = previous !== undefined && previous.end === undefined
        return Effect.andThen(underWay ? stirredBefore(at) : sleepUntil(at), ready)
      })

      const pace = options.rateLimiter
        .consume({
          key: key.label,
          algorithm: "token-bucket",
          onExceeded: "delay",
          limit: 1,
          window: options.pace,
        })
        .pipe(
          // The in-memory store does not fail; a store that does must not stop a lane that is safe without it.
          Effect.match({ onFailure: () => options.pace, onSuccess: (_) => _.resetAfter }),
          Effect.provideService(Clock.Clock, paceClock),
        )

      const begin = (sentMs: number): Effect.Effect<Passage> =>
        Effect.suspend(() => {
          invariant(isReady(), `${key.label} sends while its gate is closed`)
          used += 1
          invariant(used <= options.limit, `${key.label} has more requests in the window than its limit`)
          const transit: Transit = { sentMs, writtenMs: undefined, end: undefined }
          previous = transit
          return Effect.map(isPaceUnused ? Effect.succeed(options.pace) : pace, (resetAfter) => {
            isPaceUnused = false
            paceFromMs = sentMs + Duration.toMillis(resetAfter)
            return passageOf(transit)
          })
        })

      const passageOf = (transit: Transit): Passage => ({
        onWritten: (atMs) => {
          transit.writtenMs ??= atMs
          stirred.openUnsafe()
        },
        onEnded: (ending, atMs) => {
          transit.end ??= { ending, atMs }
          if (ending === "never-sent") {
            paceFromMs = Number.NEGATIVE_INFINITY
            isPaceUnused = true
          }
          stirred.openUnsafe()
        },
        leave: Effect.suspend(() => {
          const latest = latestArrival(transit, options.reach)
          invariant(latest !== undefined, "a request leaves the window before it has ended")
          return Effect.andThen(sleepUntil(latest + windowMs + marginMs), giveBack)
        }),
      })

      const giveBack = Effect.suspend(() => {
        used -= 1
        invariant(used >= 0, `${key.label} gave back a permit that it had not used`)
        return permits.release(1)
      })

      const place: Place = { ready, isReady, begin }

      return {
        enter: Effect.as(permits.take(1), place),
        rateLimited: (atMs) => {
          // The bound, the window or the limit is not what we were told. A slot more for every window makes
          // room for it, and a whole window of silence empties the exchange's count.
          marginMs += slotMs
          quarantineUntilMs = Math.max(quarantineUntilMs, atMs + windowMs + marginMs)
        },
        overtaken: () => {
          // A request took longer than the bound, or another client's came between. From here on only an
          // answer proves that a request has arrived.
          orderReach = { ...options.reach, boundMs: undefined }
        },
        used: () => used,
      } satisfies Gate
    })
