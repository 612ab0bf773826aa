/**
 * Looks at a part of a log's events only: those of some time, or of some keys.
 */
import type { LogEvent, Settings } from "../journal/LogEvent.ts"
import type { Origin } from "./Origin.ts"

/** A moment of a log, in milliseconds. */
export type Moment =
  /** Since the log's beginning. */
  | { readonly type: "offset"; readonly ms: number }
  /** Since midnight, by the log's own clock: UTC in a journal. */
  | { readonly type: "time-of-day"; readonly ms: number }
  /** Since 1970, by the log's own clock. */
  | { readonly type: "date-time"; readonly ms: number }

/** What is looked at. */
export interface Selection {
  /** From this moment on. */
  readonly since: Moment | undefined
  /** Before this moment. */
  readonly until: Moment | undefined
  /** Requests of these keys; of all where there are none. */
  readonly keys: ReadonlyArray<string>
}

/** Whether nothing is left out. */
export const looksAtAll = ({ since, until, keys }: Selection): boolean =>
  since === undefined && until === undefined && keys.length === 0

export interface EventFilter {
  /** What remains of the log's next event: undefined where it is not looked at. */
  readonly filter: (event: LogEvent) => LogEvent | undefined
  /** Whether the log did not say when it began, and the selection asks for a time of day or a date. */
  readonly lacksBeginning: () => boolean
}

const DAY_MS = 86_400_000
/** A time of day may be as much before the log's beginning, and still be meant for the same day. */
const BEFORE_BEGINNING_MS = 3_600_000

/** When a log began: by its own times, and by the clock, where that is known. */
interface Beginning {
  readonly atMs: number
  readonly clockMs: number | undefined
}

/** In the log's own times; undefined where that is not known. */
const placeOf = (moment: Moment, { atMs, clockMs }: Beginning): number | undefined => {
  if (moment.type === "offset") return atMs + moment.ms
  if (clockMs === undefined) return undefined
  if (moment.type === "date-time") return atMs + moment.ms - clockMs
  const sinceMidnight = ((clockMs % DAY_MS) + DAY_MS) % DAY_MS
  const ahead = moment.ms - sinceMidnight
  return atMs + (ahead < -BEFORE_BEGINNING_MS ? ahead + DAY_MS : ahead)
}

/**
 * Makes a filter for one log; feed it the log's events in the log's order. An order counts with its outcome: one that
 * ends at another time, or with a key that is not looked at, counts nowhere, and one that was never sent by a key
 * belongs to none.
 */
export const makeEventFilter = (selection: Selection, source: Origin["source"]): EventFilter => {
  const { since, until, keys } = selection
  const chosen = new Set(keys)
  let beginning: Beginning | undefined
  let fromMs = Number.NEGATIVE_INFINITY
  let toMs = Number.POSITIVE_INFINITY
  let lacksBeginning = false

  const place = (moment: Moment | undefined, at: Beginning, otherwise: number): number => {
    if (moment === undefined) return otherwise
    const ms = placeOf(moment, at)
    lacksBeginning ||= ms === undefined
    return ms ?? otherwise
  }

  const begin = (at: Beginning): void => {
    beginning = at
    fromMs = place(since, at, Number.NEGATIVE_INFINITY)
    toMs = place(until, at, Number.POSITIVE_INFINITY)
  }

  const isIn = (atMs: number): boolean => {
    // A journal's times begin at 0, with or without a header; a Python client's are those of the clock.
    if (beginning === undefined)
      begin(source === "journal" ? { atMs: 0, clockMs: undefined } : { atMs, clockMs: atMs })
    return fromMs <= atMs && atMs < toMs
  }

  const isOf = (key: string | undefined): boolean =>
    chosen.size === 0 || (key !== undefined && chosen.has(key))

  const settingsOf = (settings: Settings): Settings => {
    const labels = settings.labels.filter(isOf)
    const runs = settings.runs?.map(settingsOf)
    return { ...settings, labels, keys: labels.length, ...(runs && { runs }) }
  }

  return {
    filter: (event) => {
      switch (event.type) {
        case "settings":
          begin({ atMs: 0, clockMs: event.startedAtMs })
          return settingsOf(event)
        case "sent":
        case "key":
        case "nonce-jump":
          return isIn(event.atMs) && isOf(event.key) ? event : undefined
        case "returned":
          return isIn(event.atMs) && isOf(event.request.key) ? event : undefined
        case "requests":
          return isIn(event.atMs) && isOf(undefined) ? event : undefined
        case "outcome":
          if (isIn(event.atMs) && isOf(event.request?.key)) return event
          return event.id === undefined ? undefined : { type: "left", id: event.id }
        case "left":
        case "ended":
        case "unrecognised":
          return event
      }
    },
    lacksBeginning: () => lacksBeginning,
  }
}
