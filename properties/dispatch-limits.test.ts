/** The dispatcher's laws with several limits at once, judged by the emulator's exact counters. */
import { describe } from "vitest"
import { newestFirst } from "./broken/dispatchers.ts"
import { bySendTimes, eachKeyForItself, knowingOne, withoutCosts } from "./broken/limits.ts"
import { naiveDispatcher } from "./broken/naiveDispatcher.ts"
import { foundDispatchJoined } from "./support/found.ts"
import {
  calmJoinedScenarios,
  firstComeFirstServed,
  joinedScenarios,
  nobodyStarves,
  nothingIsRefused,
} from "./support/joinedScenarios.ts"
import { tryLaw } from "./support/law.ts"
import {
  allAreDone,
  type DispatchLaw,
  expiredOnTime,
  neverSentTwice,
  nothingIsLeft,
  oneOutcomeEach,
  outcomesAreTrue,
} from "./support/laws.ts"
import { play, type Variant } from "./support/play.ts"
import type { Scenario } from "./support/scenario.ts"

const MAX_ORDERS = 60

const laws: ReadonlyArray<{
  readonly law: string
  readonly check: DispatchLaw
  readonly worlds?: typeof joinedScenarios
  readonly broken: Readonly<Record<string, Variant>>
}> = [
  {
    law: "are none of them exceeded, in no scope, whatever the delays, and no nonce is overtaken",
    check: nothingIsRefused,
    broken: {
      "one that knows one of them": { scoped: knowingOne },
      "each key for itself": { scoped: eachKeyForItself },
      "send times": { scoped: bySendTimes },
      "every order at the same cost": { scoped: withoutCosts },
    },
  },
  {
    law: "let nobody overtake who needs the same",
    check: firstComeFirstServed,
    broken: { "a stack": { make: newestFirst } },
  },
  {
    law: "starve nobody",
    check: nobodyStarves,
    worlds: calmJoinedScenarios,
    broken: { "a stack": { make: newestFirst } },
  },
  {
    law: "leave every order its one outcome, which is true and told in time, and nothing behind",
    check: (scenario, seen) => {
      oneOutcomeEach(scenario, seen)
      outcomesAreTrue(scenario, seen)
      expiredOnTime(scenario, seen)
      neverSentTwice(scenario, seen)
      nothingIsLeft(scenario, seen)
    },
    broken: { "a retry after a timeout": { make: naiveDispatcher("resends-the-unknown") } },
  },
]

describe("a dispatcher's joined limits", () => {
  for (const { law, check, broken, worlds = joinedScenarios } of laws) {
    tryLaw<Scenario, Variant>({
      law,
      scenarios: 500,
      worlds: worlds(MAX_ORDERS),
      broken,
      found: foundDispatchJoined,
      check: async (scenario, variant) => {
        const seen = await play(scenario, variant)
        if (variant === undefined) allAreDone(seen)
        check(scenario, seen)
      },
    })
  }
})
