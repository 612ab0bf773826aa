/** The digest of a file up to its last line, which is the footer that has it. */
import { createHash } from "node:crypto"
import { MAX_LINE_BYTES } from "./LogReader.ts"

const NEWLINE = 0x0a
const NOTHING = new Uint8Array()

export class FileDigest {
  readonly #hash = createHash("sha256")
  /** The line that was begun last, from its first byte on. */
  #tail: Uint8Array = NOTHING

  add(bytes: Uint8Array): void {
    // A newline at the very end does not begin another line yet.
    const newline = bytes.length < 2 ? -1 : bytes.lastIndexOf(NEWLINE, bytes.length - 2)
    if (newline !== -1) {
      this.#hash.update(this.#tail).update(bytes.subarray(0, newline + 1))
      this.#tail = Uint8Array.from(bytes.subarray(newline + 1))
      return
    }
    const isNewLine = this.#tail.at(-1) === NEWLINE
    // A footer is much shorter: what is longer is not held back.
    if (bytes.length > 0 && (isNewLine || this.#tail.length > MAX_LINE_BYTES)) {
      this.#hash.update(this.#tail)
      this.#tail = NOTHING
    }
    this.#tail = Buffer.concat([this.#tail, bytes])
  }

  /** SHA-256, in hexadecimal digits, of all bytes before the last line. */
  end(): string {
    return this.#hash.copy().digest("hex")
  }
}
