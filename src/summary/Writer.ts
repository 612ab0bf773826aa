/**
 * Those who write logs, and how their lines are read.
 */
import { Option } from "effect"
import { scanRecord } from "../journal/fast/recordScanner.ts"
import type { Cursor } from "../journal/fast/scanValues.ts"
import { newerVersion, readJournalLine } from "../journal/JournalReader.ts"
import { fromJournal, type LogEvent } from "../journal/LogEvent.ts"
import { readPythonLine } from "../journal/PythonLog.ts"
import type { Origin } from "./Origin.ts"

/** One who writes logs. */
export interface Writer {
  readonly source: Origin["source"]
  /** What a line says; none where it is not recognised. */
  readonly read: (line: string) => Option.Option<LogEvent>
  /**
   * The same from a line's bytes, which go on to a newline: fast, but only for lines in the writer's very own form.
   * The cursor then stands behind the newline. Undefined, and the cursor where it was, for every other line.
   */
  readonly scan: (bytes: Buffer, from: number, cursor: Cursor) => LogEvent | undefined
}

const scanJournal: Writer["scan"] = (bytes, from, cursor) => {
  const record = scanRecord(bytes, from, cursor)
  return record === undefined ? undefined : fromJournal(record)
}

const pythonClient: Writer = {
  source: "python-client",
  read: (line) => Option.fromUndefinedOr(readPythonLine(line)),
  scan: () => undefined,
}

const journal: Writer = {
  source: "journal",
  read: (line) => Option.map(readJournalLine(line), fromJournal),
  scan: scanJournal,
}

/** Everyone whose logs can be read. */
export const writers: ReadonlyArray<Writer> = [pythonClient, journal]

export const writerOf = (source: Writer["source"]): Writer => (source === "journal" ? journal : pythonClient)

/** Whose line this is: undefined where nobody recognises it. */
export const findWriter = (line: string): Writer | undefined =>
  writers.find(({ read }) => Option.isSome(read(line)))

/** Who is told what a log's lines say. */
export interface LogListener {
  readonly event: (event: LogEvent) => void
  /** A line was not recognised. */
  readonly unrecognised: () => void
  /** A line is the header of a journal that is too new to be read here. */
  readonly newer: (version: number) => void
}

const NEWLINE = 0x0a
const decoder = new TextDecoder()

/** Text of a line's bytes: what is not UTF-8 is replaced, a byte order mark and a carriage return are left out. */
export const lineText = (bytes: Uint8Array): string => {
  const text = decoder.decode(bytes)
  return text.endsWith("\r") ? text.slice(0, -1) : text
}

/**
 * Takes the lines from `from` to `to` one by one as text, each of which has a newline at its end, as long as `goesOn`.
 * Where the next one begins.
 */
export const eachLine = (
  bytes: Buffer,
  from: number,
  to: number,
  take: (line: string) => void,
  goesOn: () => boolean,
): number => {
  let start = from
  while (start < to && goesOn()) {
    const end = bytes.indexOf(NEWLINE, start)
    take(lineText(bytes.subarray(start, end)))
    start = end + 1
  }
  return start
}

/** Reads a line as text. */
export const readLine = (writer: Writer, line: string, listener: LogListener): void => {
  const event = writer.read(line)
  if (Option.isSome(event)) {
    listener.event(event.value)
    return
  }
  listener.unrecognised()
  const version = Option.getOrUndefined(newerVersion(line))
  if (version !== undefined) listener.newer(version)
}

/** Reads the lines from `from` to `to`, each with a newline at its end. How many there were. */
export const readLines = (
  writer: Writer,
  bytes: Buffer,
  from: number,
  to: number,
  listener: LogListener,
): number => {
  const cursor: Cursor = { at: from }
  let lines = 0
  while (cursor.at < to) {
    const start = cursor.at
    const event = writer.scan(bytes, start, cursor)
    lines += 1
    if (event !== undefined) listener.event(event)
    else {
      const end = bytes.indexOf(NEWLINE, start)
      cursor.at = end + 1
      readLine(writer, lineText(bytes.subarray(start, end)), listener)
    }
  }
  return lines
}
