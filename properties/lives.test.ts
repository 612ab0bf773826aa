/** The client over several lives: crashed or stopped at any moment, and begun again. */
import { describe, it } from "vitest"
import { forgetsTheAnswered, impatient, trustsTheWallClock, sendsWithoutLease } from "./broken/memories.ts"
import { catches, holds, RUNS, SEED } from "./support/law.ts"
import { noncesArriveRising, windowIsKept } from "./support/laws.ts"
import { liveAll, type Lives, type LivesVariant, manyLives, stalledLives } from "./support/lives.ts"

const window = (variant: LivesVariant) => async (world: Lives) =>
  windowIsKept(world, { arrivals: await liveAll(world, variant) })
const nonces = (variant: LivesVariant) => async (world: Lives) =>
  noncesArriveRising(world, { arrivals: await liveAll(world, variant) })

const laws: ReadonlyArray<{
  readonly law: string
  readonly check: (variant: LivesVariant) => (world: Lives) => Promise<void>
  /** By default all. */
  readonly worlds?: typeof manyLives
  readonly broken: Readonly<Record<string, LivesVariant>>
}> = [
  {
    law: "over all lives no key has more arrivals than its limit in any window",
    check: window,
    broken: {
      "a memory that does not wait after a crash": { memory: impatient },
      "a stop that forgets what was answered": { memory: forgetsTheAnswered },
    },
  },
  {
    law: "a life that cannot write sends nothing that the next one does not reckon with",
    check: window,
    worlds: stalledLives,
    broken: { "a life that sends on when it is not written that it may": { memory: sendsWithoutLease } },
  },
  {
    law: "over all lives nonces arrive rising",
    check: nonces,
    broken: {
      "a memory that trusts the wall clock": { memory: trustsTheWallClock },
      "a reservation that is written after its use": { answersFirst: true },
    },
  },
]

describe(`lives (seed ${SEED}, ${RUNS} scenarios a law)`, () => {
  for (const { broken, check, law, worlds = manyLives } of laws) {
    it(law, () => holds(worlds, check({})))
    for (const [name, variant] of Object.entries(broken)) {
      it(`${law}: catches ${name}`, () => catches(worlds, check(variant)))
    }
  }
})
