/**
 * Summarises a part of a log whose origin is known. Parts are plain data, so that threads can send them.
 */
import type { Origin } from "../Origin.ts"
import { addEvent, emptyPart, type PartialSummary } from "../PartialSummary.ts"
import { type LogListener, readLines, writerOf } from "../Writer.ts"
import type { LineTaker } from "./LineBlocks.ts"

/** What came of a part. */
export interface PartRead {
  readonly summary: PartialSummary
  /** The first header of a journal that is too new to be read here. */
  readonly newerVersion: number | undefined
}

export interface PartReader extends LineTaker {
  readonly read: () => PartRead
}

/** @param isBeginning whether no part of the log comes before */
export const makePartReader = (origin: Origin, isBeginning: boolean): PartReader => {
  const writer = writerOf(origin.source)
  const summary = emptyPart(isBeginning)
  let newerVersion: number | undefined
  const listener: LogListener = {
    event: (event) => {
      addEvent(summary, event, origin)
    },
    unrecognised: () => {
      addEvent(summary, { type: "unrecognised", lines: 1 }, origin)
    },
    newer: (version) => {
      newerVersion ??= version
    },
  }
  return {
    block: (bytes, from, to) => {
      readLines(writer, bytes, from, to, listener)
    },
    tooLong: listener.unrecognised,
    read: () => ({ summary, newerVersion }),
  }
}
