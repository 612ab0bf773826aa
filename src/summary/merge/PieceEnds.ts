/**
 * Finds the first record and the last of a log that is given line by line, or of whose middle lines are left out.
 */
import { Option } from "effect"
import { newerVersion, readJournalLine } from "../../journal/JournalReader.ts"
import type { JournalRecord } from "../../journal/JournalRecord.ts"
import { readPythonLine } from "../../journal/PythonLog.ts"
import { isTimed } from "../Origin.ts"
import type { LineTaker } from "../reading/LineBlocks.ts"
import { eachLine, lineText } from "../Writer.ts"

/** A record of either kind of log. */
export type EndRecord =
  | { readonly source: "journal"; readonly record: JournalRecord; readonly atMs: number }
  | { readonly source: "python-client"; readonly atMs: number }

/** The record in a line; undefined where nobody recognises it. */
const readRecord = (line: string): EndRecord | undefined => {
  const event = readPythonLine(line)
  if (event !== undefined) return isTimed(event) ? { source: "python-client", atMs: event.atMs } : undefined
  const record = Option.getOrUndefined(readJournalLine(line))
  return record && { source: "journal", record, atMs: record.t }
}

/** The first record of the lines so far. */
export interface FirstRecord extends LineTaker {
  readonly found: () => EndRecord | undefined
  /** Lines so far, up to the record. */
  readonly lines: () => number
  /** The version of a header before it that is too new to be read here. */
  readonly newerVersion: () => number | undefined
}

export const makeFirstRecord = (): FirstRecord => {
  let found: EndRecord | undefined
  let newer: number | undefined
  let lines = 0
  const line = (text: string): void => {
    lines += 1
    found = readRecord(text)
    if (found === undefined) newer ??= Option.getOrUndefined(newerVersion(text))
  }
  return {
    block: (bytes, from, to) => {
      eachLine(bytes, from, to, line, () => found === undefined)
    },
    tooLong: () => {
      if (found === undefined) lines += 1
    },
    found: () => found,
    lines: () => lines,
    newerVersion: () => newer,
  }
}

/** The last record of the lines so far. */
export interface LastRecord extends LineTaker {
  readonly found: () => EndRecord | undefined
}

const NEWLINE = 0x0a

/** @param source whose records count, as soon as that is known */
export const makeLastRecord = (source: () => EndRecord["source"] | undefined): LastRecord => {
  let found: EndRecord | undefined
  return {
    block: (bytes, from, to) => {
      // From the end, so that of each block hardly more than one line is read.
      let end = to - 1
      while (end >= from) {
        const start = end === from ? from : Math.max(from - 1, bytes.lastIndexOf(NEWLINE, end - 1)) + 1
        const record = readRecord(lineText(bytes.subarray(start, end)))
        if (record !== undefined && record.source === source()) {
          found = record
          return
        }
        end = start - 1
      }
    },
    tooLong: () => {},
    found: () => found,
  }
}
