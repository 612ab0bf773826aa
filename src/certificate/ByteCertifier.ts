/**
 * Certifies a journal from its bytes, in whatever pieces they come: its lines are read from the bytes themselves, as
 * fast as the summary reads them, and those that are not in the very form in which they are written here by the Schema.
 */
import { Option, Result } from "effect"
import { scanRecord } from "../journal/fast/recordScanner.ts"
import type { Cursor } from "../journal/fast/scanValues.ts"
import type { JournalRecord } from "../journal/JournalRecord.ts"
import { newerVersion, readJournalLine } from "../journal/JournalReader.ts"
import { readPythonLine } from "../journal/PythonLog.ts"
import { makeLineBlocks, MAX_LINE_BYTES } from "../summary/reading/LineBlocks.ts"
import { lineText } from "../summary/Writer.ts"
import type { Certificate } from "./Certificate.ts"
import { Certifier } from "./Certifier.ts"
import { FileDigest } from "./FileDigest.ts"

/** Why a file cannot be certified at all. */
export type Refusal =
  /** A Python client's log: it does not say when requests left. */
  | { readonly type: "python-log" }
  /** A journal of a version that cannot be read here. */
  | { readonly type: "newer"; readonly version: number }
  /** Not a single record. */
  | { readonly type: "nothing"; readonly lines: number }

const NEWLINE = 0x0a

export class ByteCertifier {
  readonly #certifier = new Certifier()
  readonly #digest = new FileDigest()
  readonly #cursor: Cursor = { at: 0 }
  readonly #blocks = makeLineBlocks({
    block: (bytes, from, to) => {
      this.#read(bytes, from, to)
    },
    tooLong: () => {
      this.#noRecord(`(more than ${MAX_LINE_BYTES} bytes)`)
    },
  })
  #lines = 0
  #records = 0
  #refusal: Refusal | undefined

  /** Takes the next bytes; answers why the rest need not be read, where that is so. */
  add(bytes: Uint8Array): Refusal | undefined {
    this.#digest.add(bytes)
    this.#blocks.push(bytes)
    return this.#refusal
  }

  /** There are no more bytes. */
  end(): Result.Result<Certificate, Refusal> {
    this.#blocks.end()
    if (this.#refusal !== undefined) return Result.fail(this.#refusal)
    if (this.#records === 0) return Result.fail({ type: "nothing", lines: this.#lines })
    return Result.succeed(this.#certifier.finish(this.#digest.end()))
  }

  #read(bytes: Buffer, from: number, to: number): void {
    const cursor = this.#cursor
    cursor.at = from
    while (cursor.at < to && this.#refusal === undefined) {
      const start = cursor.at
      const record = scanRecord(bytes, start, cursor)
      if (record !== undefined) {
        this.#record(record)
        continue
      }
      const end = bytes.indexOf(NEWLINE, start)
      cursor.at = end + 1
      this.#text(lineText(bytes.subarray(start, end)))
    }
  }

  #text(text: string): void {
    const record = readJournalLine(text)
    if (Option.isSome(record)) return this.#record(record.value)
    const version = newerVersion(text)
    if (Option.isSome(version)) this.#refusal = { type: "newer", version: version.value }
    else if (this.#records === 0 && readPythonLine(text) !== undefined) this.#refusal = { type: "python-log" }
    else this.#noRecord(text)
  }

  #record(record: JournalRecord): void {
    this.#lines += 1
    this.#records += 1
    this.#certifier.line(record)
  }

  #noRecord(text: string): void {
    this.#lines += 1
    this.#certifier.line(text)
  }
}
