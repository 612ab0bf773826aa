/**
 * Reads a log line by line and summarises it, a journal or a Python client's log: the first line that is a
 * record of either decides which. Lines that are not recognised are counted, never fatal.
 */
import { Option } from "effect"
import { newerVersion } from "../journal/JournalReader.ts"
import { type EventTaker, makeEventTaker } from "./EventTaker.ts"
import type { LogDefaults, LogOptions } from "./LogOptions.ts"
import type { Missed } from "./LogSpans.ts"
import { makeOutcomeCounter, type OutcomeCounts } from "./OutcomeCounts.ts"
import type { Summary } from "./Summary.ts"
import type { LineTaker } from "./reading/LineBlocks.ts"
import { eachLine, findWriter, type LogListener, readLine, readLines, type Writer } from "./Writer.ts"

export interface LogReader extends LineTaker {
  /** Takes the next line, without its newline; undefined stands for one that was too long to be kept. */
  readonly line: (line: string | undefined) => void
  /** Lines so far. */
  readonly lines: () => number
  /** The journal's version, where it is newer than what can be read here: the log must then be refused. */
  readonly newerVersion: () => number | undefined
  /** Whether the selection needs to know when the log began, and it does not say: it must then be refused. */
  readonly lacksBeginning: () => boolean
  /** Undefined unless the log so far has nothing of the time that was asked for: it must then be refused. */
  readonly missed: () => Missed | undefined
  /** Whether the run that wrote the log has ended. */
  readonly hasEnded: () => boolean
  /** The outcomes so far, whether they are looked at or not. */
  readonly outcomes: () => OutcomeCounts
  /** There are no more lines. */
  readonly end: () => void
  /** The summary of the lines so far; none where not a single one was recognised. */
  readonly summary: () => Option.Option<Summary>
}

/** A log whose writer is known. */
interface KnownLog {
  readonly writer: Writer
  readonly taker: EventTaker
  readonly told: LogListener
}

/** Makes a reader for one log. */
export const makeLogReader = (defaults: LogDefaults, options: LogOptions = {}): LogReader => {
  let log: KnownLog | undefined
  let lines = 0
  let refused: number | undefined

  const newer = (version: number): void => {
    refused ??= version
  }

  const begin = (writer: Writer): KnownLog => {
    const taker = makeEventTaker({ ...defaults, source: writer.source }, options)
    const told: LogListener = {
      event: taker.take,
      unrecognised: () => {
        taker.take({ type: "unrecognised", lines: 1 })
      },
      newer,
    }
    taker.take({ type: "unrecognised", lines })
    return { writer, taker, told }
  }

  const line = (text: string | undefined): void => {
    if (text === undefined) {
      log?.told.unrecognised()
    } else {
      const writer = log === undefined ? findWriter(text) : undefined
      if (writer !== undefined) log = begin(writer)
      if (log !== undefined) readLine(log.writer, text, log.told)
      else Option.map(newerVersion(text), newer)
    }
    lines += 1
  }

  return {
    line,
    block: (bytes, from, to) => {
      const begun = log === undefined ? eachLine(bytes, from, to, line, () => log === undefined) : from
      if (log !== undefined) lines += readLines(log.writer, bytes, begun, to, log.told)
    },
    tooLong: () => {
      line(undefined)
    },
    lines: () => lines,
    newerVersion: () => refused,
    lacksBeginning: () => log?.taker.lacksBeginning() ?? false,
    missed: () => log?.taker.missed(),
    hasEnded: () => log?.taker.hasEnded() ?? false,
    outcomes: () => log?.taker.outcomes() ?? makeOutcomeCounter().counts(),
    end: () => log?.taker.end(),
    summary: () => Option.map(Option.fromUndefinedOr(log), ({ taker }) => taker.summary()),
  }
}
