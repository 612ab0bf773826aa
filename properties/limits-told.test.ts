/** Laws of a whole run whose limits are on the exchange's clock, which its answers tell, and of what its journal proves. */
import * as fc from "fast-check"
import { assert, describe } from "vitest"
import type { JournalRecord } from "../src/journal/JournalRecord.ts"
import { ExchangeClock } from "../src/limits/ExchangeClock.ts"
import { tryLaw } from "./support/law.ts"
import { LONGEST_WINDOW_MS } from "./support/limits/specs.ts"
import { clockWorlds, playProgram, problemOf, type ProgramVariant } from "./support/limits/program.ts"

/** Takes each answer for stamped when half of its round trip was over. */
class HalfOfTheRoundTrip extends ExchangeClock {
  override observe(exchangeMs: number, resolutionMs: number, sentMs: number, settledMs: number): void {
    const stampedMs = (sentMs + settledMs) / 2
    super.observe(exchangeMs + resolutionMs / 2, 0, stampedMs, stampedMs)
  }
}

/** Takes each answer for stamped when its request left. */
class OneWay extends ExchangeClock {
  override observe(exchangeMs: number, resolutionMs: number, sentMs: number): void {
    super.observe(exchangeMs + resolutionMs / 2, 0, sentMs, sentMs)
  }
}

/** Takes no step for a reason to believe the clock no longer, and goes on by what it knew before. */
class Deaf extends ExchangeClock {
  readonly #heard = new ExchangeClock()
  override observe(...told: Parameters<ExchangeClock["observe"]>): void {
    this.#heard.observe(...told)
    if (this.#heard.steppedMs === Number.NEGATIVE_INFINITY) super.observe(...told)
  }
  get noticedMs(): number {
    return this.#heard.steppedMs
  }
}

const withoutTime = (record: JournalRecord): JournalRecord => {
  if (!("clock" in record)) return record
  const { clock: _, tick: __, ...rest } = record
  return rest
}

describe("a run by the exchange's clock", () => {
  tryLaw({
    law: "is refused nothing, however its clock drifts and its answers travel, and its journal proves it",
    worlds: clockWorlds(false),
    scenarios: 600,
    check: async (world, variant: ProgramVariant | undefined) => {
      const { isDone, problem, refused } = await playProgram(world, variant)
      assert.deepEqual({ isDone, problem, refused }, { isDone: true, problem: undefined, refused: 0 })
    },
    broken: {
      "half of the round trip": { clock: () => new HalfOfTheRoundTrip() },
      "one way": { clock: () => new OneWay() },
      "a journal that does not tell the time": { journalled: withoutTime },
    } satisfies Record<string, ProgramVariant>,
  })

  tryLaw({
    law: "is refused nothing that left after an answer had shown a step of the clock",
    worlds: clockWorlds(true),
    scenarios: 600,
    check: async (world, isDeaf: true | undefined) => {
      const clock = new ExchangeClock()
      const deaf = new Deaf()
      const { refusedMs } = await playProgram(world, { clock: () => (isDeaf ? deaf : clock) })
      const noticedMs = isDeaf ? deaf.noticedMs : clock.steppedMs
      // What is not more than what is uncertain may pass unseen.
      if (noticedMs === Number.NEGATIVE_INFINITY) return
      // Where its clock goes back, the exchange counts in the same window until it has caught up, and then to the window's end;
      // an estimate from two windows takes a part of it into the next.
      const byMs = world.clock?.step?.byMs ?? 0
      const windows = world.limits.some(({ rule }) => rule === "counter") ? 2 : 1
      const coveredMs = byMs < 0 ? noticedMs - byMs + windows * LONGEST_WINDOW_MS : noticedMs
      for (const sentMs of refusedMs)
        assert.isAtMost(sentMs, coveredMs, "refused, though an answer had shown that the clock was stepped")
    },
    broken: { "a clock that goes on": true },
  })

  tryLaw({
    law: "is not certified by a time in its journal that was altered",
    worlds: fc.record({
      world: clockWorlds(false),
      which: fc.nat(),
      byMs: fc.constantFrom(-1e6, -20_000, 20_000, 1e6),
    }),
    scenarios: 300,
    check: async ({ byMs, which, world }, isUnaltered: true | undefined) => {
      const { records } = await playProgram(world)
      const told = records.flatMap((record, n) => ("clock" in record ? [n] : []))
      const altered = isUnaltered ? -1 : told[which % told.length]
      if (told.length < 2) return
      const tampered = records.map((record, n) =>
        n === altered && "clock" in record && record.clock !== undefined
          ? { ...record, clock: record.clock + byMs }
          : record,
      )
      // What needs no time is certified without any.
      assert.equal(problemOf(tampered) === undefined, problemOf(records.map(withoutTime)) === undefined)
    },
    broken: { "what is not altered": true },
  })
})
