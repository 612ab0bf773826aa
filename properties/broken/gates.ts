/** Gates as everyday clients have them. Each is wrong, and a law must say so. */
import { Duration, Effect } from "effect"
import type { Gate, GateFactory, Place } from "../../src/limits/Gate.ts"
import { ackWindow, type AckWindowOptions } from "../../src/limits/AckWindow.ts"

/**
 * The exercise's own limiter: a ring of send times. As if every request were counted the moment it is sent,
 * which is the real gate with a bound of nothing.
 */
export const ringOfSendTimes = (options: AckWindowOptions): GateFactory =>
  ackWindow({ ...options, reach: { ...options.reach, boundMs: 0 } })

/** Takes the exercise's bound for granted where none is known. */
export const assumingABound = (options: AckWindowOptions): GateFactory =>
  ackWindow({ ...options, reach: { ...options.reach, boundMs: options.reach.boundMs ?? 55 } })

/** Forgets that the exchange's clock counts whole milliseconds. */
export const withoutMargin = (options: AckWindowOptions): GateFactory =>
  ackWindow({ ...options, margin: Duration.zero })

/** A token bucket over send times: `limit` tokens, filled again within a window. */
export const tokenBucket =
  (options: AckWindowOptions): GateFactory =>
  (key) => {
    const passage = { onWritten: () => {}, onEnded: () => {}, leave: Effect.void }
    const place = { ready: Effect.void, isReady: () => true, begin: () => Effect.succeed(passage) }
    const gate: Gate = {
      enter: options.rateLimiter
        .consume({
          key: key.label,
          algorithm: "token-bucket",
          onExceeded: "delay",
          limit: options.limit,
          window: options.window,
        })
        .pipe(
          Effect.orDie,
          Effect.flatMap(({ delay }) => Effect.sleep(delay)),
          Effect.as(place),
        ),
      rateLimited: () => {},
      overtaken: () => {},
      used: () => 0,
    }
    return Effect.succeed(gate)
  }

/** Rests for 20 ms more after every send. */
export const sluggish = (options: AckWindowOptions): GateFactory =>
  ackWindow({ ...options, pace: Duration.sum(options.pace, Duration.millis(20)) })

/** Lets the first key send at its pace, and every other one slower by half. */
export const favouringTheFirst =
  (options: AckWindowOptions): GateFactory =>
  (key) => {
    const slow = Duration.millis((1.5 * Duration.toMillis(options.window)) / options.limit)
    return ackWindow(key.label === "key-1" ? options : { ...options, pace: slow })(key)
  }

/** Forgets the place of every second request. */
export const forgettingPlaces =
  (options: AckWindowOptions): GateFactory =>
  (key) =>
    Effect.map(ackWindow(options)(key), (gate) => {
      let count = 0
      const begin = (place: Place) => (sentMs: number) =>
        Effect.map(place.begin(sentMs), (passage) =>
          count++ % 2 === 0 ? passage : { ...passage, leave: Effect.void },
        )
      return { ...gate, enter: Effect.map(gate.enter, (place) => ({ ...place, begin: begin(place) })) }
    })
