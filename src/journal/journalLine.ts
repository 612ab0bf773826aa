/**
 * Reads a journal's lines back, by the schema they were written with.
 */
import { Option, Schema } from "effect"
import { parseJson } from "../platform/parseJson.ts"
import * as SchemaJITCompiler from "effect/schema/SchemaJITCompiler"
import { JOURNAL_VERSION, JournalRecord } from "./JournalRecord.ts"

// A journal has two lines for every order. Compiled, and with the JSON parsed before it rather than by a
// transformation within it, the decoder reads twice as many a second.
SchemaJITCompiler.enable(JournalRecord.ast)

const decodeRecord = Schema.decodeUnknownOption(JournalRecord)

/**
 * One line of a journal, without its newline, read as `JournalLine` reads it; none for a line that is no record:
 * other text, or torn.
 */
export const readJournalLine = (line: string): Option.Option<JournalRecord> =>
  Option.flatMap(parseJson(line), decodeRecord)

const decodeNewerHeader = Schema.decodeUnknownOption(
  Schema.fromJsonString(
    Schema.Struct({
      type: Schema.tag("header"),
      version: Schema.Int.check(Schema.isGreaterThan(JOURNAL_VERSION)),
    }),
  ),
)

/** The version of a journal whose header this line is, where it is newer than what can be read here. */
export const newerVersion = (line: string): Option.Option<number> =>
  Option.map(decodeNewerHeader(line), (header) => header.version)
