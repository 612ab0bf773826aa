/** However long a run is, it keeps no more in memory. */
import { assert, describe, it } from "vitest"
import { leavesFibersBehind, remembersIds, remembersOrders } from "./broken/clients.ts"
import { catches, holds, RUNS, SEED } from "./support/law.ts"
import { exercise, type Growth, type Length, longRuns, playLong } from "./support/longRun.ts"
import type { Variant } from "./support/play.ts"
import type { Scenario } from "./support/scenario.ts"

/** Every scenario is thousands of orders and two garbage collections. */
const SCENARIOS = Math.max(10, Math.ceil(RUNS / 50))
const TEN_TIMES: Length = { first: 300, more: 3000 }
const MANY: Length = { first: 5000, more: 50_000 }

const keepsNoObjects = ({ objects }: Growth, { more }: Length): void => {
  assert.isBelow(objects / more, 0.05, `objects for each of ${more} more orders`)
}
const keepsNoBytes = ({ bytes }: Growth, { more }: Length): void => {
  assert.isBelow(bytes / more, 20, `bytes for each of ${more} more orders`)
}

describe(`length (seed ${SEED}, ${SCENARIOS} scenarios)`, () => {
  const law = "after ten times as many orders no more objects are alive"
  const trying = (variant: Variant) => async (scenario: Scenario) =>
    keepsNoObjects(await playLong(scenario, TEN_TIMES, variant), TEN_TIMES)
  it(law, () => holds(longRuns, trying({}), [], SCENARIOS))
  it(`${law}: catches a client that remembers its orders`, () =>
    catches(longRuns, trying({ client: remembersOrders })))
  it(`${law}: catches fibers that nobody ends`, () =>
    catches(longRuns, trying({ client: leavesFibersBehind })))

  const heap = "after ten times as many orders the heap is no larger"
  it(heap, async () => keepsNoBytes(await playLong(exercise, MANY), MANY))
  it(`${heap}: catches a client that remembers ids`, async () => {
    const growth = await playLong(exercise, MANY, { client: remembersIds })
    assert.throws(() => keepsNoBytes(growth, MANY))
  })
})
