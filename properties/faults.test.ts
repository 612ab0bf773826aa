// Laws of the exchange's fault plan, each with broken variants that the law must catch.
import { Effect, Result } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { parseFault, printFault } from "../src/cli/faultSpec.ts"
import { type Fault, GARBLINGS, type RequestFault, RETRY_WAYS } from "../src/exchange/faults/Fault.ts"
import {
  type FaultPlan,
  makeFaultPlan,
  type RequestFaults,
  unharmed,
} from "../src/exchange/faults/FaultPlan.ts"
import { always, isOn, nextMoment, type When } from "../src/exchange/faults/When.ts"
import { asOften } from "./support/law.ts"

const ms = fc.integer({ min: 1, max: 315_360_000_000 })
const msOrZero = fc.oneof(fc.constant(0), ms)
/** Spread evenly: doubles are drawn from among all there are, and most of those are next to nothing. */
const evenChances = fc.integer({ min: 0, max: 1000 }).map((thousandths) => thousandths / 1000)
const chances = fc.oneof(fc.constantFrom(0, 1), evenChances, fc.double({ min: 0, max: 1, noNaN: true }))
const maybe = <A>(arbitrary: fc.Arbitrary<A>) => fc.option(arbitrary, { nil: undefined })

const every = (lasting: fc.Arbitrary<number | undefined>) =>
  fc
    .tuple(ms, maybe(msOrZero), lasting)
    .filter(([everyMs, , forMs]) => forMs === undefined || forMs < everyMs)
    .map(([everyMs, firstMs, forMs]): When => ({ firstMs: firstMs ?? everyMs, everyMs, forMs }))
const once = fc
  .tuple(msOrZero, maybe(ms))
  .map(([firstMs, forMs]): When => ({ firstMs, everyMs: undefined, forMs }))
const spans = fc.oneof(fc.constant(always), once, every(ms))
const moments = fc.oneof(once, every(maybe(ms)))
const plainMoments = moments.map((when): When => ({ ...when, forMs: undefined }))

const ofRequests = { chance: chances, when: spans, times: maybe(fc.integer({ min: 1, max: 1000 })) }
const aftermath = fc.constantFrom("silence" as const, "close" as const)

const requestFaults: fc.Arbitrary<RequestFault> = fc.oneof(
  fc.record({
    kind: fc.constant("spike" as const),
    ...ofRequests,
    byMs: fc.integer({ min: 1, max: 60_000 }),
  }),
  fc.record({ kind: fc.constant("block" as const), ...ofRequests }),
  fc.record({
    kind: fc.constant("quota" as const),
    ...ofRequests,
    remaining: maybe(fc.nat({ max: 1_000_000_000 })),
    resetMs: maybe(msOrZero),
    retryAs: fc.constantFrom(...RETRY_WAYS),
  }),
  fc.record({
    kind: fc.constantFrom("lost-request" as const, "lost-answer" as const),
    ...ofRequests,
    aftermath,
  }),
  fc.record({ kind: fc.constantFrom("reset" as const, "truncated" as const), ...ofRequests }),
  fc.record({ kind: fc.constant("failure" as const), ...ofRequests, judged: fc.boolean() }),
  fc.record({
    kind: fc.constant("garbled" as const),
    ...ofRequests,
    garbling: maybe(fc.constantFrom(...GARBLINGS)),
  }),
  fc
    .record({
      kind: fc.constant("status" as const),
      ...ofRequests,
      code: fc.integer({ min: 400, max: 599 }),
      judged: fc.boolean(),
      retryAfterMs: maybe(msOrZero),
      retryAs: fc.constantFrom(...RETRY_WAYS),
    })
    .map((fault) => ({ ...fault, judged: fault.judged && fault.code >= 500 }))
    .map((fault) => (fault.retryAfterMs === undefined ? { ...fault, retryAs: "seconds" as const } : fault)),
)
const faults: fc.Arbitrary<Fault> = fc.oneof(
  { weight: 3, arbitrary: requestFaults },
  fc.record({ kind: fc.constant("stall" as const), judged: fc.boolean(), when: fc.oneof(once, every(ms)) }),
  fc.record({ kind: fc.constant("restart" as const), when: moments }),
  fc.record({
    kind: fc.constant("clock" as const),
    byMs: fc.tuple(ms, fc.boolean()).map(([by, back]) => (back ? -by : by)),
    when: plainMoments,
  }),
  fc.record({ kind: fc.constant("block-key" as const), when: plainMoments }),
)

