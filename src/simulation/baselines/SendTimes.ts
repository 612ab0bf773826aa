/**
 * Clients that count their own send times, as nearly all do: GCRA, and the two algorithms of the ccxt library, made anew from what
 * they do. Each is right for an exchange to which every request takes equally long, and for no other.
 *
 * Pure: time is a parameter, in milliseconds, and never goes back. Each is told of the exchange's rule as users tell it: so many
 * requests in such a time.
 */
import { Clock, Duration, Effect } from "effect"
import type { GateFactory, Passage } from "../../limits/Gate.ts"
import { nowMsUnsafe, sleepUntil } from "../../platform/Monotonic.ts"
import type { GateOptions } from "../../run/Design.ts"

export interface SendTimes {
  /** When the request that waits now may leave: not after `nowMs` if at once. Ask again at that moment. */
  readonly nextAt: (cost: number, nowMs: number) => number
  readonly sent: (cost: number, nowMs: number) => void
}

/** So many in such a time. */
export interface Pace {
  readonly limit: number
  readonly windowMs: number
}

/**
 * The generic cell rate algorithm: a token bucket, reckoned in time. It keeps the moment at which the bucket will be full again. A
 * request puts it off by its share of the window, and may leave once the moment is then at most a window away.
 */
export const gcra = ({ limit, windowMs }: Pace): SendTimes => {
  const slotMs = windowMs / limit
  let fullMs = Number.NEGATIVE_INFINITY
  return {
    nextAt: (cost) => fullMs + cost * slotMs - windowMs,
    sent: (cost, nowMs) => {
      fullMs = Math.max(fullMs, nowMs) + cost * slotMs
    },
  }
}

/** How long ccxt's leaky bucket sleeps before it looks again. */
const SLEEP_MS = 1

/**
 * ccxt's default, `leakyBucket`: a request may leave while the tokens are not below none, and may take them below. They come back
 * while a request waits, at the rate of the limit, and at most one is kept: so requests leave one slot apart.
 */
export const ccxtLeakyBucket = ({ limit, windowMs }: Pace): SendTimes => {
  const slotMs = windowMs / limit
  let tokens = 0
  /** Until when tokens have come back. */
  let asOfMs = Number.NEGATIVE_INFINITY
  let isWaiting = false
  return {
    nextAt: (_, nowMs) => {
      // None come back while nothing waits.
      if (!isWaiting) asOfMs = nowMs
      isWaiting = true
      if (tokens < 0) {
        tokens = Math.min(1, tokens + (nowMs - asOfMs) / slotMs)
        asOfMs = nowMs
      }
      return tokens >= 0 ? nowMs : nowMs + SLEEP_MS * Math.ceil((-tokens * slotMs) / SLEEP_MS)
    },
    sent: (cost) => {
      tokens -= cost
      isWaiting = false
    },
  }
}

/** ccxt's `rollingWindow`: what has left counts until it is a window old. */
export const ccxtRollingWindow = ({ limit, windowMs }: Pace): SendTimes => {
  let log: Array<{ readonly sentMs: number; readonly cost: number }> = []
  return {
    nextAt: (cost, nowMs) => {
      log = log.filter(({ sentMs }) => sentMs > nowMs - windowMs)
      const used = log.reduce((sum, one) => sum + one.cost, cost)
      return used <= limit ? nowMs : (log[0]?.sentMs ?? nowMs) + windowMs
    },
    sent: (cost, nowMs) => {
      log.push({ sentMs: nowMs, cost })
    },
  }
}

const passage: Passage = { onWritten: () => {}, onEnded: () => {}, onCleared: () => {} }

/** Each key has a client for itself. */
export const sendTimesGate =
  (make: (pace: Pace) => SendTimes) =>
  ({ limit, window }: Pick<GateOptions, "limit" | "window">): GateFactory =>
  () =>
    Clock.clockWith((clock) =>
      Effect.sync(() => {
        const client = make({ limit, windowMs: Duration.toMillis(window) })
        const nextAt = () => client.nextAt(1, nowMsUnsafe(clock))
        const isReady = () => nextAt() <= nowMsUnsafe(clock)
        const ready: Effect.Effect<void> = Effect.suspend(() => {
          const atMs = nextAt()
          return atMs <= nowMsUnsafe(clock) ? Effect.void : Effect.andThen(sleepUntil(atMs), ready)
        })
        return {
          ready,
          isReady,
          begin: (sentMs) =>
            Effect.sync(() => {
              client.sent(1, sentMs)
              return passage
            }),
          rateLimited: () => {},
          overtaken: () => {},
          used: () => 0,
        }
      }),
    )
