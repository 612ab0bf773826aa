/** A log of two parts that share a window, and an order that is sent in one and ends in the other. */
import type { JournalRecord } from "../../src/journal/JournalRecord.ts"
import { fromJournal } from "../../src/journal/LogEvent.ts"
import { makeOriginFinder, type Origin } from "../../src/summary/Origin.ts"
import { addEvent, emptyPart, type PartialSummary } from "../../src/summary/PartialSummary.ts"
import { accepted, acceptedAt, expired, header, returned, sent } from "./records.ts"

const finder = makeOriginFinder({ source: "journal", keys: 5, limit: 20 })
finder.add(fromJournal(header()))
finder.add(fromJournal(accepted("first", 0)))

export const origin: Origin = finder.origin()

/** The summary of records that are a part of the log. */
export const partOf = (records: ReadonlyArray<JournalRecord>, isBeginning = false): PartialSummary => {
  const part = emptyPart(isBeginning)
  for (const record of records) {
    addEvent(part, fromJournal(record), origin)
  }
  return part
}

const earlier = [
  header(),
  ...acceptedAt(0, 150),
  sent("x", 900),
  returned("x", 950, "rate-limit"),
  sent("y", 1100),
  ...acceptedAt(1200, 60),
]
const later = [
  ...acceptedAt(1300, 60),
  expired("x", 1900, "queue", { createdAt: 900 }),
  accepted("y", 3000, { createdAt: 1050, sent: 1100 }),
]

export const wholeLog = [...earlier, ...later]
export const earlierPart = () => partOf(earlier, true)
export const laterPart = () => partOf(later)
