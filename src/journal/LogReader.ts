/**
 * Reads a log from its bytes, UTF-8 or marked as UTF-16, in whatever pieces they come: a journal, or a Python client's log. The first line that is a
 * record of either decides which. Everyone who reads logs reads them with this.
 *
 * A journal's lines are read from the bytes themselves where they are in the form in which they are written here, and
 * by the Schema where they are not. Of a log no more is kept than a chunk and a line.
 */
import { Option } from "effect"
import { makeLineCutter } from "../platform/Lines.ts"
import { scanRecord } from "./fast/recordScanner.ts"
import type { Cursor } from "./fast/scanValues.ts"
import { newerVersion, readJournalLine } from "./journalLine.ts"
import type { JournalRecord } from "./JournalRecord.ts"
import { makeUtf8Bytes } from "./utf8Bytes.ts"
import { type PythonEvent, readPythonLine } from "./PythonLog.ts"

/** Who wrote a log: this client, or one of the exercise's Python clients. */
export type LogKind = "journal" | "python-client"

/** A longer line is no line of a log: it is not kept. Without its newline. */
export const MAX_LINE_BYTES = 1024 * 1024

/** Who is told what a log's lines say, line by line. */
export interface LogTaker {
  readonly record: (record: JournalRecord) => void
  readonly python: (event: PythonEvent) => void
  /**
   * A line that nothing could be read from: other text, torn, or a header of a newer version. Undefined where it was too long
   * to be kept. `lineMs` is its time, where it has one as Python writes it.
   */
  readonly unread: (text: string | undefined, lineMs?: number) => void
}

export interface LogReader {
  readonly push: (bytes: Uint8Array) => void
  /** There are no more bytes. Answers whether the last line had its newline: it may be torn otherwise. */
  readonly end: () => boolean
  /** Undefined until a line was recognised. */
  readonly kind: () => LogKind | undefined
  /** Lines so far, the one that is being told among them. */
  readonly lines: () => number
  /** The journal's version, where it is newer than what can be read here: the log must then be refused. */
  readonly newerVersion: () => number | undefined
}

const NEWLINE = 0x0a
const decoder = new TextDecoder()

/** Text of a line's bytes: what is not UTF-8 is replaced, a byte order mark and a carriage return are left out. */
export const lineText = (bytes: Uint8Array): string => {
  const text = decoder.decode(bytes)
  return text.endsWith("\r") ? text.slice(0, -1) : text
}

export const makeLogReader = (taker: LogTaker): LogReader => {
  const cursor: Cursor = { at: 0 }
  let kind: LogKind | undefined
  let lines = 0
  let newer: number | undefined

  const takeRecord = (record: JournalRecord): void => {
    lines += 1
    kind = "journal"
    taker.record(record)
  }

  const takeText = (text: string): void => {
    const event = kind === "journal" ? undefined : readPythonLine(text)
    const record = kind === "python-client" ? Option.none() : readJournalLine(text)
    if (Option.isSome(record)) return takeRecord(record.value)
    lines += 1
    if (event !== undefined && event.type !== "unrecognised") {
      kind = "python-client"
      return taker.python(event)
    }
    newer ??= Option.getOrUndefined(newerVersion(text))
    taker.unread(text, event?.lineMs)
  }

  const cutter = makeLineCutter(
    {
      block: (bytes, from, to) => {
        cursor.at = from
        while (cursor.at < to) {
          const start = cursor.at
          const record = kind === "python-client" ? undefined : scanRecord(bytes, start, cursor)
          if (record !== undefined) takeRecord(record)
          else {
            const end = bytes.indexOf(NEWLINE, start)
            cursor.at = end + 1
            takeText(lineText(bytes.subarray(start, end)))
          }
        }
      },
      tooLong: () => {
        lines += 1
        taker.unread(undefined)
      },
    },
    MAX_LINE_BYTES,
  )

  const utf8 = makeUtf8Bytes(cutter.push)
  return {
    push: utf8.push,
    end: () => {
      utf8.end()
      return cutter.end()
    },
    kind: () => kind,
    lines: () => lines,
    newerVersion: () => newer,
  }
}
