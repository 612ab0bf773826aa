/** However long a run is, it keeps no more in memory. */
import { assert, describe, it } from "vitest"
import { leavesFibersBehind, remembersIds, remembersOrders } from "./broken/clients.ts"
import { catches, holds, SEED } from "./support/law.ts"
import { exercise, type Growth, type Length, longRuns, playLong } from "./support/longRun.ts"
import type { Variant } from "./support/play.ts"
import type { Scenario } from "./support/scenario.ts"

/** Every scenario is thousands of orders and two garbage collections. */
const SCENARIOS = 4
const TEN_TIMES: Length = { first: 300, more: 3000 }
/** A set of so many ids doubles its table in each stretch, so that it stands out of the heap's noise. */
const MANY: Length = { first: 5000, more: 25_000 }

/** Of every order, at the most. */
const OBJECTS = 0.05
const BYTES = 20

const gathersObjects =
  ({ more }: Length) =>
  ({ objects }: Growth) =>
    objects / more >= OBJECTS
const gathersBytes =
  ({ more }: Length) =>
  ({ bytes }: Growth) =>
    bytes / more >= BYTES

describe(`length (seed ${SEED})`, () => {
  const law = "after ten times as many orders no more objects are alive"
  const trying = (variant: Variant) => async (scenario: Scenario) => {
    const growth = await playLong(scenario, TEN_TIMES, gathersObjects(TEN_TIMES), variant)
    assert.isBelow(growth.objects / TEN_TIMES.more, OBJECTS, "objects for each of many more orders")
  }
  it(law, () => holds(longRuns, trying({}), [], SCENARIOS))
  it(`${law}: catches a client that remembers its orders`, () =>
    catches(longRuns, trying({ client: remembersOrders })))
  it(`${law}: catches fibers that nobody ends`, () =>
    catches(longRuns, trying({ client: leavesFibersBehind })))

  const heap = "after ten times as many orders the heap is no larger"
  const bytesFor = async (variant: Variant) =>
    (await playLong(exercise, MANY, gathersBytes(MANY), variant)).bytes / MANY.more
  it(heap, async () => assert.isBelow(await bytesFor({}), BYTES))
  it(`${heap}: catches a client that remembers ids`, async () => {
    // What V8 lets go of meanwhile, such as code, may hide it once.
    for (let play = 1; play < 3; play += 1) if ((await bytesFor({ client: remembersIds })) >= BYTES) return
    assert.isAtLeast(await bytesFor({ client: remembersIds }), BYTES)
  })
})
