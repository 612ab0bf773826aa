/** Laws of a whole run whose account somebody else uses, before an exchange that tells what it has counted. */
import * as fc from "fast-check"
import { assert, describe } from "vitest"
import { showLimit } from "../src/domain/LimitSpec.ts"
import { scopedLimits } from "../src/limits/scopedLimits.ts"
import { tryLaw } from "./support/law.ts"
import { type Others, playProgram, programWorlds, type ProgramVariant } from "./support/limits/program.ts"

const sendMs = fc
  .array(fc.integer({ min: 0, max: 1500 }), { maxLength: 20 })
  .map((times) => times.toSorted((one, other) => one - other))

const others: fc.Arbitrary<Others> = fc.record({
  sendMs: fc.oneof(fc.constant([]), sendMs),
  symbol: fc.constantFrom("A", "B & C"),
})

const worlds = fc
  .record({ world: programWorlds, others })
  .map((one) => ({ ...one.world, others: one.others }))

/** What the journal says that they took of each limit. */
const toldOf = ({ records }: Awaited<ReturnType<typeof playProgram>>): ReadonlyMap<string, number> => {
  const told = new Map<string, number>()
  for (const record of records)
    if (record.type === "others") told.set(record.limit, (told.get(record.limit) ?? 0) + record.cost)
  return told
}

describe("a run beside another client of its account", () => {
  tryLaw({
    law: "tells of no more than that has sent, however answers are late, lost or overtaken",
    worlds,
    scenarios: 300,
    check: async (world, variant: ProgramVariant | undefined) => {
      const played = await playProgram(world, variant)
      const told = toldOf(played)
      for (const limit of world.limits) {
        // Two limits may have the same name: each tells of the same requests.
        const alike = world.limits.filter((other) => showLimit(other) === showLimit(limit)).length
        const most = alike * played.passedForOthers * (limit.costs?.place ?? 1)
        assert.isAtMost(told.get(showLimit(limit)) ?? 0, most + 1e-6)
      }
    },
    broken: {
      "every order for one": {
        limitsOf: (limits) => scopedLimits(limits).map((limit) => ({ ...limit, costOf: () => 1 })),
      },
      "each key for itself": {
        limitsOf: (limits) => scopedLimits(limits).map((limit) => ({ ...limit, keyScopeOf: (key) => key })),
      },
    } satisfies Record<string, ProgramVariant>,
  })
})
