/**
 * Reads a journal's lines from their bytes, as they are written by this program: many times as fast as through text, JSON
 * and Schema. It knows no record that the Schema does not, and every other line is left to the Schema.
 */
import type { JournalRecord } from "../JournalRecord.ts"
import {
  Accepted,
  Cancelled,
  Expired,
  Footer,
  KeyRetired,
  NonceJump,
  OthersCounted,
  Pinged,
  ReachChanged,
  Rejected,
  Returned,
  Sent,
  Unknown,
} from "../JournalRecord.ts"
import { compileScanner } from "./compileScanner.ts"
import { lineFormsOf } from "./lineForms.ts"
import type { Cursor } from "./scanValues.ts"

/** All but the header, which has lists and records in it and comes once. */
const scanned = [
  Sent,
  Accepted,
  Expired,
  Rejected,
  Returned,
  Unknown,
  Cancelled,
  KeyRetired,
  NonceJump,
  OthersCounted,
  ReachChanged,
  Pinged,
  Footer,
] as const

const scan = compileScanner(scanned.flatMap(({ ast }) => lineFormsOf(ast)))

// That this is so is what the law says: every line that is scanned is the record that the Schema reads in it.
const isRecord = (record: unknown): record is JournalRecord => record !== undefined

/**
 * The record in the line at `from`, and the cursor behind its newline; undefined where the line is not in the
 * form in which it is written here. The bytes must hold the line's newline.
 */
export const scanRecord = (bytes: Buffer, from: number, cursor: Cursor): JournalRecord | undefined => {
  const record = scan(bytes, from, cursor)
  return isRecord(record) ? record : undefined
}
