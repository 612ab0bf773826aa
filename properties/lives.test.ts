/**
 * The client over several lives: crashed, stopped or killed while it stops, at any moment and any number of times, and
 * begun again where its journals end.
 */
import { Effect } from "effect"
import { describe } from "vitest"
import type { KeyMemory } from "../src/keys/KeyMemory.ts"
import { noMemory } from "../src/keys/KeyMemory.ts"
import {
  forgetsTheAnswered,
  impatient,
  sendsWithoutLease,
  takesAllForFree,
  trustsTheWallClock,
} from "./broken/memories.ts"
import { recordsAfterSending, sendsUnanswered, sendsUnknown } from "./broken/resumptions.ts"
import { PROMISE, RUNS, SEED, tryLaw } from "./support/law.ts"
import { noncesArriveRising, windowIsKept } from "./support/laws.ts"
import {
  accountedOnce,
  atMostOnce,
  outcomesAreTrue,
  type LivesLaw,
  nothingLostNothingTwice,
} from "./support/lifeLaws.ts"
import { type Lives, manyLives, stalledLives } from "./support/lives.ts"
import { type LivesVariant, playLives } from "./support/playLives.ts"

const remembering = (change: (memory: KeyMemory) => KeyMemory): LivesVariant => ({
  recall: (real) => (key) => Effect.map(real(key), change),
})

/** A variant, and the part of the law that must catch it. */
interface Broken {
  readonly variant: LivesVariant
  readonly caughtBy: LivesLaw
}

const laws: ReadonlyArray<{
  readonly law: string
  readonly worlds: typeof manyLives
  readonly scenarios: number
  readonly broken: Readonly<Record<string, Broken>>
}> = [
  {
    law: "over all lives no order is executed twice or lost sight of, no window exceeded, no nonce overtaken",
    worlds: manyLives,
    scenarios: PROMISE,
    broken: {
      "a client that resumes without its keys' memory, in a window": {
        variant: { recall: () => noMemory },
        caughtBy: windowIsKept,
      },
      "a client that resumes without its keys' memory, in a nonce": {
        variant: { recall: () => noMemory },
        caughtBy: noncesArriveRising,
      },
      "a memory that does not wait after a crash": {
        variant: remembering(impatient),
        caughtBy: windowIsKept,
      },
      "a stop that forgets what was answered": {
        variant: remembering(forgetsTheAnswered),
        caughtBy: windowIsKept,
      },
      "a gate that begins with all permits": {
        variant: remembering(takesAllForFree),
        caughtBy: windowIsKept,
      },
      "a memory that trusts the wall clock": {
        variant: remembering(trustsTheWallClock),
        caughtBy: noncesArriveRising,
      },
      "a reservation that is written after its use": {
        variant: { answersFirst: true },
        caughtBy: noncesArriveRising,
      },
      "a resume that sends the unanswered again": { variant: sendsUnanswered, caughtBy: atMostOnce },
      "a resume that sends the unanswered again, in two lives' accounts": {
        variant: sendsUnanswered,
        caughtBy: accountedOnce,
      },
      "a resume that sends the unknown again": { variant: sendsUnknown, caughtBy: atMostOnce },
      "a record that is written after its request left": {
        variant: recordsAfterSending,
        caughtBy: atMostOnce,
      },
      "a record that is written after its request left, in an account that denies it": {
        variant: recordsAfterSending,
        caughtBy: outcomesAreTrue,
      },
    },
  },
  {
    law: "a life that cannot write sends nothing that the next one does not reckon with",
    worlds: stalledLives,
    scenarios: 300,
    broken: {
      "a life that sends on when it is not written that it may": {
        variant: remembering(sendsWithoutLease),
        caughtBy: windowIsKept,
      },
    },
  },
]

describe(`lives (seed ${SEED}, ${RUNS} scenarios a law)`, () => {
  for (const law of laws) {
    tryLaw<Lives, Broken>({
      ...law,
      check: async (world, broken) =>
        (broken?.caughtBy ?? nothingLostNothingTwice)(world, await playLives(world, broken?.variant)),
    })
  }
})
