/** The journal's first record, and its last. */
import { noOrders } from "../domain/Outcome.ts"
import { Duration } from "effect"
import { JOURNAL_VERSION, type JournalRecord } from "../journal/JournalRecord.ts"
import { VERSION } from "../platform/version.ts"
import type { RunSettings } from "./RunSettings.ts"
import type { OrderSource } from "./sources/OrderSource.ts"

const msOrNull = (duration: Duration.Duration | undefined): number | null =>
  duration === undefined ? null : Duration.toMillis(duration)

/** The header of a run's journal. `startedAt` is ISO 8601 in UTC; `pings` says whether the exchange answers such. */
export const runHeader = (
  settings: Omit<RunSettings, "memory" | "failsUnaccepted" | "inWords">,
  source: Pick<OrderSource["Service"], "name" | "load" | "duration">,
  startedAt: string,
  pings = true,
): JournalRecord => ({
  type: "header",
  t: 0,
  version: settings.limits === undefined && settings.nonces === undefined ? 2 : JOURNAL_VERSION,
  program: `paceline ${VERSION}`,
  startedAt,
  keys: settings.keys.map((key) => key.label),
  seed: settings.seed,
  ...(settings.resumes === undefined ? {} : { resumes: settings.resumes }),
  settings: {
    exchange: settings.exchange,
    ...(settings.venue === undefined ? {} : { venue: settings.venue }),
    ...(settings.checkOnly === true ? { checkOnly: true } : {}),
    source: source.name,
    gate: settings.design.name,
    limit: settings.limit,
    windowMs: Duration.toMillis(settings.window),
    ...(settings.limits === undefined ? {} : { limits: settings.limits }),
    ...(settings.nonces === undefined ? {} : { nonces: settings.nonces }),
    ...(settings.nonceUnit === undefined ? {} : { nonceUnit: settings.nonceUnit }),
    boundMs: msOrNull(settings.bound),
    marginMs: settings.design.marginMs(settings.window),
    ttlMs: msOrNull(settings.ttl),
    requestTimeoutMs: Duration.toMillis(settings.requestTimeout),
    ...(pings ? {} : { pings }),
    durationMs: msOrNull(source.duration),
    load: source.load ?? null,
  },
})

/** How a run ended. */
export type RunEnd =
  { readonly end: "done" } | { readonly end: "stopped" } | { readonly end: "failed"; readonly error: string }

export const runFooter = () => {
  const counts = noOrders()
  return {
    /** Counts a record of the run. */
    count: (record: JournalRecord): void => {
      if (record.type !== "outcome") return
      counts.created += 1
      counts[record.outcome] += 1
    },
    /** Makes the footer at a time since the run's start. */
    record: (atMs: number, end: RunEnd, badLines: number): JournalRecord => ({
      type: "footer",
      t: Math.round(atMs * 1000) / 1000,
      ...end,
      ...counts,
      badLines,
    }),
  }
}
