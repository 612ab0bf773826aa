/**
 * Reads a log's first lines: who wrote it, and where it begins. That is what everyone must know who reads a part of it.
 */
import { Option } from "effect"
import type { LogDefaults } from "../LogOptions.ts"
import { makeOriginFinder, type Origin, type OriginFinder } from "../Origin.ts"
import { eachLine, findWriter, type LogListener, readLine, readLines, type Writer } from "../Writer.ts"
import type { LineTaker } from "./LineBlocks.ts"

export interface LogHead extends LineTaker {
  /** The log's origin, once it is certain. */
  readonly origin: () => Option.Option<Origin>
}

interface Known {
  readonly writer: Writer
  readonly finder: OriginFinder
  readonly listener: LogListener
}

export const makeLogHead = (defaults: LogDefaults): LogHead => {
  let known: Known | undefined

  const line = (text: string): void => {
    const writer = findWriter(text)
    if (writer === undefined) return
    const finder = makeOriginFinder({ ...defaults, source: writer.source })
    known = { writer, finder, listener: { event: finder.add, unrecognised: () => {}, newer: () => {} } }
    readLine(writer, text, known.listener)
  }

  return {
    block: (bytes, from, to) => {
      const begun = known === undefined ? eachLine(bytes, from, to, line, () => known === undefined) : from
      if (known !== undefined) readLines(known.writer, bytes, begun, to, known.listener)
    },
    tooLong: () => {},
    origin: () =>
      known !== undefined && known.finder.isKnown() ? Option.some(known.finder.origin()) : Option.none(),
  }
}
