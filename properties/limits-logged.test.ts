/** The law of what a journal shows of limits: where nothing is over one, the exchange cannot have counted more, either. */
import * as fc from "fast-check"
import { assert, describe } from "vitest"
import type { LimitSpec } from "../src/domain/LimitSpec.ts"
import { ScopedCounters } from "../src/exchange/counters/ScopedCounters.ts"
import { LoggedClock } from "../src/journal/LoggedClock.ts"
import { type Arrived, loggedCounter } from "../src/journal/LoggedCounters.ts"
import { type LimitedRequest, LoggedLimits } from "../src/journal/LoggedLimits.ts"
import { TimeHeap } from "../src/platform/TimeHeap.ts"
import { tryLaw } from "./support/law.ts"
import { limitLists, windowsOnClock } from "./support/limits/specs.ts"

const LONGEST_WAY_MS = 120

const way = fc.oneof(
  fc.constantFrom(0, LONGEST_WAY_MS),
  fc.double({ min: 0, max: LONGEST_WAY_MS, noNaN: true }),
)

interface World {
  readonly limits: ReadonlyArray<LimitSpec>
  /** What the exchange's clock shows when windows begin, and ours at first. */
  readonly phaseMs: number
  readonly startMs: number
  /** Answers tell what its clock shows. */
  readonly isTold: boolean
  readonly requests: ReadonlyArray<{
    readonly gapMs: number
    readonly key: string
    readonly symbol: string | undefined
    readonly cost: number | undefined
    readonly action: string | undefined
    readonly onWayMs: number
    readonly backMs: number
  }>
}

const worlds: fc.Arbitrary<World> = fc.record({
  limits: limitLists,
  isTold: fc.boolean(),
  phaseMs: fc.integer({ min: 0, max: 2000 }),
  startMs: fc.double({ min: 0, max: 2000, noNaN: true }),
  requests: fc.array(
    fc.record({
      gapMs: fc.oneof(
        fc.constant(0),
        fc.constant(0),
        fc.integer({ min: 0, max: 60 }),
        fc.double({ min: 0, max: 700, noNaN: true }),
      ),
      key: fc.constantFrom("key-1", "key-2"),
      symbol: fc.constantFrom("A", "B & C", undefined),
      cost: fc.constantFrom(undefined, undefined, 0, 1, 2, 3),
      action: fc.constantFrom(undefined, "place", "cancel"),
      onWayMs: way,
      backMs: way,
    }),
    { minLength: 1, maxLength: 150 },
  ),
})

const ALIKE = { key: "key-1", symbol: undefined, cost: 1, action: undefined }

/** Worlds whose limits are all on the exchange's clock, which answers tell. */
const clockWorlds: fc.Arbitrary<World> = fc
  .record({ world: worlds, limits: fc.tuple(windowsOnClock) })
  .map(({ limits, world }) => ({
    ...world,
    limits,
    isTold: true,
    requests: world.requests.map((request) => ({ ...request, ...ALIKE })),
  }))

interface Variant {
  readonly specs?: (limits: ReadonlyArray<LimitSpec>) => ReadonlyArray<LimitSpec>
  readonly bySendTime?: boolean
  readonly aheadMs?: number
}

/** Sends whatever the limits of the log spare, and takes back the others. */
const refusedIn = (
  { isTold, limits, phaseMs, requests, startMs }: World,
  { bySendTime, specs, aheadMs = 0 }: Variant,
): number => {
  const exchange = new ScopedCounters(limits, phaseMs)
  const logged = new LoggedLimits<LimitedRequest>(specs?.(limits) ?? limits)
  const happens = new TimeHeap<(atMs: number) => void>()
  let refused = 0
  let atMs = startMs
  for (const { action, backMs, cost, gapMs, key, onWayMs, symbol } of requests) {
    atMs += gapMs
    happens.add(atMs, (sentMs) => {
      const told = {
        ...(action === undefined ? {} : { action }),
        ...(symbol === undefined ? {} : { symbol }),
      }
      const scope = new URLSearchParams(told).toString()
      const params = new URLSearchParams({ ...told, ...(cost === undefined ? {} : { cost: String(cost) }) })
      const request: LimitedRequest = { key, cost, scope, sentMs }
      if (logged.sent(request, request).some((spare = 0) => spare < 0))
        return logged.known(request, -Infinity)
      happens.add(sentMs + onWayMs, (arrivedMs) => {
        const facts = {
          key,
          address: "",
          param: (name: string) => params.get(name) ?? undefined,
        }
        if (!exchange.pass(facts, arrivedMs)) refused += 1
      })
      if (bySendTime === true) logged.known(request, sentMs)
      else
        happens.add(sentMs + onWayMs + backMs, (settledMs) => {
          const clock = Math.floor(sentMs + onWayMs - phaseMs) + aheadMs
          if (isTold) logged.told({ clock }, sentMs, settledMs, settledMs)
          logged.known(request, settledMs)
        })
    })
  }
  for (let next = happens.take(); next !== undefined; next = happens.take()) next.value?.(next.atMs)
  return refused
}

