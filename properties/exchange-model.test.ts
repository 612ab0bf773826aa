// Laws of the exchange's model, each with a broken variant that the law must catch.
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type Arrival, arrive, emptyKey, type KeyUsage, type Ruling } from "../src/exchange/ExchangeModel.ts"
import { type ExchangeRules } from "../src/venues/exercise/exercise.ts"
import { asOften } from "./support/law.ts"

type Model = typeof arrive

interface Judged extends Arrival {
  readonly ruling: Ruling
}

const judge = (
  model: Model,
  config: ExchangeRules,
  arrivals: ReadonlyArray<Arrival>,
): ReadonlyArray<Judged> => {
  let key = emptyKey
  return arrivals.map((arrival) => {
    const { next, ruling } = model(config, key, arrival)
    key = next
    return { ...arrival, ruling }
  })
}

const configs: fc.Arbitrary<ExchangeRules> = fc.record({
  limit: fc.integer({ min: 1, max: 5 }),
  windowMs: fc.integer({ min: 1, max: 50 }),
  blockAfter: fc.integer({ min: 1, max: 10 }),
})

/** Arrivals at rising times, often exactly a window apart or with a fraction, with nonces that mostly rise. */
const histories = fc
  .tuple(
    configs,
    fc.array(
      fc.record({
        gap: fc.oneof(
          fc.constantFrom("window", "just over", "none"),
          fc.double({ min: 0, max: 30, noNaN: true, noDefaultInfinity: true }),
        ),
        nonce: fc.oneof(
          { weight: 6, arbitrary: fc.constant("next") },
          { weight: 1, arbitrary: fc.bigInt({ min: -2n, max: 60n }) },
          { weight: 1, arbitrary: fc.constant(undefined) },
        ),
      }),
      { maxLength: 60, size: "max" },
    ),
  )
  .map(([config, steps]) => {
    let atMs = 0
    let nonce = 0n
    const arrivals: Array<Arrival> = []
    for (const step of steps) {
      atMs += stepMs(step.gap, config)
      if (step.nonce === "next") nonce += 1n
      arrivals.push({ atMs, nonce: step.nonce === "next" ? nonce : step.nonce })
    }
    return { config, arrivals }
  })

const stepMs = (gap: string | number, config: ExchangeRules): number => {
  if (typeof gap === "number") return gap
  if (gap === "window") return config.windowMs
  return gap === "just over" ? config.windowMs + 1 : 0
}

type Law = (model: Model, config: ExchangeRules, arrivals: ReadonlyArray<Arrival>) => boolean

const isPass = (judged: Judged) => judged.ruling === "accepted" || judged.ruling === "nonce"

const neverOverTheLimit: Law = (model, config, arrivals) => {
  const passes = judge(model, config, arrivals)
    .filter(isPass)
    .map((judged) => Math.floor(judged.atMs))
  return passes.every((first, index) => {
    const last = passes[index + config.limit]
    return last === undefined || last - first > config.windowMs
  })
}

const refusesOnlyWhatWouldExceed: Law = (model, config, arrivals) => {
  const judged = judge(model, config, arrivals)
  return judged.every((one, index) => {
    if (one.ruling !== "rate-limit") return true
    const now = Math.floor(one.atMs)
    const inWindow = judged
      .slice(0, index)
      .filter((_) => isPass(_) && now - Math.floor(_.atMs) <= config.windowMs)
    return inWindow.length === config.limit
  })
}

const acceptedNoncesRise: Law = (model, config, arrivals) => {
  const nonces = judge(model, config, arrivals)
    .filter((judged) => judged.ruling === "accepted")
    .map((judged) => judged.nonce)
  return nonces.every((nonce, index) => {
    const before = index === 0 ? 0n : nonces[index - 1]
    return nonce !== undefined && before !== undefined && nonce > before
  })
}

const refusesOnlyNoncesThatDoNotRise: Law = (model, config, arrivals) => {
  let last = 0n
  return judge(model, config, arrivals).every(({ nonce, ruling }) => {
    if (ruling === "nonce") return nonce === undefined || nonce <= last
    if (ruling === "accepted" && nonce !== undefined) last = nonce
    return true
  })
}

const blockedForGoodAfterEnoughErrors: Law = (model, config, arrivals) => {
  let errors = 0
  return judge(model, config, arrivals).every(({ ruling }) => {
    if (errors >= config.blockAfter) return ruling === "blocked"
    if (ruling === "rate-limit") errors += 1
    return ruling !== "blocked"
  })
}

