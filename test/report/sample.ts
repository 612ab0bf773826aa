/** Logs for tests of reports, and their reports. */
import { NodeServices } from "@effect/platform-node"
import { Effect } from "effect"
import type { JournalRecord } from "../../src/journal/JournalRecord.ts"
import { fromJournal } from "../../src/journal/LogEvent.ts"
import type { ReportedLog } from "../../src/report/charts/Panel.ts"
import { readExplorer } from "../../src/report/explorer.ts"
import { renderPage } from "../../src/report/page.ts"
import { makeRunRecorder } from "../../src/report/RunRecord.ts"
import { makeSummariser } from "../../src/summary/Summariser.ts"
import { accepted, expired, header, rejected, sent } from "../summary/records.ts"

/** What nobody should be able to bring into a page. */
export const HOSTILE = `</script><script>globalThis.hacked=1</script><img src=x onerror="globalThis.hacked=1">'"&\u202e`

export interface SampleOptions {
  readonly seconds?: number
  /** Milliseconds between two requests of the one key. */
  readonly everyMs?: number
  readonly key?: string
}

/** One key's run: requests at even times, some refused, some orders expired. */
export const sampleRecords = ({
  everyMs = 60,
  key = "key-1",
  seconds = 10,
}: SampleOptions = {}): ReadonlyArray<JournalRecord> => {
  const count = Math.floor((seconds * 1000) / everyMs)
  const orders = Array.from({ length: count }, (_, index): ReadonlyArray<JournalRecord> => {
    const at = index * everyMs
    const times = { key, createdAt: at, sent: at + 5, written: at + 6 }
    const ended =
      index % 50 === 49
        ? rejected(`${HOSTILE}-${index}`, at + 40, "exchange", times)
        : accepted(`${HOSTILE}-${index}`, at + 30 + (index % 7), times)
    return [
      sent(`${HOSTILE}-${index}`, at + 5, at, { key }),
      ended,
      ...(index % 10 === 0 ? [expired(`late-${index}`, at + 45, "queue")] : []),
    ]
  })
  return [{ ...header({ keys: 1 }), keys: [key] }, ...orders.flat()]
}

/** A log as a report shows it. */
export const reported = (name: string, records: ReadonlyArray<JournalRecord>): ReportedLog => {
  const options = { kind: "journal", keys: 5, limit: 20 } as const
  const summariser = makeSummariser(options)
  const recorder = makeRunRecorder("journal")
  for (const event of records.map(fromJournal)) {
    summariser.add(event)
    recorder.add(event)
  }
  recorder.end()
  return { name, summary: summariser.finish(), run: recorder.record() }
}

export const pageOf = (logs: ReadonlyArray<ReportedLog>): Promise<string> =>
  Effect.runPromise(
    Effect.map(Effect.provide(readExplorer, NodeServices.layer), (script) => renderPage(logs, script)),
  )
