/** Gates as everyday clients have them. Each is wrong, and a law must say so. */
import { Duration, Effect } from "effect"
import type { Gate, GateFactory, Passage } from "../../src/limits/Gate.ts"
import { LiveReach } from "../../src/limits/LiveReach.ts"
import { ackWindow, type AckWindowOptions } from "../../src/limits/AckWindow.ts"

/** A gate that is not told the truth about its requests. */
const withPassages = (gate: Gate, distort: (passage: Passage) => Passage): Gate => ({
  ready: gate.ready,
  isReady: gate.isReady,
  begin: (sentMs) => Effect.map(gate.begin(sentMs), distort),
  rateLimited: gate.rateLimited,
  overtaken: gate.overtaken,
  used: gate.used,
})

const reachOf = ({ reach: { requestTimeoutMs } }: AckWindowOptions, boundMs: number) =>
  new LiveReach({ boundMs, requestTimeoutMs })

/**
 * The exercise's own limiter: a ring of send times. As if every request were answered the moment it is written.
 */
export const ringOfSendTimes =
  (options: AckWindowOptions): GateFactory =>
  (key) =>
    Effect.map(ackWindow(options)(key), (gate) =>
      withPassages(gate, (passage) => ({
        ...passage,
        onWritten: (atMs) => {
          passage.onWritten(atMs)
          passage.onEnded("answered", atMs, false)
        },
      })),
    )

/** Takes the exercise's bound for granted where none is known. */
export const assumingABound = (options: AckWindowOptions): GateFactory =>
  ackWindow({ ...options, reach: reachOf(options, options.reach.boundMs ?? 55) })

/** Forgets that the exchange's clock counts whole milliseconds. */
export const withoutMargin = (options: AckWindowOptions): GateFactory =>
  ackWindow({ ...options, margin: Duration.zero })

/** A token bucket over send times: `limit` tokens, filled again within a window. */
export const tokenBucket =
  (options: AckWindowOptions): GateFactory =>
  (key) => {
    const passage: Passage = { onWritten: () => {}, onEnded: () => {}, onCleared: () => {} }
    let hasToken = false
    const gate: Gate = {
      ready: options.rateLimiter
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
          Effect.map(() => {
            hasToken = true
          }),
        ),
      isReady: () => hasToken,
      begin: () =>
        Effect.sync(() => {
          hasToken = false
          return passage
        }),
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
      return withPassages(gate, (passage) =>
        count++ % 2 === 0 ? passage : { ...passage, onEnded: () => {}, onCleared: () => {} },
      )
    })
