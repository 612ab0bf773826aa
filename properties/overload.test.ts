/** What a dispatcher owes when more orders come than it can send. */
import { describe, it } from "vitest"
import { polling } from "../src/simulation/baselines/Polling.ts"
import { favouringTheFirst } from "./broken/gates.ts"
import { catches, holds, SEED } from "./support/law.ts"
import {
  acceptedBy,
  asScenario,
  nearTheSafeOptimum,
  noKeyStarves,
  type Overload,
  type OverloadLaw,
  overloads,
} from "./support/overload.ts"
import { play, type Variant } from "./support/play.ts"

const laws: ReadonlyArray<readonly [string, OverloadLaw, string, Variant]> = [
  [
    "accepted orders are within 2 % of the safe optimum",
    nearTheSafeOptimum,
    "the exercise's polling",
    { gate: (options) => polling({ ...options, shiftMs: 0 }) },
  ],
  ["no key starves", noKeyStarves, "a first key that is favoured", { gate: favouringTheFirst }],
]

/** Every scenario is hundreds of orders. */
const SCENARIOS = 30

describe(`overload (seed ${SEED})`, () => {
  const playing = async (overload: Overload, variant: Variant) =>
    acceptedBy(overload, await play(asScenario(overload), variant))

  // Runs are long, and the laws are tried on the same ones: with one seed they generate the same scenarios.
  const played = new Map<string, ReadonlyArray<number>>()
  const playingOnce = async (overload: Overload) => {
    const name = JSON.stringify(overload)
    const accepted = played.get(name) ?? (await playing(overload, {}))
    played.set(name, accepted)
    return accepted
  }

  for (const [law, check, name, broken] of laws) {
    it(law, () =>
      holds(overloads, async (overload) => check(overload, await playingOnce(overload)), [], SCENARIOS),
    )
    it(`${law}: catches ${name}`, () =>
      catches(overloads, async (overload) => check(overload, await playing(overload, broken)), SCENARIOS))
  }
})
