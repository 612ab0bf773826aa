/** The dispatcher's laws, over generated worlds. See `support/scenario.ts` for what a world may hold. */
import { describe } from "vitest"
import {
  leavesFibersBehind,
  noncesTakenBeforeWaiting,
  pingsThatProveNothing,
  withoutPings,
} from "./broken/clients.ts"
import { givesUpAtOnce, inTurn, newestFirst } from "./broken/dispatchers.ts"
import {
  assumingABound,
  forgettingPlaces,
  ringOfSendTimes,
  sluggish,
  tokenBucket,
  withoutMargin,
} from "./broken/gates.ts"
import { naiveDispatcher } from "./broken/naiveDispatcher.ts"
import { PROMISE, RUNS, SEED } from "./support/law.ts"
import {
  type DispatchLawToTry,
  expiredOnTime,
  lostKeysAreSpared,
  neverAfterTimeToLive,
  neverSentTwice,
  noncesArriveRising,
  nothingIsLeft,
  oneOutcomeEach,
  outcomesAreTrue,
  tryDispatchLaw,
  windowIsKept,
} from "./support/laws.ts"
import { found } from "./support/found.ts"
import { firstComeFirstSent, noKeyStandsBy } from "./support/orderLaws.ts"
import {
  calmScenarios,
  everyGateScenarios,
  losingScenarios,
  scenarios,
  unboundedScenarios,
} from "./support/scenario.ts"

const MAX_ORDERS = 80

interface Given extends Pick<DispatchLawToTry, "law" | "check" | "broken"> {
  /** The worlds it holds in; by default all of them, before the default gate. */
  readonly worlds?: typeof scenarios
}

const laws: ReadonlyArray<Given> = [
  {
    law: "no key has more arrivals than its limit in any window",
    check: windowIsKept,
    broken: {
      "the exercise's limiter, which judges by send times": { gate: ringOfSendTimes },
      "a token bucket": { gate: tokenBucket },
      "a window without its margin": { gate: withoutMargin },
    },
  },
  {
    law: "nonces arrive rising",
    check: noncesArriveRising,
    broken: {
      "nonces taken before waiting": { client: noncesTakenBeforeWaiting },
      "sends that do not wait for the one before to arrive": { gate: ringOfSendTimes },
    },
  },
  {
    law: "without a known bound, window and order hold for every delay",
    check: (scenario, seen) => {
      windowIsKept(scenario, seen)
      noncesArriveRising(scenario, seen)
    },
    worlds: unboundedScenarios,
    broken: {
      "a bound that was never given": { gate: assumingABound },
      "a client that cannot ping": { client: withoutPings },
      "a ping that proves nothing": { client: pingsThatProveNothing },
    },
  },
  {
    law: "every order ends in exactly one outcome",
    check: oneOutcomeEach,
    worlds: everyGateScenarios,
    broken: { "a stop that forgets": { make: naiveDispatcher("forgets-when-stopped") } },
  },
  {
    law: "no outcome denies what was executed, or claims what was not",
    check: outcomesAreTrue,
    worlds: everyGateScenarios,
    broken: { "silence that is taken for a refusal": { make: naiveDispatcher("denies-the-unknown") } },
  },
  {
    law: "no order is sent after its time to live",
    check: neverAfterTimeToLive,
    worlds: everyGateScenarios,
    broken: { "an age that is checked before waiting": { make: naiveDispatcher("checks-age-too-early") } },
  },
  {
    law: "an order whose time is over in the line expires at that moment",
    check: expiredOnTime,
    worlds: everyGateScenarios,
    broken: { "a line that only lanes look into": { make: naiveDispatcher("checks-age-too-early") } },
  },
  {
    law: "no order is sent twice",
    check: neverSentTwice,
    worlds: everyGateScenarios,
    broken: { "a retry after a timeout": { make: naiveDispatcher("resends-the-unknown") } },
  },
  {
    law: "nothing is left after a run",
    check: nothingIsLeft,
    worlds: everyGateScenarios,
    broken: {
      "a fiber that nobody ends": { client: leavesFibersBehind },
      "places that are never given back": { gate: forgettingPlaces },
    },
  },
  {
    law: "orders leave the line in the order they came, and those that came back go first",
    check: firstComeFirstSent,
    worlds: everyGateScenarios,
    broken: {
      "a stack": { make: newestFirst },
      "returned orders at the end": { make: naiveDispatcher("sends-the-returned-last") },
    },
  },
  {
    law: "a lost key is spared, and its orders go on with the others",
    check: lostKeysAreSpared,
    worlds: losingScenarios,
    broken: {
      "a first refusal that is the last word": { make: givesUpAtOnce },
      "a key that is used whatever its answers": { make: naiveDispatcher("resends-the-unknown") },
    },
  },
  {
    law: "no free key stands by while an order waits",
    check: noKeyStandsBy,
    worlds: calmScenarios,
    broken: {
      "orders bound to keys as they come": { make: inTurn },
      "a lane that rests after every send": { gate: sluggish },
    },
  },
]

/** Worlds that hold the calm ones before the default gate. */
const general = new Set([scenarios, everyGateScenarios, calmScenarios])

describe(`dispatch (seed ${SEED}, ${RUNS} scenarios a law)`, () => {
  for (const { worlds = scenarios, ...law } of laws)
    tryDispatchLaw({
      ...law,
      scenarios: PROMISE,
      worlds: worlds(MAX_ORDERS),
      found: general.has(worlds) ? found : [],
    })
})