/** A property of whatever arguments: tried, or known to fail. */
const law = <Arguments>(property: fc.IPropertyWithHooks<Arguments>) => ({
  holds: (times: number) => fc.assert(property, asOften(times)),
  fails: () => fc.check(property, asOften(1)).failed,
})

type Planner = (faults: ReadonlyArray<Fault>, seed: number) => FaultPlan
const plan: Planner = (faults, seed) => Effect.runSync(makeFaultPlan(faults, seed))
const seeds = fc.maxSafeNat()

const play = (made: FaultPlan, times: ReadonlyArray<number>): ReadonlyArray<RequestFaults> =>
  times.map((elapsedMs) => made.next(elapsedMs))
const steadily = (count: number) => Array.from({ length: count }, () => 0)

/** Which of the requests of a plan something befalls, as text. */
const befallen = (seen: ReadonlyArray<RequestFaults>): string => JSON.stringify(seen)

const sameSeedSameFaults = (make: Planner) =>
  law(
    fc.property(
      fc.array(requestFaults, { maxLength: 5 }),
      seeds,
      fc.array(msOrZero, { maxLength: 50 }),
      (specs, seed, times) => {
        return befallen(play(make(specs, seed), times)) === befallen(play(make(specs, seed), times))
      },
    ),
  )

/** Requests that come in while a fault is off do not shift the faults of those that come in while it is on. */
const nthRequestItsOwnLuck = (make: Planner) =>
  law(
    fc.property(
      evenChances,
      seeds,
      fc.array(fc.boolean(), { minLength: 1, maxLength: 60 }),
      (chance, seed, within) => {
        const spec = (when: When): Fault => ({ kind: "block", chance, when, times: undefined })
        const on = play(make([spec(always)], seed), steadily(within.length))
        const partly = play(
          make([spec({ firstMs: 1000, everyMs: undefined, forMs: undefined })], seed),
          within.map((isWithin) => (isWithin ? 1000 : 999)),
        )
        return within.every(
          (isWithin, n) => JSON.stringify(partly[n]) === JSON.stringify(isWithin ? on[n] : unharmed),
        )
      },
    ),
  )

const REQUESTS = 2000
const probabilityIsHit = (make: Planner) =>
  law(
    fc.property(evenChances, seeds, (chance, seed) => {
      const seen = play(
        make([{ kind: "block", chance, when: always, times: undefined }], seed),
        steadily(REQUESTS),
      )
      const hits = seen.filter(({ blocks }) => blocks).length
      // Six standard deviations, and one request for the smallest of probabilities.
      return Math.abs(hits - chance * REQUESTS) <= 6 * Math.sqrt(chance * (1 - chance) * REQUESTS) + 1
    }),
  )

/** What befalls does not depend on which other kinds of fault there are. */
const faultsAreIndependent = (make: Planner) =>
  law(
    fc.property(
      fc.integer({ min: 50, max: 950 }).map((thousandths) => thousandths / 1000),
      seeds,
      (chance, seed) => {
        const block: Fault = { kind: "block", chance, when: always, times: undefined }
        const spike: Fault = { kind: "spike", chance, byMs: 1, when: always, times: undefined }
        const alone = play(make([block], seed), steadily(200))
        const together = play(make([spike, block], seed), steadily(200))
        const coincidences = together.filter(({ blocks, spikes }) => blocks === spikes > 0).length
        const expected = (chance * chance + (1 - chance) * (1 - chance)) * 200
        return (
          alone.every(({ blocks }, n) => blocks === together[n]?.blocks) &&
          Math.abs(coincidences - expected) <= 6 * Math.sqrt(200 / 4) + 1
        )
      },
    ),
  )

const neverMoreThanItsTimes = (make: Planner) =>
  law(
    fc.property(evenChances, seeds, fc.integer({ min: 1, max: 20 }), (chance, seed, times) => {
      const count = (limit: number | undefined) =>
        play(make([{ kind: "block", chance, when: always, times: limit }], seed), steadily(100)).filter(
          ({ blocks }) => blocks,
        ).length
      return count(times) === Math.min(times, count(undefined))
    }),
  )

const roundTrip = (print: (fault: Fault) => string) =>
  fc.property(faults, (fault) => {
    expect(parseFault(print(fault))).toEqual(Result.succeed(fault))
  })

