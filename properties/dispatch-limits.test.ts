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
import {
  type DispatchLawToTry,
  expiredOnTime,
  neverSentTwice,
  nothingIsLeft,
  oneOutcomeEach,
  outcomesAreTrue,
  tryDispatchLaw,
} from "./support/laws.ts"

const MAX_ORDERS = 60

/** By default in all joined worlds. */
const tryJoined = (law: Pick<DispatchLawToTry, "law" | "check" | "broken">, worlds = joinedScenarios): void =>
  tryDispatchLaw({ ...law, scenarios: 500, worlds: worlds(MAX_ORDERS), found: foundDispatchJoined })

describe("a dispatcher's joined limits", () => {
  tryJoined({
    law: "are none of them exceeded, in no scope, whatever the delays, and no nonce is overtaken",
    check: nothingIsRefused,
    broken: {
      "one that knows one of them": { scoped: knowingOne },
      "each key for itself": { scoped: eachKeyForItself },
      "send times": { scoped: bySendTimes },
      "every order at the same cost": { scoped: withoutCosts },
    },
  })
  tryJoined({
    law: "let nobody overtake who needs the same",
    check: firstComeFirstServed,
    broken: { "a stack": { make: newestFirst } },
  })
  tryJoined(
    { law: "starve nobody", check: nobodyStarves, broken: { "a stack": { make: newestFirst } } },
    calmJoinedScenarios,
  )
  tryJoined({
    law: "leave every order its one outcome, which is true and told in time, and nothing behind",
    check: (scenario, seen) => {
      oneOutcomeEach(scenario, seen)
      outcomesAreTrue(scenario, seen)
      expiredOnTime(scenario, seen)
      neverSentTwice(scenario, seen)
      nothingIsLeft(scenario, seen)
    },
    broken: { "a retry after a timeout": { make: naiveDispatcher("resends-the-unknown") } },
  })
})
