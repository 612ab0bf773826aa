/**
 * Summarises a log, a journal or a Python client's, from its bytes: chooses its events, counts them, and tells them to
 * listeners. It counts lines that it does not recognise; they are never fatal.
 */
import { Option } from "effect"
import { fromJournal, type LogEvent } from "../journal/LogEvent.ts"
import { type LogKind, type LogReader, makeLogReader } from "../journal/LogReader.ts"
import { makeEventFilter } from "./EventFilter.ts"
import type { LogDefaults, LogOptions } from "./LogOptions.ts"
import { makeLogSpans, type Missed } from "./LogSpans.ts"
import { makeSummariser } from "./Summariser.ts"
import type { Summary } from "./Summary.ts"

export interface LogSummariser extends Pick<LogReader, "push" | "lines" | "newerVersion"> {
  /** The last line has no more bytes, although no newline came. */
  readonly endLine: () => void
  /** There are no more bytes. */
  readonly end: () => void
  /** Whether the selection needs the time when the log began, and the log does not say: refuse it then. */
  readonly lacksBeginning: () => boolean
  /** Set if the log so far has no records of the time that was asked for: refuse it then. */
  readonly missed: () => Missed | undefined
  /** Whether the run that wrote the log has ended. */
  readonly hasEnded: () => boolean
  /** The summary of the lines so far; none if no line was recognised. */
  readonly summary: () => Option.Option<Summary>
}

/** The way of events to the summary, once the log's kind is known. */
const makeEventTaker = (kind: LogKind, defaults: LogDefaults, { listen = [], selection }: LogOptions) => {
  const summariser = makeSummariser({ ...defaults, kind })
  const spans = makeLogSpans(selection ?? { since: undefined, until: undefined }, kind)
  const filter = selection && makeEventFilter(selection.keys, spans.current)
  const listeners = listen.map((make) => make(kind, spans.current))
  let hasEnded = false
  return {
    take: (event: LogEvent): void => {
      if (event.type === "settings") hasEnded = false
      if (event.type === "ended") hasEnded = true
      spans.add(event)
      const seen = filter === undefined ? event : filter(event)
      if (seen === undefined) return
      summariser.add(seen)
      for (const listener of listeners) listener.add(seen)
    },
    end: (): void => {
      for (const listener of listeners) listener.end()
    },
    spans,
    hasEnded: () => hasEnded,
    summary: summariser.finish,
  }
}

/** So many times are kept of lines before the first that is recognised. */
const MOST_UNREAD = 1024

/** Makes a summariser for one log. */
export const makeLogSummariser = (defaults: LogDefaults, options: LogOptions = {}): LogSummariser => {
  let log: ReturnType<typeof makeEventTaker> | undefined
  /** Before the log's kind was known: lines, and the times of others that have one. */
  let unread = 0
  const unreadMs: Array<number> = []

  const begin = (kind: LogKind) => {
    const begun = makeEventTaker(kind, defaults, options)
    for (const lineMs of unreadMs) begun.take({ type: "unrecognised", lines: 1, lineMs })
    if (unread > 0) begun.take({ type: "unrecognised", lines: unread })
    log = begun
    return begun
  }

  const reader = makeLogReader({
    record: (record) => {
      const { take } = log ?? begin("journal")
      take(fromJournal(record))
    },
    python: (event) => {
      const { take } = log ?? begin("python-client")
      take(event)
    },
    unread: (_, lineMs) => {
      const time = lineMs === undefined ? {} : { lineMs }
      if (log !== undefined) log.take({ type: "unrecognised", lines: 1, ...time })
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
      log?.end()
    },
    lacksBeginning: () => log?.spans.lacksBeginning() ?? false,
    missed: () => log?.spans.missed(),
    hasEnded: () => log?.hasEnded() ?? false,
    summary: () => Option.map(Option.fromUndefinedOr(log), ({ summary }) => summary()),
  }
}
