import { assert, describe, it } from "vitest"
import type { JournalRecord } from "../../src/journal/JournalRecord.ts"
import { fromJournal, type LogEvent, type Settings } from "../../src/journal/LogEvent.ts"
import { makeSpareTimes } from "../../src/report/SpareTimes.ts"
import { NEVER_MS } from "../../src/certificate/SpareTime.ts"
import { accepted, cancelled, header, sent } from "../summary/records.ts"

type Told = Array<readonly [string, number, number]>

const settings = (given: Parameters<typeof header>[0]): Settings => {
  const event = fromJournal(header(given))
  return event.type === "settings" ? event : assert.fail("a header tells the settings")
}

const spareTimes = (of: Settings, events: ReadonlyArray<JournalRecord | LogEvent>): Told => {
  const told: Told = []
  const times = makeSpareTimes((key, sentMs, spareMs) => told.push([key, sentMs, spareMs]))
  times.add(of)
  for (const event of events) times.add("t" in event ? fromJournal(event) : event)
  times.end()
  return told
}

const single = settings({ limit: 1, keys: 1 })

describe("the spare time of windows", () => {
  it("is told of every key by itself, and of no key that the header does not name", () => {
    const records = ["key-1", "key-2", "key-3"].flatMap((key) => [
      sent(`${key}-a`, 0, 0, { key }),
      accepted(`${key}-a`, 10, { key, sent: 0 }),
      sent(`${key}-b`, 1020, 1020, { key }),
    ])
    assert.deepStrictEqual(spareTimes(settings({ limit: 1, keys: 2 }), records), [
      ["key-1", 1020, 9],
      ["key-2", 1020, 9],
    ])
  })

  it("is none after a request without an end, and a cancelled one does not count", () => {
    assert.deepStrictEqual(
      spareTimes(single, [sent("a", 0), cancelled("a", 5), sent("b", 10), sent("c", 5000)]),
      [["key-1", 5000, NEVER_MS]],
    )
  })

  it("is not told of what waits for an end that is not looked at", () => {
    assert.deepStrictEqual(
      spareTimes(single, [sent("a", 0), { type: "left", id: "a" }, sent("b", 5000), accepted("b", 5010)]),
      [],
    )
  })

  it("is not told where there is nothing to keep, or more than can be kept in mind", () => {
    for (const given of [{ limit: 0 }, { windowMs: -1 }, { limit: 100_000, keys: 2 }])
      assert.deepStrictEqual(spareTimes(settings(given), [sent("a", 0), sent("b", 0)]), [])
  })

  it("takes what waits too long for one that never ends, so that no more than so many wait", () => {
    const told: Told = []
    const times = makeSpareTimes((key, sentMs, spareMs) => told.push([key, sentMs, spareMs]))
    times.add(single)
    for (let order = 0; order < 100_000; order += 1) times.add(fromJournal(sent(`${order}`, order)))
    assert.deepStrictEqual(told, [])
    times.add(fromJournal(sent("last", 100_000)))
    assert.deepStrictEqual(told, [["key-1", 1, NEVER_MS]])
    // Its end comes too late.
    times.add(fromJournal(accepted("0", 100_001, { sent: 0 })))
    assert.strictEqual(told.length, 1)
  })
})
