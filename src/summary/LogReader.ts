/**
 * Reads a log line by line and summarises it, a journal or a Python client's log: the first line that is a
 * record of either decides which. Lines that are not recognised are counted, never fatal.
 */
import { Option } from "effect"
import { newerVersion, readJournalLine } from "../journal/JournalReader.ts"
import { readPythonLine } from "../journal/PythonLog.ts"
import { fromJournal, type LogEvent } from "../journal/LogEvent.ts"
import type { OriginOptions } from "./Origin.ts"
import type { Summary } from "./Summary.ts"
import { makeSummariser, type Summariser } from "./Summariser.ts"

/** What the exchange allowed, for logs that do not say. */
export type LogDefaults = Pick<OriginOptions, "keys" | "limit">

export interface LogReader {
  /** Takes the next line, without its newline; undefined stands for one that was too long to be kept. */
  readonly line: (line: string | undefined) => void
  /** Lines so far. */
  readonly lines: () => number
  /** The journal's version, where it is newer than what can be read here: the log must then be refused. */
  readonly newerVersion: () => number | undefined
  /** The summary of the lines so far; none where not a single one was recognised. */
  readonly summary: () => Option.Option<Summary>
}

/** One who writes logs, and how a line of theirs is read: none where it is not recognised. */
export interface Writer {
  readonly source: OriginOptions["source"]
  readonly read: (line: string) => Option.Option<LogEvent>
}

/** Everyone whose logs can be read. */
export const writers: ReadonlyArray<Writer> = [
  { source: "python-client", read: (line) => Option.fromUndefinedOr(readPythonLine(line)) },
  { source: "journal", read: (line) => Option.map(readJournalLine(line), fromJournal) },
]

/** A log whose writer is known. */
interface KnownLog {
  readonly writer: Writer
  readonly summariser: Summariser
}

/** Makes a reader for one log. */
export const makeLogReader = (defaults: LogDefaults): LogReader => {
  let log: KnownLog | undefined
  let lines = 0
  let refused: number | undefined

  const feed = (known: KnownLog, event: Option.Option<LogEvent>): boolean => {
    if (Option.isSome(event)) known.summariser.add(event.value)
    return Option.isSome(event)
  }

  /** Whether the line was recognised. The first that is decides who writes the log. */
  const recognise = (line: string): boolean => {
    if (log !== undefined) return feed(log, log.writer.read(line))
    for (const writer of writers) {
      const event = writer.read(line)
      if (Option.isNone(event)) continue
      log = { writer, summariser: makeSummariser({ ...defaults, source: writer.source }) }
      log.summariser.add({ type: "unrecognised", lines: lines - 1 })
      return feed(log, event)
    }
    return false
  }

  return {
    line: (line) => {
      lines += 1
      if (line !== undefined && recognise(line)) return
      log?.summariser.add({ type: "unrecognised", lines: 1 })
      if (line !== undefined) refused ??= Option.getOrUndefined(newerVersion(line))
    },
    lines: () => lines,
    newerVersion: () => refused,
    summary: () => Option.map(Option.fromUndefinedOr(log), (known) => known.summariser.finish()),
  }
}
