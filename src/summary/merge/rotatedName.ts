/** What the pieces of a rotated log are called. */

/** A number or a date, as `logrotate` appends it: `.1`, `-20261124`, `.2026-11-24_10`. */
const ROTATION = /[.-]\d[\d._-]*$/

/** The name that all pieces of a rotated log share: without what rotating and packing have added. */
export const rotatedName = (file: string): string => file.replace(/\.gz$/, "").replace(ROTATION, "")
