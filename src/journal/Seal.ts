/**
 * Puts records into the lines of a file, and seals the footer with a digest of all that stands before it: who reads the
 * journal sees whether it is still what was written.
 */
import { createHash } from "node:crypto"
import { Schema } from "effect"
import { JournalLine, type JournalRecord } from "./JournalRecord.ts"

const encode = Schema.encodeSync(JournalLine)

/** Makes a function that turns one batch of a file's records after another into its text. */
export const makeSeal = (): ((records: ReadonlyArray<JournalRecord>) => string) => {
  const hash = createHash("sha256")
  return (records) => {
    let text = ""
    /** What follows the last line that was hashed. */
    let fresh = ""
    for (const record of records) {
      if (record.type !== "footer") {
        fresh += `${encode(record)}\n`
        continue
      }
      hash.update(fresh)
      text += fresh
      fresh = `${encode({ ...record, digest: hash.copy().digest("hex") })}\n`
    }
    hash.update(fresh)
    return text + fresh
  }
}
