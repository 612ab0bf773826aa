/** The rules of an exchange as data: its counter, and the client's limit for it. */
import * as fc from "fast-check"
import { BucketCounter } from "../../../src/exchange/counters/BucketCounter.ts"
import type { Counter } from "../../../src/exchange/counters/Counter.ts"
import { LogCounter } from "../../../src/exchange/counters/LogCounter.ts"
import { SlidingWindowCounter } from "../../../src/exchange/counters/SlidingWindowCounter.ts"
import { WindowCounter } from "../../../src/exchange/counters/WindowCounter.ts"
import { Bucket } from "../../../src/limits/Bucket.ts"
import type { ExchangeClock } from "../../../src/limits/ExchangeClock.ts"
import { FixedWindow } from "../../../src/limits/FixedWindow.ts"
import type { ClockMargin, Limit } from "../../../src/limits/Limit.ts"
import { SlidingCounter } from "../../../src/limits/SlidingCounter.ts"
import { SlidingLog } from "../../../src/limits/SlidingLog.ts"

export type RuleType = "log" | "opened" | "bucket" | "steps" | "fixed" | "counter"

/** `limit` in `windowMs`, perhaps `opened` by its first request, or a bucket of `limit` that is empty after `windowMs`, perhaps in steps. */
export interface Rule {
  readonly type: RuleType
  readonly limit: number
  readonly windowMs: number
  /** When one of its windows begins, or one of its steps is. */
  readonly phaseMs: number
  /** Of the bucket in steps. */
  readonly step: number
  /** Divides all costs. */
  readonly unit: number
  /** The client knows the phase, and may learn the exchange's time. */
  readonly isPhaseKnown: boolean
}

export const counterOf = ({ limit, phaseMs, step, type, windowMs }: Rule): Counter => {
  const perSecond = (limit * 1000) / windowMs
  switch (type) {
    case "log":
      return new LogCounter({ limit, windowMs })
    case "bucket":
      return new BucketCounter({ capacity: limit, perSecond })
    case "steps":
      return new BucketCounter({ capacity: limit, perSecond, step, phaseMs })
    case "opened":
      return new WindowCounter({ limit, windowMs, opensWithFirst: true })
    case "fixed":
      return new WindowCounter({ limit, windowMs, phaseMs })
    case "counter":
      return new SlidingWindowCounter({ limit, windowMs, phaseMs })
  }
}

/** What of a limit a client uses. */
export type Policy = Pick<Limit, "capacity" | "fill" | "hold" | "level" | "nextAt" | "observe" | "settle">

export type LimitOf = (rule: Rule, exchange: ExchangeClock, clock?: ClockMargin) => Policy

export const limitOf = (rule: Rule, exchange: ExchangeClock, clock?: ClockMargin): Policy => {
  const { isPhaseKnown, limit, phaseMs, step, type, unit, windowMs } = rule
  const margin = clock === undefined ? {} : { clock }
  const perSecond = (limit * 1000) / windowMs
  switch (type) {
    case "log":
    case "opened":
      return new SlidingLog({ limit, windowMs, ...margin })
    case "bucket":
      return new Bucket({ capacity: limit, perSecond, ...margin })
    case "steps":
      return new Bucket({ capacity: limit, perSecond, step, unit, ...margin })
    case "fixed":
      return isPhaseKnown
        ? new FixedWindow({ limit, windowMs, phaseMs, exchange, ...margin })
        : new SlidingLog({ limit, windowMs, ...margin })
    case "counter":
      return new SlidingCounter({
        limit,
        windowMs,
        phaseMs,
        exchange: isPhaseKnown ? exchange : undefined,
        ...margin,
      })
  }
}

export const rulesOf = (...types: ReadonlyArray<RuleType>): fc.Arbitrary<Rule> =>
  fc
    .record({
      type: fc.constantFrom(...types),
      limit: fc.integer({ min: 3, max: 12 }),
      windowMs: fc.oneof(fc.integer({ min: 10, max: 200 }), fc.constantFrom(100, 1000, 10_000)),
      phaseMs: fc.integer({ min: 0, max: 300 }),
      step: fc.integer({ min: 1, max: 2 }),
      isPhaseKnown: fc.boolean(),
      isWhole: fc.boolean(),
    })
    // Where steps divide everything, capacities and costs are larger.
    .map(({ isWhole, ...rule }) =>
      isWhole ? { ...rule, limit: rule.limit * rule.step, unit: rule.step } : { ...rule, unit: 1 },
    )

export const allTypes: ReadonlyArray<RuleType> = ["log", "opened", "bucket", "steps", "fixed", "counter"]
