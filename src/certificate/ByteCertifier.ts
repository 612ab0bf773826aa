/**
 * Certifies a journal from its bytes, in whatever pieces they come: those of a file, which the footer's digest is about,
 * and the lines that they are.
 */
import { Result } from "effect"
import { makeLogReader, MAX_LINE_BYTES } from "../journal/LogReader.ts"
import type { Certificate } from "./Certificate.ts"
import { Certifier } from "./Certifier.ts"
import { FileDigest } from "../journal/FileDigest.ts"

/** Why a file cannot be certified at all. */
export type Refusal =
  /** A Python client's log: it does not say when requests left. */
  | { readonly type: "python-log" }
  /** A journal of a version that cannot be read here. */
  | { readonly type: "newer"; readonly version: number }
  /** Not a single record. */
  | { readonly type: "nothing"; readonly lines: number }

export class ByteCertifier {
  readonly #certifier = new Certifier()
  readonly #digest = new FileDigest()
  readonly #reader = makeLogReader({
    record: (record) => {
      this.#certifier.line(record)
    },
    python: () => {},
    unread: (text = `(more than ${MAX_LINE_BYTES} bytes)`) => {
      this.#certifier.line(text)
    },
  })

  /** Takes the next bytes; answers why the rest need not be read, where that is so. */
  add(bytes: Uint8Array): Refusal | undefined {
    this.#digest.add(bytes)
    this.#reader.push(bytes)
    return this.#refusal()
  }

  #refusal(): Refusal | undefined {
    const version = this.#reader.newerVersion()
    if (version !== undefined) return { type: "newer", version }
    return this.#reader.kind() === "python-client" ? { type: "python-log" } : undefined
  }

  /** There are no more bytes. */
  end(): Result.Result<Certificate, Refusal> {
    const isTerminated = this.#reader.end()
    const refusal = this.#refusal()
    if (refusal !== undefined) return Result.fail(refusal)
    if (this.#reader.kind() === undefined)
      return Result.fail({ type: "nothing", lines: this.#reader.lines() })
    return Result.succeed(this.#certifier.finish({ isTerminated, sha256: this.#digest.end() }))
  }
}
