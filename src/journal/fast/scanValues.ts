/**
 * Reads single values from a line's bytes, without text where a number is meant. What is not in the plainest
 * form is left to others: then there is no value. They need no bounds: a line ends with a newline, which is part of
 * no value.
 */

/** Where the reading goes on. */
export interface Cursor {
  at: number
}

const MINUS = 0x2d
const DOT = 0x2e
const ZERO = 0x30
const NINE = 0x39
const QUOTE = 0x22
const BACKSLASH = 0x5c
const SPACE = 0x20
const DELETE = 0x7f

/** Numbers of so many digits are exact. */
const MAX_DIGITS = 15
/** Exact too. */
const POWERS_OF_TEN = Float64Array.from({ length: MAX_DIGITS + 1 }, (_, exponent) => 10 ** exponent)

/**
 * The number at `from`; NaN for one in another form. Digits without the point, and the power of ten below them,
 * are exact in floating point, so that one division, correctly rounded, gives the nearest number: what `JSON.parse` gives.
 */
export const readNumber = (bytes: Uint8Array, from: number, cursor: Cursor): number => {
  let at = from
  let byte = bytes[at] ?? 0
  const isNegative = byte === MINUS
  if (isNegative) byte = bytes[++at] ?? 0
  const first = at
  const isZero = byte === ZERO
  let digits = 0
  while (byte >= ZERO && byte <= NINE) {
    digits = digits * 10 + (byte - ZERO)
    byte = bytes[++at] ?? 0
  }
  let count = at - first
  if (count === 0 || (isZero && count > 1)) return Number.NaN
  let decimals = 0
  if (byte === DOT) {
    const point = at
    byte = bytes[++at] ?? 0
    while (byte >= ZERO && byte <= NINE) {
      digits = digits * 10 + (byte - ZERO)
      byte = bytes[++at] ?? 0
    }
    decimals = at - point - 1
    if (decimals === 0) return Number.NaN
    count += decimals
  }
  if (count > MAX_DIGITS) return Number.NaN
  cursor.at = at
  const value = decimals === 0 ? digits : digits / (POWERS_OF_TEN[decimals] ?? Number.NaN)
  return isNegative ? -value : value
}

/** A power of two. */
const KEPT_TEXTS = 1024
/** Longer ones are not kept: no name in a journal is. */
const KEPT_LENGTH = 64

/** Texts that came before: a key's label is on every line, an order's name on two, and a new text costs. */
const kept: Array<string> = Array.from({ length: KEPT_TEXTS }, () => "")

const isAt = (text: string, bytes: Uint8Array, from: number, length: number): boolean => {
  if (text.length !== length) return false
  for (let index = 0; index < length; index += 1) {
    if (text.charCodeAt(index) !== bytes[from + index]) return false
  }
  return true
}

/** The text at `from`, up to the quote that ends it; undefined for one in another form or of another length. */
export const readText = (
  bytes: Buffer,
  from: number,
  cursor: Cursor,
  minLength: number,
  maxLength: number,
): string | undefined => {
  let at = from
  let hash = 0
  let byte = bytes[at] ?? 0
  while (byte !== QUOTE) {
    if (byte < SPACE || byte > DELETE || byte === BACKSLASH) return undefined
    hash = (Math.imul(hash, 31) + byte) | 0
    byte = bytes[++at] ?? 0
  }
  const length = at - from
  if (length < minLength || length > maxLength) return undefined
  cursor.at = at
  if (length > KEPT_LENGTH) return bytes.toString("latin1", from, at)
  const place = (hash ^ (hash >>> 13)) & (KEPT_TEXTS - 1)
  const known = kept[place] ?? ""
  if (isAt(known, bytes, from, length)) return known
  const text = bytes.toString("latin1", from, at)
  kept[place] = text
  return text
}
