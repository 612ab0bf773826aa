/** Journals of lives that have ended in order, and are not whole any more: what is missing is never executed again. */
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { makeJournalReader } from "../src/recovery/FormerJournal.ts"
import { FormerOutcomes } from "../src/recovery/FormerOutcomes.ts"
import { journalOf, sealed } from "./support/journals.ts"
import { catches, holds, RUNS, SEED } from "./support/law.ts"
import { play } from "./support/play.ts"
import { type Scenario, scenarios } from "./support/scenario.ts"

/** Which orders follow these journals; undefined where one of them is refused. */
type Resume = (journals: ReadonlyArray<string>) => ((id: string) => boolean) | undefined

const resume: Resume = (journals) => {
  const outcomes = new FormerOutcomes()
  for (const [index, text] of journals.entries()) {
    const reader = makeJournalReader(outcomes, `life ${index + 1}`)
    reader.push(Buffer.from(text))
    reader.end()
    if (reader.problem() !== undefined) return undefined
  }
  return (id) => outcomes.of(id) === undefined
}

/** As if every life had been killed: its end is not looked at. */
const withoutTheEnd: Resume = (journals) =>
  resume(journals.map((text) => text.replace(/\{"type":"footer".*\n/, "")))

const linesOf = (text: string): ReadonlyArray<string> => text.trimEnd().split("\n")

interface World {
  readonly lives: ReadonlyArray<Scenario>
  /** The life, and the line of its journal, that lose something: by the remainder. */
  readonly life: number
  readonly line: number
  /** So many lines are missing there; its end is not. */
  readonly missing: number
}

const worlds: fc.Arbitrary<World> = fc.record({
  lives: fc.array(scenarios(30), { minLength: 1, maxLength: 3 }),
  life: fc.nat(),
  line: fc.nat(),
  missing: fc.integer({ min: 1, max: 10 }),
})

describe(`journals that are not whole (seed ${SEED}, ${RUNS} scenarios a law)`, () => {
  describe("lines that are missing in the journal of a life that has ended have no order executed twice", () => {
    const law =
      (follow: Resume) =>
      async ({ life, line, lives, missing }: World) => {
        const played = await Promise.all(lives.map((scenario) => play(scenario)))
        const executed = new Set<string>()
        const texts = lives.map((scenario, index) => {
          const seen = played[index]
          if (seen === undefined) return ""
          for (const { id, ruling } of seen.arrivals)
            if (ruling === "accepted") executed.add(`${index}-${id}`)
          // Each life has orders of its own here.
          const records = journalOf(scenario, seen).map((record) =>
            "id" in record ? { ...record, id: `${index}-${record.id}` } : record,
          )
          return sealed(records)
        })
        const at = life % texts.length
        const lines = linesOf(texts[at] ?? "")
        const from = line % (lines.length - 1)
        const thinned = lines.toSpliced(from, Math.min(missing, lines.length - 1 - from))
        const follows = follow(texts.with(at, thinned.map((one) => `${one}\n`).join("")))
        if (follows === undefined) return
        for (const id of executed) assert.isFalse(follows(id), `order ${id} would be executed again`)
      }
    it("holds", () => holds(worlds, law(resume)))
    it("catches a recovery that does not look at the journal's end", () =>
      catches(worlds, law(withoutTheEnd)))
  })
})
