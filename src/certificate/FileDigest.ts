/** What certifying needs of a file's bytes: the digest of all before its last line, and whether that one is whole. */
import { createHash } from "node:crypto"
import { MAX_LINE_BYTES } from "../summary/reading/LineBlocks.ts"
import type { FileEnd } from "./Certifier.ts"

const NEWLINE = 0x0a
const NOTHING = new Uint8Array()

export class FileDigest {
  readonly #hash = createHash("sha256")
  /** The line that was begun last, from its first byte on. */
  #tail: Uint8Array = NOTHING

  /** Takes the file's next bytes. */
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

  end(): FileEnd {
    return {
      isTerminated: this.#tail.length === 0 || this.#tail.at(-1) === NEWLINE,
      sha256: this.#hash.copy().digest("hex"),
    }
  }
}