const halved = (limits: ReadonlyArray<LimitSpec>): ReadonlyArray<LimitSpec> =>
  limits.map((spec) => (spec.rule === "bucket" ? spec : { ...spec, windowMs: spec.windowMs / 2 }))

const evenly = (limits: ReadonlyArray<LimitSpec>): ReadonlyArray<LimitSpec> =>
  limits.map((spec) => {
    if (spec.rule !== "bucket") return spec
    const { stepMs: _, ...even } = spec
    return even
  })

const cancelsFree = (limits: ReadonlyArray<LimitSpec>): ReadonlyArray<LimitSpec> =>
  limits.map((spec) => ({ ...spec, costs: { ...spec.costs, cancel: 0 } }))

describe("limits in a journal", () => {
  tryLaw({
    law: "are not exceeded where nothing was over one when it left",
    worlds,
    scenarios: 6000,
    check: async (world: World, variant: Variant | undefined) => {
      assert.equal(refusedIn(world, variant ?? {}), 0)
    },
    broken: {
      "send times": { bySendTime: true },
      "one limit of several": { specs: (limits) => limits.slice(0, 1) },
      "each key for itself": { specs: (limits) => limits.map((spec) => ({ ...spec, scope: "key" })) },
      "half of a window": { specs: halved },
      "steps taken for even": { specs: evenly },
      "cancels for nothing": { specs: cancelsFree },
      "every action at the same cost": {
        specs: (limits) => limits.map((spec) => ({ ...spec, costs: {} })),
      },
    },
  })
})

interface Estimated {
  readonly windowMs: number
  readonly steps: ReadonlyArray<{ readonly gapMs: number; readonly agoMs: number; readonly cost: number }>
}

const estimatedWorlds: fc.Arbitrary<Estimated> = fc.record({
  windowMs: fc.integer({ min: 5, max: 100 }),
  steps: fc.array(
    fc.record({
      gapMs: fc.integer({ min: 0, max: 40 }),
      agoMs: fc.integer({ min: 0, max: 120 }),
      cost: fc.integer({ min: 1, max: 3 }),
    }),
    { minLength: 1, maxLength: 40 },
  ),
})

/** What rounding leaves of times that are the same. */
const SAME_MS = 1e-6

/** When this window may have begun, as ages. */
type Beginnings = (ages: ReadonlyArray<number>, windowMs: number) => ReadonlyArray<number>

const everyBeginning: Beginnings = (ages, windowMs) => ages.flatMap((ageMs) => [ageMs, ageMs - windowMs])

/** This window's count and a share of the last one's, for all beginnings one after the other. */
const greatestEstimate = (
  arrived: ReadonlyArray<Arrived>,
  nowMs: number,
  windowMs: number,
  beginnings: Beginnings,
): number => {
  const ages = arrived.map(({ latestMs }) => Math.max(0, nowMs - latestMs))
  const share = (begunMs: number) => 1 - Math.max(0, begunMs - 0.998) / windowMs
  const estimates = [0, ...beginnings(ages, windowMs)]
    .filter((begunMs) => begunMs >= 0 && begunMs < windowMs)
    .map((begunMs) =>
      arrived.reduce((sum, { cost }, n) => {
        const ageMs = (ages[n] ?? 0) - SAME_MS
        if (ageMs <= begunMs) return sum + cost
        return ageMs <= begunMs + windowMs ? sum + cost * share(begunMs) : sum
      }, 0),
    )
  return Math.max(...estimates)
}

describe("windows of the exchange's clock in a journal", () => {
  tryLaw({
    law: "are not exceeded where nothing was over one when it left, by the times that answers tell",
    worlds: clockWorlds,
    scenarios: 6000,
    check: async (world, variant: Variant | undefined) => {
      assert.equal(refusedIn(world, variant ?? {}), 0)
    },
    broken: { "a clock that is ahead": { aheadMs: 100 } } satisfies Record<string, Variant>,
  })
})

describe("a sliding-window counter in a journal", () => {
  tryLaw({
    law: "estimates the most that any beginning of its windows gives",
    worlds: estimatedWorlds,
    scenarios: 3000,
    check: async ({ steps, windowMs }: Estimated, variant: Beginnings | undefined) => {
      const counter = loggedCounter(
        { rule: "counter", limit: 9, windowMs, scope: "key" },
        new LoggedClock([]),
      )
      const arrived: Array<Arrived> = []
      let nowMs = 1000
      for (const { agoMs, cost, gapMs } of steps) {
        nowMs += gapMs
        const one = { latestMs: nowMs - agoMs, cost }
        counter.add(one)
        arrived.push(one)
        const most = greatestEstimate(arrived, nowMs, windowMs, variant ?? everyBeginning)
        assert.closeTo(counter.countedAt(nowMs), most, 0.001)
      }
    },
    broken: {
      "windows that begin now": () => [],
      "windows that begin with a request": (ages) => ages,
      "windows of which the last begins with one": (ages, windowMs) => ages.map((ageMs) => ageMs - windowMs),
    },
  })
})
