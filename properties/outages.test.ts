/** What lanes owe when the exchange goes away and comes back, and when it refuses their nonces. */
import { assert, describe } from "vitest"
import { inTurn } from "./broken/dispatchers.ts"
import { refusalsTakenForBreaks, waitsWithoutCeiling } from "./broken/outages.ts"
import { type Law, SEED, tryLaw } from "./support/law.ts"
import {
  type Away,
  aways,
  longAways,
  type Meddling,
  meddlings,
  playAway,
  playMeddling,
  REACHABLE_MS,
  type Seen,
  type Variant,
} from "./support/outages.ts"

const outcomesOf = (seen: Seen) => seen.events.filter((event) => event.type === "outcome")

/** Within a second of the exchange's return an order is accepted. */
const resumesWithinASecond = ({ forMs, fromMs }: Away, seen: Seen): void => {
  const backMs = seen.startMs + fromMs + forMs
  const first = outcomesOf(seen).find(({ atMs, outcome }) => atMs >= backMs && outcome.outcome === "accepted")
  assert.isAtMost((first?.atMs ?? Number.POSITIVE_INFINITY) - backMs, 1000, "until the first was accepted")
}

/** Answers that were under way when the exchange went have come in by then. */
const LAST_ANSWERS_MS = 100
const TRIPS_AFTER = 5
/** Waits that are shorter than the last. */
const SHORT_WAITS = 5
const LAST_WAIT_MS = 640 * 0.8

/** Five attempts to find out, what is under way then, and from then on one after every wait, whatever the keys. */
const triesSparingly = ({ forMs, fromMs, keys }: Away, seen: Seen): void => {
  const goneMs = seen.startMs + fromMs + LAST_ANSWERS_MS
  const sent = seen.events.filter(
    ({ atMs, type }) => type === "sent" && atMs >= goneMs && atMs < seen.startMs + fromMs + forMs,
  ).length
  assert.isAtMost(sent, TRIPS_AFTER + 2 * keys + SHORT_WAITS + 1 + forMs / LAST_WAIT_MS, "attempts")
}

/** A connection that is refused costs no order: it goes when its time is over, not before. */
const losesNone = ({ how }: Away, seen: Seen): void => {
  assert.isTrue(seen.isDrained)
  for (const { createdMs, atMs, id, outcome } of outcomesOf(seen)) {
    if (outcome.outcome === "accepted") continue
    if (outcome.outcome === "unknown" && how !== "refused-connection") continue
    assert.strictEqual(outcome.outcome, "expired", `order ${id}`)
    assert.isAtLeast(atMs - createdMs, 1000, `order ${id}`)
  }
}

const JUMPS = 5

/** Of five refusals in a row each is followed by a jump, and the sixth parks the key; within reach there is none. */
const comesBackIntoStep = ({ keys, leads, orders }: Meddling, seen: Seen): void => {
  assert.isTrue(seen.isDrained, "orders were left without an outcome")
  const parked = new Set<string>()
  for (const event of seen.events) {
    if (event.type === "key") parked.add(event.key)
    if (event.type === "nonce-jump") assert.isAtMost(event.jump, JUMPS, `${event.key}: jumps in a row`)
    if (event.type === "sent") assert.isTrue(Number.isSafeInteger(event.nonce), `nonce ${event.nonce}`)
  }
  leads.slice(0, keys).forEach(({ leadMs }, index) => {
    if (leadMs <= REACHABLE_MS) assert.isFalse(parked.has(`key-${index + 1}`), `${leadMs} ms are in reach`)
  })
  if (parked.size === keys) return
  assert.strictEqual(outcomesOf(seen).length, orders)
  for (const { id, outcome } of outcomesOf(seen)) {
    // Where a key is parked, its last order is refused for good only if that has happened to it before.
    if (outcome.outcome === "rejected") assert.isAbove(parked.size, 1, `order ${id} was rejected`)
    else assert.strictEqual(outcome.outcome, "accepted", `order ${id}`)
  }
}

const played =
  (check: (away: Away, seen: Seen) => void): Law<Away, Variant>["check"] =>
  async (away, variant) =>
    check(away, await playAway(away, variant))

const outageLaws: ReadonlyArray<Law<Away, Variant>> = [
  {
    law: "service resumes within a second of the exchange's return",
    check: played(resumesWithinASecond),
    worlds: aways,
    broken: { "waits that double without a ceiling": { client: waitsWithoutCeiling } },
  },
  {
    law: "one order at a time is tried while the exchange is away",
    check: played(triesSparingly),
    worlds: longAways,
    broken: { "lanes that each try": { make: inTurn } },
  },
  {
    law: "an exchange that cannot be reached costs no order before its time is over",
    check: played(losesNone),
    worlds: aways,
    broken: { "a refused connection that is taken for a broken one": { client: refusalsTakenForBreaks } },
  },
]

const DAY_MS = 86_400_000

describe(`outages (seed ${SEED})`, () => {
  for (const law of outageLaws) tryLaw({ ...law, scenarios: 60 })
  tryLaw<Meddling, Variant>({
    law: "a key whose nonces are refused comes back into step by at most five jumps, or is parked",
    worlds: meddlings,
    check: async (meddling, variant) => comesBackIntoStep(meddling, await playMeddling(meddling, variant)),
    broken: {
      "a lane that gives up too early": { dispatcher: { nonceJumps: [1000] } },
      "jumps without a bound": {
        dispatcher: { nonceJumps: Array.from({ length: 100 }, (_, n) => (n + 1) * DAY_MS) },
      },
    },
  })
})
