/** Limits that everyday clients keep to, each wrong in its own way. */
import type { ExchangeClock } from "../../../src/limits/ExchangeClock.ts"
import { Bucket } from "../../../src/limits/Bucket.ts"
import { FixedWindow } from "../../../src/limits/FixedWindow.ts"
import { SlidingLog } from "../../../src/limits/SlidingLog.ts"
import type { PlayOptions } from "./play.ts"
import { limitOf, type LimitOf, type Policy, type Rule } from "./rules.ts"

/** A limit with some of it done otherwise. */
const altered = (inner: Policy, otherwise: Partial<Policy>): Policy => ({
  capacity: inner.capacity,
  fill: otherwise.fill ?? ((asOfMs) => inner.fill(asOfMs)),
  hold: otherwise.hold ?? ((cost, nowMs) => inner.hold(cost, nowMs)),
  level: otherwise.level ?? ((nowMs) => inner.level(nowMs)),
  nextAt: otherwise.nextAt ?? ((cost, nowMs) => inner.nextAt(cost, nowMs)),
  observe: (used, mark, nowMs) => inner.observe(used, mark, nowMs),
  settle: otherwise.settle ?? ((cost, latestMs, actual) => inner.settle(cost, latestMs, actual)),
})

const bySendTime: LimitOf = (rule, exchange) => {
  const inner = limitOf(rule, exchange)
  const hold = (cost: number, nowMs: number) => {
    const mark = inner.hold(cost, nowMs)
    inner.settle(cost, nowMs)
    return mark
  }
  return altered(inner, { hold, settle: () => {} })
}

const withoutMargin: LimitOf = (rule, exchange) => limitOf(rule, exchange, { tickMs: 0, drift: 0 })

/** What never left is held for ever. */
const keeping: LimitOf = (rule, exchange) => {
  const inner = limitOf(rule, exchange)
  return altered(inner, {
    settle: (cost, latestMs, actual) => {
      if (latestMs > Number.NEGATIVE_INFINITY) inner.settle(cost, latestMs, actual)
    },
  })
}

/** What is on its way counts only once its answer is there. */
const uponAnswer: LimitOf = (rule, exchange) => {
  const inner = limitOf(rule, exchange)
  let held = 0
  return altered(inner, {
    hold: (cost, nowMs) => {
      held += cost
      return inner.hold(cost, nowMs)
    },
    level: (nowMs) => inner.level(nowMs) - held,
    settle: (cost, latestMs, actual) => {
      held -= cost
      inner.settle(cost, latestMs, actual)
    },
  })
}

/** Its timers are a millisecond late. */
const late: LimitOf = (rule, exchange) => {
  const inner = limitOf(rule, exchange)
  let readyMs = Number.NEGATIVE_INFINITY
  return altered(inner, {
    nextAt: (cost, nowMs) => {
      const atMs = inner.nextAt(cost, nowMs)
      if (atMs > nowMs) readyMs = atMs + 1
      return Math.max(atMs, readyMs)
    },
  })
}

/** A limit as wide as it may be, in place of one that it takes no notice of. */
const unlimited = (): Policy => ({
  capacity: Number.MAX_SAFE_INTEGER,
  fill: () => {},
  hold: () => 0,
  level: () => 0,
  nextAt: (_, nowMs) => nowMs,
  observe: () => 0,
  settle: () => {},
})

/** Each request has a bucket of its own, which drains at the full rate. */
class DrainingByItself implements Policy {
  readonly capacity: number
  readonly #perMs: number
  #held = 0
  #counted: Array<{ readonly atMs: number; readonly cost: number }> = []

  constructor({ limit, windowMs }: Rule) {
    this.capacity = limit
    this.#perMs = limit / windowMs / 1.001
  }

  readonly level = (nowMs: number): number => {
    const left = ({ atMs, cost }: { atMs: number; cost: number }) =>
      Math.max(0, cost - this.#perMs * Math.max(0, nowMs - atMs))
    this.#counted = this.#counted.filter((one) => left(one) > 0)
    return this.#counted.reduce((sum, one) => sum + left(one), this.#held)
  }
  readonly fill = (atMs: number): void => {
    this.#counted.push({ atMs, cost: this.capacity })
  }
  readonly hold = (cost: number): number => {
    this.#held += cost
    return 0
  }
  readonly observe = (): number => 0
  readonly settle = (cost: number, latestMs: number, actualCost = cost): void => {
    this.#held -= cost
    this.#counted.push({ atMs: latestMs + 1, cost: actualCost })
  }
  /** Asks once a millisecond. */
  readonly nextAt = (cost: number, nowMs: number): number => {
    const isReady = this.level(nowMs) + cost <= this.capacity
    return isReady ? nowMs : this.#counted.length === 0 ? Number.POSITIVE_INFINITY : nowMs + 1
  }
}

/** The clock is what the first answer said, stamped half of the round trip ago. */
const guessing = (
  exchange: ExchangeClock,
  showsMs: number,
  resolutionMs: number,
  sentMs: number,
  settledMs: number,
): void => {
  const stampedMs = (sentMs + settledMs) / 2
  if (exchange.earliest(0) === Number.NEGATIVE_INFINITY)
    exchange.observe(showsMs + resolutionMs / 2, 0, stampedMs, stampedMs)
}

export const variants = {
  bySendTime: { limitOf: bySendTime },
  withoutMargin: { limitOf: withoutMargin },
  uponAnswer: { limitOf: uponAnswer },
  late: { limitOf: late },
  /** What is counted now, not when the request was. */
  readingLate: {
    reports: true,
    reading: (limit, used, _, nowMs) => Math.max(0, used - limit.level(nowMs)),
  },
  unread: { reports: true, forgetsFormer: true, reading: () => 0 },
  keeping: { limitOf: keeping },
  forgetful: { forgetsFormer: true },
  guessing: { observe: guessing },
  drainingByItself: { limitOf: (rule) => new DrainingByItself(rule) },
  /** As if the bucket drained evenly. */
  evenly: { limitOf: (rule, exchange) => limitOf({ ...rule, type: "bucket" }, exchange) },
  log: { limitOf: ({ limit, windowMs }) => new SlidingLog({ limit, windowMs }) },
  bucket: {
    limitOf: ({ limit, windowMs }) => new Bucket({ capacity: limit, perSecond: (limit * 1000) / windowMs }),
  },
  window: {
    limitOf: ({ limit, windowMs }, exchange) => new FixedWindow({ limit, windowMs, exchange }),
  },
  /** Of several limits it knows not all. */
  partial: {
    limitOf: (rule, exchange) =>
      rule.type === "log" || rule.type === "bucket" ? unlimited() : limitOf(rule, exchange),
  },
} satisfies Record<string, PlayOptions>
