/**
 * Summarises logs that are one: the pieces of a journal as they were before it was cut, several runs and Python clients by the
 * order of their times.
 */
import { Effect, type FileSystem, Option } from "effect"
import type { UsageError } from "../../platform/errors.ts"
import type { LogEvent } from "../../journal/LogEvent.ts"
import { type EventTaker, makeEventTaker } from "../EventTaker.ts"
import { bothListen } from "../listeners.ts"
import type { LogDefaults, LogOptions } from "../LogOptions.ts"
import { makeLogReader } from "../LogReader.ts"
import { openInARow } from "../reading/FilesInARow.ts"
import { outcomesOf } from "../OutcomeCounts.ts"
import type { Summary } from "../Summary.ts"
import {
  cannotRead,
  defaultReading,
  type Reading,
  refuseMissed,
  refuseNewer,
  summariseTogether,
  summaryOfReader,
} from "../summariseFile.ts"
import { makeClientNumbers } from "./clientNumbers.ts"
import { expectWhole } from "./expectWhole.ts"
import type { Run } from "./groupRuns.ts"
import { mergeSources } from "./mergeSources.ts"
import { openPieces } from "./openPieces.ts"
import { type MergePlan, nameOfMerged } from "./planMerge.ts"
import type { RunsPlan } from "./planRuns.ts"
import { nameOfPieces, type PythonPiece } from "./LogPiece.ts"
import { makeRunEvents } from "./runEvents.ts"

/** One run's journal, exactly as if it were in one piece. */
const summariseRun = Effect.fnUntraced(function* (
  run: Run,
  defaults: LogDefaults,
  options: LogOptions,
  reading: Reading,
) {
  const name = nameOfPieces(run.pieces)
  const paths = run.pieces.map(({ file }) => file)
  if (!run.pieces.some(({ isPacked }) => isPacked)) {
    const bytes = yield* Effect.mapError(openInARow(paths), cannotRead(name))
    const files = { paths, bytes, size: bytes.size }
    const summary = yield* summariseTogether(name, files, defaults, options, reading)
    if (Option.isSome(summary)) {
      yield* expectWhole(run.pieces, outcomesOf(summary.value))
      return summary.value
    }
  }
  const reader = makeLogReader(defaults, options)
  const readOn = yield* openPieces(run.pieces, reader)
  while (yield* readOn) yield* refuseNewer(name, reader)
  yield* refuseNewer(name, reader)
  yield* expectWhole(run.pieces, reader.outcomes())
  reader.end()
  return yield* summaryOfReader(name, reader)
})

const conclude = (name: string, taker: EventTaker) =>
  Effect.gen(function* () {
    taker.end()
    yield* refuseMissed(name, taker)
    return taker.summary()
  })

/** Several runs by the clock. */
const summariseRuns = Effect.fnUntraced(function* (
  name: string,
  { runs, settings }: RunsPlan,
  defaults: LogDefaults,
  options: LogOptions,
) {
  const taker = makeEventTaker({ ...defaults, source: "journal" }, options)
  taker.take(settings)
  const sources = runs.map((run) => ({
    pieces: run.pieces,
    beginMs: run.offsetMs,
    translate: makeRunEvents(run),
  }))
  yield* mergeSources(sources, taker.take)
  return yield* conclude(name, taker)
})

/** Python clients by the times of their lines. Each numbers its own orders. */
const summariseClients = Effect.fnUntraced(function* (
  name: string,
  logs: ReadonlyArray<PythonPiece>,
  defaults: LogDefaults,
  options: LogOptions,
) {
  const numbers = makeClientNumbers()
  const listen = bothListen(options.listen, () => ({
    add: (event, log = 0) => {
      numbers.add(log, event)
    },
    end: () => {},
  }))
  const taker = makeEventTaker(
    { ...defaults, source: "python-client" },
    { ...options, ...(listen && { listen }) },
  )
  const sources = logs.map((log) => ({
    pieces: [log],
    beginMs: log.firstMs,
    translate: (event: LogEvent) => event,
  }))
  yield* mergeSources(sources, taker.take)
  const summary = yield* conclude(name, taker)
  return {
    ...summary,
    averageRequestsRate: numbers.requestsPerSecond(summary.totalTimeMs),
    orders: { ...summary.orders, created: numbers.created() },
  }
})

/** Summarises logs by their plan. Fails with one line for their user where one cannot be read. */
export const summariseMerged = Effect.fn("summariseMerged")(function* (
  plan: MergePlan,
  defaults: LogDefaults,
  options: LogOptions = {},
  reading: Reading = defaultReading,
): Effect.fn.Return<Summary, UsageError, FileSystem.FileSystem> {
  switch (plan.type) {
    case "run":
      return yield* Effect.scoped(summariseRun(plan.run, defaults, options, reading))
    case "runs":
      return yield* summariseRuns(nameOfMerged(plan), plan, defaults, options)
    case "clients":
      return yield* summariseClients(nameOfMerged(plan), plan.logs, defaults, options)
  }
})
