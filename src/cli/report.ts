/**
 * The report of `summarise --html`: gathered while logs are read, drawn when all of them were.
 */
import { Effect } from "effect"
import { invariant } from "../platform/invariant.ts"
import { makeRunRecorder, type RunRecord } from "../report/RunRecord.ts"
import type { Listen } from "../summary/LogOptions.ts"
import type { NamedSummary } from "../summary/Summary.ts"

/** Recorders of logs that are read one after the other. */
export const makeRecorders = () => {
  const records: Array<RunRecord> = []
  return {
    listen: ((source) => {
      const recorder = makeRunRecorder(source)
      return {
        add: recorder.add,
        end: () => {
          recorder.end()
          records.push(recorder.record())
        },
      }
    }) satisfies Listen,
    /** What was recorded, in the logs' order. */
    records: (): ReadonlyArray<RunRecord> => records,
  }
}

/** The report, a whole HTML file. */
export const renderReport = Effect.fnUntraced(function* (
  logs: ReadonlyArray<NamedSummary>,
  recorders: ReturnType<typeof makeRecorders>,
) {
  // Loaded here, so that nobody else pays for a drawing library.
  const { renderPage } = yield* Effect.promise(() => import("../report/page.ts"))
  const { readExplorer } = yield* Effect.promise(() => import("../report/explorer.ts"))
  const records = recorders.records()
  const reported = logs.map((log, index) => {
    const run = records[index]
    invariant(run !== undefined, "a log that was summarised was not recorded")
    return { ...log, run }
  })
  return renderPage(reported, yield* readExplorer)
})
