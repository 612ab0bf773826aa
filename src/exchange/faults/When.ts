/**
 * When a fault is on, counted from the exchange's start: pure questions to a moment in milliseconds.
 */

/** A moment, or one that comes again and again; each may last. */
export interface When {
  readonly firstMs: number
  /** From one moment to the next, or undefined where there is only one. */
  readonly everyMs: number | undefined
  /** How long each lasts, or undefined for what has no end. */
  readonly forMs: number | undefined
}

/** From the start, and for ever. */
export const always: When = { firstMs: 0, everyMs: undefined, forMs: undefined }

/** Whether `elapsedMs` lies within one of the spans; a span's end is no part of it. */
export const isOn = (when: When, elapsedMs: number): boolean => {
  const sinceFirstMs = elapsedMs - when.firstMs
  if (sinceFirstMs < 0) return false
  const sinceMs = when.everyMs === undefined ? sinceFirstMs : sinceFirstMs % when.everyMs
  return when.forMs === undefined || sinceMs < when.forMs
}

/** The first moment after `elapsedMs`, or undefined where none is left. */
export const nextMoment = ({ everyMs, firstMs }: When, elapsedMs: number): number | undefined => {
  if (elapsedMs < firstMs) return firstMs
  if (everyMs === undefined) return undefined
  return firstMs + everyMs * (Math.floor((elapsedMs - firstMs) / everyMs) + 1)
}
