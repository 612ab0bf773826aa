/** What the pieces of a log are called. */

const PACKED = /\.gz$/

/** A number or a date, as `logrotate` appends it: `.1`, `-20261124`, `.2026-11-24_10`. */
const ROTATION = /[.-]\d[\d._-]*$/

/** The name that all pieces of a rotated log share: without what rotating and packing have added. */
export const rotatedName = (file: string): string => file.replace(PACKED, "").replace(ROTATION, "")

/** What `split` calls its first piece: `xaa`, `run.ndjson.aa`, `x00`. */
const FIRST_OF_SPLIT = /^(?<prefix>.*?)(?:aa+|00+)$/s
const SPLIT = /^(?:[a-z]{2,}|\d{2,})$/

const wasSplit = (first: string, other: string): boolean => {
  const prefix = FIRST_OF_SPLIT.exec(first)?.groups?.["prefix"]
  return prefix !== undefined && other.startsWith(prefix) && SPLIT.test(other.slice(prefix.length))
}

/** Whether a piece is called as `logrotate` or `split` call one of the log whose first piece has the other name. */
export const isCalledAsPieceOf = (first: string, piece: string): boolean =>
  rotatedName(first) === rotatedName(piece) || wasSplit(first.replace(PACKED, ""), piece.replace(PACKED, ""))
