/** Laws of a whole run before an exchange that counts by several limits, with scopes and costs. */
import { assert, describe, it } from "vitest"
import type { LimitSpec } from "../src/domain/LimitSpec.ts"
import { fromJournal, type LogEvent } from "../src/journal/LogEvent.ts"
import { scopedLimits } from "../src/limits/scopedLimits.ts"
import { makeSummariser } from "../src/summary/Summariser.ts"
import { holds, tryLaw } from "./support/law.ts"
import {
  playProgram,
  type ProgramVariant,
  programWorlds,
  type ProgramWorld,
} from "./support/limits/program.ts"

type Variant = (limits: ReadonlyArray<LimitSpec>) => ReturnType<typeof scopedLimits>

const asLogs = (limits: ReadonlyArray<LimitSpec>): ReadonlyArray<LimitSpec> =>
  limits.map((spec) =>
    spec.rule === "bucket" || spec.rule === "log"
      ? spec
      : { ...spec, rule: "log", windowMs: spec.windowMs / 2 },
  )

/** They write into the journal what orders cost, and in which scopes. */
const careless: Readonly<Record<string, Variant>> = {
  "each key for itself": (limits) => scopedLimits(limits.map((spec) => ({ ...spec, scope: "key" }))),
  "fields that share a counter with nobody's": (limits) =>
    scopedLimits(limits).map((limit) => ({ ...limit, scopeOf: ({ id }) => id })),
  "every order for one": (limits) => scopedLimits(limits).map((limit) => ({ ...limit, costOf: () => 1 })),
  "cancels for nothing": (limits) =>
    scopedLimits(limits.map((spec) => ({ ...spec, costs: { ...spec.costs, cancel: 0 } }))),
  "half of a window": (limits) => scopedLimits(asLogs(limits)),
}

const broken: Readonly<Record<string, Variant>> = {
  ...careless,
  "a client that does not count": () => [],
  "one limit of several": (limits) => scopedLimits(limits.slice(0, 1)),
}

/** What a summary hears of an event. */
type Heard = (event: LogEvent) => ReadonlyArray<LogEvent>

const all: Heard = (event) => [event]

const variantOf = (limitsOf: Variant | undefined): ProgramVariant =>
  limitsOf === undefined ? {} : { limitsOf }

describe("a run by limits", () => {
  tryLaw({
    law: "is refused nothing, and its journal proves it",
    worlds: programWorlds,
    scenarios: 300,
    check: async (world: ProgramWorld, variant: Variant | undefined) => {
      const { isDone, problem, refused } = await playProgram(world, variantOf(variant))
      assert.deepEqual({ isDone, problem, refused }, { isDone: true, problem: undefined, refused: 0 })
    },
    broken,
  })

  for (const [name, variant] of Object.entries(careless))
    it(`is not certified where the exchange refused: ${name}`, () =>
      holds(programWorlds, async (world) => {
        const { problem, refused } = await playProgram(world, variantOf(variant))
        assert.isTrue(refused === 0 || problem !== undefined)
      }))

  tryLaw({
    law: "tells of each limit what its certificate does, while it goes on and from its journal",
    worlds: programWorlds,
    scenarios: 300,
    check: async (world: ProgramWorld, heard: Heard | undefined) => {
      const { certified, records, told } = await playProgram(world)
      assert.deepEqual(told, certified)
      const summariser = makeSummariser({ kind: "journal", keys: 1, limit: 1 })
      for (const event of records.map(fromJournal))
        for (const one of (heard ?? all)(event)) summariser.add(one)
      assert.deepEqual(summariser.finish().limits, certified)
    },
    broken: {
      "one that hears of no ping": (event) => (event.type === "ping" ? [] : [event]),
      "one that hears of no return": (event) => (event.type === "returned" ? [] : [event]),
      "one that reads no cost": (event) => [event.type === "sent" ? { ...event, cost: undefined } : event],
      "one that reads no scope": (event) => [event.type === "sent" ? { ...event, scope: undefined } : event],
    },
  })
})
