/** The journal's first record, made of a run's settings. */
import { Duration } from "effect"
import { type GateName, marginOf, showGate } from "../simulation/baselines/byName.ts"
import type { ApiKey } from "../domain/ApiKey.ts"
import { type FormerLife, JOURNAL_VERSION, type JournalRecord } from "../journal/JournalRecord.ts"
import { VERSION } from "../platform/version.ts"

export interface RunHeaderOptions {
  /** Where orders go, fit to be shown. */
  readonly exchange: string
  /** Where orders come from, fit to be shown. */
  readonly source: string
  /** ISO 8601 in UTC. */
  readonly startedAt: string
  readonly keys: ReadonlyArray<ApiKey>
  readonly seed: number
  readonly gate: GateName
  readonly limit: number
  readonly window: Duration.Duration
  readonly bound: Duration.Duration | undefined
  readonly ttl: Duration.Duration | undefined
  readonly requestTimeout: Duration.Duration
  readonly duration: Duration.Duration | undefined
  /** Times the exercise's rate, or undefined where orders are not made at random. */
  readonly load: number | undefined
  /** The runs that this one goes on from; undefined where it begins anew. */
  readonly resumes?: ReadonlyArray<FormerLife> | undefined
}

const msOrNull = (duration: Duration.Duration | undefined): number | null =>
  duration === undefined ? null : Duration.toMillis(duration)

export const runHeader = (options: RunHeaderOptions): JournalRecord => ({
  type: "header",
  t: 0,
  version: JOURNAL_VERSION,
  program: `paceline ${VERSION}`,
  startedAt: options.startedAt,
  keys: options.keys.map((key) => key.label),
  seed: options.seed,
  ...(options.resumes === undefined ? {} : { resumes: options.resumes }),
  settings: {
    exchange: options.exchange,
    source: options.source,
    gate: showGate(options.gate),
    limit: options.limit,
    windowMs: Duration.toMillis(options.window),
    boundMs: msOrNull(options.bound),
    marginMs: marginOf(options.gate, options.window),
    ttlMs: msOrNull(options.ttl),
    requestTimeoutMs: Duration.toMillis(options.requestTimeout),
    durationMs: msOrNull(options.duration),
    load: options.load ?? null,
  },
})