/** The rules once more, from the whole history each time. */
const sameAsFromWholeHistory: Law = (model, config, arrivals) => {
  const history: Array<Judged> = []
  for (const arrival of arrivals) {
    const now = Math.floor(arrival.atMs)
    const errors = history.filter((_) => _.ruling === "rate-limit").length
    const inWindow = history.filter((_) => isPass(_) && now - Math.floor(_.atMs) <= config.windowMs).length
    const accepted = history.filter((_) => _.ruling === "accepted").map((_) => _.nonce ?? 0n)
    const largest = accepted.reduce((largest, nonce) => (nonce > largest ? nonce : largest), 0n)
    const ruling =
      errors >= config.blockAfter
        ? "blocked"
        : inWindow >= config.limit
          ? "rate-limit"
          : arrival.nonce === undefined || arrival.nonce <= largest
            ? "nonce"
            : "accepted"
    history.push({ ...arrival, ruling })
  }
  const judged = judge(model, config, arrivals)
  return judged.every((_, index) => _.ruling === history[index]?.ruling)
}

/** Wrong at the edge: two passes exactly one window apart. */
const edgePasses: Model = (config, key, arrival) =>
  arrive({ ...config, windowMs: config.windowMs - 1 }, key, arrival)
/** Wrong the other way: refuses one millisecond longer. */
const edgeRefuses: Model = (config, key, arrival) =>
  arrive({ ...config, windowMs: config.windowMs + 1 }, key, arrival)
/** Gives the slot of a bad nonce back. */
const returnsSlots: Model = (config, key, arrival) => {
  const judged = arrive(config, key, arrival)
  return judged.ruling === "nonce" ? { ...judged, next: key } : judged
}
/** Takes a nonce that it has just seen. */
const repeatsNonces: Model = (config, key, arrival) => {
  const judged = arrive(config, { ...key, lastNonce: key.lastNonce - 1n }, arrival)
  return {
    ...judged,
    next: {
      ...judged.next,
      lastNonce: key.lastNonce > judged.next.lastNonce ? key.lastNonce : judged.next.lastNonce,
    },
  }
}
/** Remembers the nonce of a refused request. */
const learnsRefusedNonces: Model = (config, key, arrival) => {
  const judged = arrive(config, key, arrival)
  const lastNonce =
    arrival.nonce !== undefined && arrival.nonce > key.lastNonce ? arrival.nonce : judged.next.lastNonce
  return { ...judged, next: { ...judged.next, lastNonce } }
}
/** Forgets an error with every pass. */
const forgives: Model = (config, key, arrival) => {
  const judged = arrive(config, key, arrival)
  const next: KeyUsage =
    judged.ruling === "accepted"
      ? { ...judged.next, rateLimitErrors: Math.max(0, judged.next.rateLimitErrors - 1) }
      : judged.next
  return { ...judged, next }
}

const laws: ReadonlyArray<readonly [string, Law, string, Model]> = [
  ["no key passes more than its limit in any window", neverOverTheLimit, "an open window's edge", edgePasses],
  [
    "a request is refused only where its pass would exceed the limit",
    refusesOnlyWhatWouldExceed,
    "a window that is too long",
    edgeRefuses,
  ],
  ["accepted nonces rise", acceptedNoncesRise, "a nonce taken twice", repeatsNonces],
  [
    "a nonce is refused only where it does not rise",
    refusesOnlyNoncesThatDoNotRise,
    "nonces learned from refused requests",
    learnsRefusedNonces,
  ],
  [
    "a key is blocked for good after its errors, and never before",
    blockedForGoodAfterEnoughErrors,
    "errors that are forgiven",
    forgives,
  ],
  [
    "the state tells as much as the whole history",
    sameAsFromWholeHistory,
    "slots given back after a bad nonce",
    returnsSlots,
  ],
]

describe("the exchange", () => {
  for (const [name, law, brokenName, broken] of laws) {
    const property = (model: Model) =>
      fc.property(histories, ({ arrivals, config }) => law(model, config, arrivals))
    it(name, () => {
      fc.assert(property(arrive), asOften(5))
    })
    it(`${name}: catches ${brokenName}`, () => {
      expect(fc.check(property(broken), asOften(5)).failed).toBe(true)
    })
  }
})
