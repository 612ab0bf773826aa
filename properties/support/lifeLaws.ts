/** What must hold over all lives of a client, each as a check of what was seen of them. */
import { assert } from "vitest"
import { noncesArriveRising, windowIsKept } from "./laws.ts"
import type { Lives } from "./lives.ts"
import { outcomesIn, type LivesSeen } from "./playLives.ts"

export type LivesLaw = (world: Lives, seen: LivesSeen) => void

const executions = ({ arrivals }: LivesSeen): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const { id, ruling } of arrivals) {
    if (ruling === "accepted") counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  return counts
}

/** No order is executed twice. */
export const atMostOnce: LivesLaw = (_, seen) => {
  for (const [id, count] of executions(seen))
    assert.strictEqual(count, 1, `${id} was executed ${count} times`)
}

/** Every order has a final outcome, or a doubt that a death has left, in exactly one life. */
export const accountedOnce: LivesLaw = (_, seen) => {
  const outcomes = seen.journals.map((text) => outcomesIn([text]))
  for (const id of seen.ids) {
    const lives = outcomes.filter((life) => life.of(id) !== undefined).length
    assert.strictEqual(lives, 1, `${id} is accounted for in ${lives} lives`)
  }
}

/** No journal denies what was executed, or claims what was not. */
export const outcomesAreTrue: LivesLaw = (_, seen) => {
  const outcomes = outcomesIn(seen.journals)
  const executed = executions(seen)
  for (const id of seen.ids) {
    const fate = outcomes.of(id)
    if (executed.has(id)) assert.include(["accepted", "unknown"], fate, `${id} was executed`)
    else assert.notStrictEqual(fate, "accepted", `${id} was not executed`)
  }
}

/** All of it at once, and what the exchange itself asks for: no window exceeded, no nonce overtaken. */
export const nothingLostNothingTwice: LivesLaw = (world, seen) => {
  windowIsKept(world, seen)
  noncesArriveRising(world, seen)
  atMostOnce(world, seen)
  accountedOnce(world, seen)
  outcomesAreTrue(world, seen)
}