/** A span begins at each moment and nowhere else, and no moment is passed over. */
const spansBeginAtMoments = (next: typeof nextMoment) =>
  fc.property(fc.integer({ min: 0, max: 20 }), maybe(fc.integer({ min: 2, max: 10 })), (firstMs, everyMs) => {
    const when: When = { firstMs, everyMs, forMs: 1 }
    const met: Array<number> = []
    for (let at = next(when, -1); at !== undefined && at <= 100; at = next(when, at)) met.push(at)
    const on = Array.from({ length: 101 }, (_, at) => at).filter((at) => isOn(when, at))
    return JSON.stringify(met) === JSON.stringify(on)
  })

/** A seed that moves on with each use. */
const movingSeed = (): Planner => {
  let uses = 0
  return (faults, seed) => plan(faults, seed + (uses += 1))
}
/** Draws only while a fault is on. */
const drawsWhenOn: Planner = (faults, seed) => {
  const made = plan(
    faults.map((fault) => ({ ...fault, when: always })),
    seed,
  )
  return {
    ...made,
    next: (elapsedMs) =>
      faults.some((fault) => isOn(fault.when, elapsedMs)) ? made.next(elapsedMs) : unharmed,
  }
}
/** Takes a probability for half of what it is. */
const halved: Planner = (faults, seed) =>
  plan(
    faults.map((fault) => ("chance" in fault ? { ...fault, chance: fault.chance / 2 } : fault)),
    seed,
  )
/** Every fault befalls the same requests. */
const sharedLuck: Planner = (faults, seed) => {
  const made = plan(
    faults.filter(({ kind }) => kind === "block"),
    seed,
  )
  return {
    ...made,
    next: (elapsedMs) => {
      const next = made.next(elapsedMs)
      return { ...next, spikes: next.blocks ? 1 : 0 }
    },
  }
}
/** Plays a fault as often as it comes up. */
const tireless: Planner = (faults, seed) =>
  plan(
    faults.map((fault) => ("times" in fault ? { ...fault, times: undefined } : fault)),
    seed,
  )
const forgetsWhen = (fault: Fault): string => printFault(fault).replace(/:at=\d+ms/, "")
const rounds = (fault: Fault): string =>
  printFault("chance" in fault ? { ...fault, chance: Number(fault.chance.toFixed(6)) } : fault)
/** Takes the moment that it stands at for the next one's. */
const skips: typeof nextMoment = (when, elapsedMs) => nextMoment(when, elapsedMs + 1)

describe("the exchange's faults", () => {
  const laws = [
    [
      "the same seed and faults befall the same requests",
      sameSeedSameFaults,
      [["a seed that moves on", movingSeed()]],
    ],
    [
      "a request meets its own luck, whatever came in while a fault was off",
      nthRequestItsOwnLuck,
      [["draws only while it is on", drawsWhenOn]],
    ],
    [
      "a fault befalls as many requests as its probability says",
      probabilityIsHit,
      [["half of them", halved]],
    ],
    [
      "a fault's luck does not depend on other faults",
      faultsAreIndependent,
      [["one die for all", sharedLuck]],
    ],
    ["a fault is played no more often than it may be", neverMoreThanItsTimes, [["a tireless one", tireless]]],
  ] as const
  for (const [name, law, variants] of laws) {
    it(name, () => {
      law(plan).holds(law === probabilityIsHit ? 0.2 : 1)
    })
    for (const [broken, variant] of variants) {
      it(`${name}: catches ${broken}`, () => {
        expect(law(variant).fails()).toBe(true)
      })
    }
  }

  it("a fault that is printed is read as it was", () => {
    fc.assert(roundTrip(printFault), asOften(5))
  })
  it.each([
    ["moments left out", forgetsWhen],
    ["rounded probabilities", rounds],
  ])("a fault that is printed is read as it was: catches %s", (_, broken) => {
    expect(fc.check(roundTrip(broken), asOften(5)).failed).toBe(true)
  })

  it("a fault is on from each of its moments", () => {
    fc.assert(spansBeginAtMoments(nextMoment), asOften(2))
  })
  it("a fault is on from each of its moments: catches one that is passed over", () => {
    expect(fc.check(spansBeginAtMoments(skips), asOften(2)).failed).toBe(true)
  })
})
