/**
 * Summarises a log, a journal or a Python client's, from its bytes: chooses its events, counts them, and tells them to
 * listeners. It counts lines that it does not recognise; they are never fatal.
 */
import { Option } from "effect"
import { fromJournal, type LogEvent, type Unrecognised } from "../journal/LogEvent.ts"
import { type LogKind, type LogReader, makeLogReader } from "../journal/LogReader.ts"
import { makeEventFilter } from "./EventFilter.ts"
import type { LogDefaults, LogOptions } from "./LogOptions.ts"
import { makeLogSpan, type Missed } from "./LogSpan.ts"
import { makePythonRuns } from "./PythonRuns.ts"
import { makeSummariser } from "./Summariser.ts"
import type { Summary } from "./Summary.ts"

export interface LogSummariser extends Pick<LogReader, "push" | "lines" | "newerVersion"> {
  /** The last line has no more bytes, although no newline came. */
  readonly endLine: () => void
  readonly end: () => void
  /** Whether the selection needs the time when the log began, and the log does not say: refuse it then. */
  readonly lacksBeginning: () => boolean
  /** Set if the log so far has no records of the time that was asked for: refuse it then. */
  readonly missed: () => Missed | undefined
  /** Whether the run that wrote the log has ended. */
  readonly hasEnded: () => boolean
  /** Lines so far that nothing could be read from, of all its runs. */
  readonly unrecognisedLines: () => number
  /** The summary of the run that the log has come to; none if no line was recognised. */
  readonly summary: () => Option.Option<Summary>
  /** The runs that the log has told of so far, those without a chosen record left out. */
  readonly runs: () => ReadonlyArray<LogRun>
}

/** A run of a log, which may hold several: a journal's begins with its header, a Python client's as `PythonRuns.ts` tells. */
export interface LogRun {
  /** Counted from 1. */
  readonly number: number
  readonly summary: Summary
}

/** The way of events to the summary, once the log's kind is known. */
const makeEventTaker = (
  kind: LogKind,
  number: number,
  defaults: LogDefaults,
  { listen = [], selection }: LogOptions,
) => {
  const summariser = makeSummariser({ ...defaults, kind })
  const { span, ...seenSpan } = makeLogSpan(selection ?? { since: undefined, until: undefined }, kind)
  const filter = selection && makeEventFilter(selection.keys, span)
  const listeners = listen.map((make) => make(kind, span, number))
  let hasEnded = false
  return {
    take: (event: LogEvent): void => {
      if (event.type === "ended") hasEnded = true
      seenSpan.add(event)
      const seen = filter === undefined ? event : filter(event)
      if (seen === undefined) return summariser.passOver(event)
      summariser.add(seen, event)
      for (const listener of listeners) listener.add(seen)
    },
    end: (): void => {
      if (seenSpan.missed() !== undefined) return
      for (const listener of listeners) listener.end()
    },
    run: (): LogRun => ({ number, summary: summariser.finish() }),
    missed: seenSpan.missed,
    lacksBeginning: seenSpan.lacksBeginning,
    hasEnded: () => hasEnded,
    summary: summariser.finish,
  }
}

/** So many times are kept of lines before the first that is recognised. */
const MOST_UNREAD = 1024

export const makeLogSummariser = (defaults: LogDefaults, options: LogOptions = {}): LogSummariser => {
  let log: ReturnType<typeof makeEventTaker> | undefined
  let isPython = false
  let unrecognisedLines = 0
  const former: Array<LogRun> = []
  /** Before the log's kind was known: lines, and the times of others that have one. */
  let unread = 0
  const unreadMs: Array<number> = []

  const begin = (kind: LogKind, number: number) => {
    const begun = makeEventTaker(kind, number, defaults, options)
    log = begun
    return begun
  }

  const beginNext = (kind: LogKind): void => {
    log?.end()
    const ended = log?.run()
    if (ended !== undefined && log?.missed() === undefined) former.push(ended)
    begin(kind, (ended?.number ?? 0) + 1)
  }

  const runs = makePythonRuns({
    event: (event) => (log ?? begin("python-client", 1)).take(event),
    begin: () => beginNext("python-client"),
  })

  /** What could not be read before the log's kind was known. */
  const giveUnread = (give: (event: Unrecognised) => void): void => {
    for (const lineMs of unreadMs) give({ type: "unrecognised", lines: 1, lineMs })
    if (unread > 0) give({ type: "unrecognised", lines: unread })
  }

  const reader = makeLogReader({
    record: (record) => {
      if (log === undefined) giveUnread(begin("journal", 1).take)
      else if (record.type === "header") beginNext("journal")
      log?.take(fromJournal(record))
    },
    python: (event) => {
      if (!isPython) giveUnread(runs.add)
      isPython = true
      runs.add(event)
    },
    unread: (_, lineMs) => {
      unrecognisedLines += 1
      const time = lineMs === undefined ? {} : { lineMs }
      if (isPython) runs.add({ type: "unrecognised", lines: 1, ...time })
      else if (log !== undefined) log.take({ type: "unrecognised", lines: 1, ...time })
      else if (lineMs !== undefined && unreadMs.length < MOST_UNREAD) unreadMs.push(lineMs)
      else unread += 1
    },
  })

  return {
    push: reader.push,
    lines: reader.lines,
    newerVersion: reader.newerVersion,
    endLine: reader.end,
    end: () => {
      reader.end()
      runs.end()
      log?.end()
    },
    unrecognisedLines: () => unrecognisedLines,
    lacksBeginning: () => log?.lacksBeginning() ?? false,
    missed: () => (former.length === 0 ? log?.missed() : undefined),
    hasEnded: () => log?.hasEnded() ?? false,
    summary: () => Option.map(Option.fromUndefinedOr(log), ({ summary }) => summary()),
    runs: () =>
      log === undefined || (former.length > 0 && log.missed() !== undefined)
        ? former
        : [...former, log.run()],
  }
}
