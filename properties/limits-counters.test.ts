/** Laws of the emulator's counters: each tells as much as the whole history does. */
import * as fc from "fast-check"
import { assert, describe } from "vitest"
import { BucketCounter } from "../src/exchange/counters/BucketCounter.ts"
import type { Counter } from "../src/exchange/counters/Counter.ts"
import { LogCounter } from "../src/exchange/counters/LogCounter.ts"
import { SlidingWindowCounter } from "../src/exchange/counters/SlidingWindowCounter.ts"
import { WindowCounter } from "../src/exchange/counters/WindowCounter.ts"
import { tryLaw } from "./support/law.ts"

type Kind = "log" | "bucket" | "steps" | "window" | "opened" | "counter"

/** Powers of two, so that no figure is rounded. */
interface Counting {
  readonly kind: Kind
  readonly limit: number
  readonly windowMs: number
  readonly phaseMs: number
  readonly step: number
  readonly countsRefusals: boolean
  readonly arrivals: ReadonlyArray<{ readonly gapMs: number; readonly cost: number }>
}

type MakeCounter = (counting: Omit<Counting, "arrivals">) => Counter

const makeCounter: MakeCounter = ({ countsRefusals, kind, limit, phaseMs, step, windowMs }) => {
  const perSecond = (limit * 1000) / windowMs
  switch (kind) {
    case "log":
      return new LogCounter({ limit, windowMs, countsRefusals })
    case "bucket":
      return new BucketCounter({ capacity: limit, perSecond, countsRefusals })
    case "steps":
      return new BucketCounter({ capacity: limit, perSecond, step, phaseMs, countsRefusals })
    case "window":
      return new WindowCounter({ limit, windowMs, phaseMs, countsRefusals })
    case "opened":
      return new WindowCounter({ limit, windowMs, countsRefusals, opensWithFirst: true })
    case "counter":
      return new SlidingWindowCounter({ limit, windowMs, phaseMs, countsRefusals })
  }
}

interface Counted {
  readonly atMs: number
  readonly cost: number
}

/** What is counted at a moment, from the whole history. */
const usedFrom = (counting: Counting, history: ReadonlyArray<Counted>, atMs: number): number => {
  const { kind, limit, phaseMs, step, windowMs } = counting
  const sum = (those: ReadonlyArray<Counted>) => those.reduce((total, { cost }) => total + cost, 0)
  const now = Math.floor(atMs)
  const window = (ms: number) => Math.floor((ms - phaseMs) / windowMs)
  const inWindow = (which: number) => sum(history.filter((_) => window(_.atMs) === which))
  switch (kind) {
    case "log":
      return sum(history.filter((_) => now - _.atMs <= windowMs))
    case "bucket":
      return Math.max(
        0,
        ...history.map(({ atMs }, index) => sum(history.slice(index)) - ((now - atMs) * limit) / windowMs),
      )
    case "steps": {
      const steps = (ms: number) => Math.floor(((ms - phaseMs) * limit) / windowMs / step)
      return Math.max(
        0,
        ...history.map(({ atMs }, index) => sum(history.slice(index)) - step * (steps(now) - steps(atMs))),
      )
    }
    case "window":
      return inWindow(window(now))
    case "opened": {
      let opened = Number.NEGATIVE_INFINITY
      for (const { atMs } of history) if (atMs >= opened + windowMs) opened = atMs
      return now < opened + windowMs ? sum(history.filter((_) => _.atMs >= opened)) : 0
    }
    case "counter": {
      const which = window(now)
      return inWindow(which) + inWindow(which - 1) * (1 - ((now - phaseMs) / windowMs - which))
    }
  }
}

const countings: fc.Arbitrary<Counting> = fc.record({
  kind: fc.constantFrom<Kind>("log", "bucket", "steps", "window", "opened", "counter"),
  limit: fc.constantFrom(1, 2, 4, 8),
  windowMs: fc.constantFrom(8, 16, 64),
  phaseMs: fc.integer({ min: 0, max: 64 }),
  step: fc.constantFrom(1, 2),
  countsRefusals: fc.boolean(),
  arrivals: fc.array(
    fc.record({
      gapMs: fc.oneof(
        fc.constantFrom(0, 0, 1, 7, 8, 9, 16, 17, 64, 65),
        fc.double({ min: 0, max: 30, noNaN: true }),
      ),
      cost: fc.integer({ min: 0, max: 9 }),
    }),
    { minLength: 1, maxLength: 40, size: "max" },
  ),
})

const tellsAsMuch = async (counting: Counting, variant: MakeCounter | undefined): Promise<void> => {
  const counter = (variant ?? makeCounter)(counting)
  const history: Array<Counted> = []
  let atMs = 100
  for (const { cost, gapMs } of counting.arrivals) {
    atMs += gapMs
    const used = usedFrom(counting, history, atMs)
    assert.equal(counter.used(atMs), used)
    const passes = used + cost <= counting.limit
    assert.equal(counter.pass(cost, atMs), passes)
    if (passes || counting.countsRefusals) history.push({ atMs: Math.floor(atMs), cost })
  }
}

const saysWhen = async (counting: Counting, variant: MakeCounter | undefined): Promise<void> => {
  const counter = (variant ?? makeCounter)(counting)
  const history: Array<Counted> = []
  let atMs = 100
  for (const { cost, gapMs } of counting.arrivals) {
    atMs += Math.floor(gapMs)
    if (counter.pass(cost, atMs) || counting.countsRefusals) history.push({ atMs, cost })
    const afterMs = counter.retryAfter(cost, atMs)
    const passes = (ms: number) => usedFrom(counting, history, ms) + cost <= counting.limit
    if (cost > counting.limit) assert.equal(afterMs, Number.POSITIVE_INFINITY)
    else {
      assert.isTrue(passes(atMs + afterMs), "it would not pass then")
      assert.isTrue(afterMs === 0 || !passes(atMs + afterMs - 1), "it would pass before")
    }
  }
}

const narrow: MakeCounter = (counting) => makeCounter({ ...counting, windowMs: counting.windowMs - 1 })

const forgiving: MakeCounter = (counting) => makeCounter({ ...counting, countsRefusals: false })

const guessing: MakeCounter = (counting) => {
  const counter = makeCounter(counting)
  return {
    pass: counter.pass,
    used: counter.used,
    retryAfter: (cost, atMs) => Math.min(counting.windowMs, counter.retryAfter(cost, atMs)),
  }
}

describe("an exchange's counter", () => {
  tryLaw({
    law: "tells as much as the whole history",
    worlds: countings,
    scenarios: 2000,
    check: tellsAsMuch,
    broken: { "a window that is too short": narrow, "refusals that do not count": forgiving },
  })
  tryLaw({
    law: "says after how long a request passes, and no longer",
    worlds: countings,
    scenarios: 2000,
    check: saysWhen,
    broken: { "a window at most": guessing },
  })
})
