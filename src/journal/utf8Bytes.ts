/** Turns UTF-16, which its byte order mark tells, into UTF-8: what PowerShell makes of a program's output. */
import { TextDecoder } from "node:util"

const MARK_BYTES = 2

/** The encoding that a text begins with the mark of; undefined for any other. */
const encodingOf = ([first, second]: Uint8Array): "utf-16le" | "utf-16be" | undefined => {
  if (first === 0xff && second === 0xfe) return "utf-16le"
  return first === 0xfe && second === 0xff ? "utf-16be" : undefined
}

/** Hands bytes on as they are, or as UTF-8 where they begin with a mark of UTF-16. */
export const makeUtf8Bytes = (handOn: (bytes: Uint8Array) => void) => {
  /** The first bytes, as long as they are too few; undefined once the encoding is known. */
  let begun: Uint8Array | undefined = new Uint8Array()
  let decoder: TextDecoder | undefined

  const give = (bytes: Uint8Array): void => {
    handOn(decoder === undefined ? bytes : Buffer.from(decoder.decode(bytes, { stream: true })))
  }

  return {
    push: (bytes: Uint8Array): void => {
      if (begun === undefined) return give(bytes)
      const first = begun.length === 0 ? bytes : Buffer.concat([begun, bytes])
      begun = first
      if (first.length < MARK_BYTES) return
      begun = undefined
      const encoding = encodingOf(first)
      decoder = encoding && new TextDecoder(encoding)
      give(first)
    },
    end: (): void => {
      if (begun !== undefined && begun.length > 0) handOn(begun)
      begun = undefined
      if (decoder !== undefined) handOn(Buffer.from(decoder.decode()))
      decoder = undefined
    },
  }
}
