/**
 * What a log says of how long its requests may have been on their way: the bound as it changes, and pings. It tells of every
 * request the latest moment at which the exchange can have counted it, by the rules of domain/Transit.ts.
 *
 * Feed it a journal's records in their order. Times are milliseconds.
 */
import {
  type Ending,
  latestByTimeAlone,
  latestOfVersion1,
  slackMs,
  speaksAgainst,
} from "../domain/Transit.ts"
import { elapsedMs } from "./elapsed.ts"

/** Times are written in whole microseconds: a sum of two may be off by so much. */
export const ROUNDING_MS = 0.002

export interface LoggedReachSettings {
  readonly version: number
  /** The bound that was given; undefined where none was known. */
  readonly boundMs: number | undefined
  readonly requestTimeoutMs: number
  /** Whether the exchange answers pings. */
  readonly pings: boolean
}

/**
 * The latest moment at which a request can have been counted: `atMostMs` whatever the bound; by a bound, no later than that
 * after `fromMs`, which is Infinity where the bound says nothing of it.
 */
export interface Latest {
  readonly atMostMs: number
  readonly fromMs: number
}

const whateverTheBound = (atMostMs: number): Latest => ({ atMostMs, fromMs: Number.POSITIVE_INFINITY })

export const NEVER_SENT = whateverTheBound(Number.NEGATIVE_INFINITY)

/** Nothing tells. */
export const NEVER_KNOWN = whateverTheBound(Number.POSITIVE_INFINITY)

export const latestMsBy = ({ atMostMs, fromMs }: Latest, boundMs: number | undefined): number =>
  boundMs === undefined ? atMostMs : Math.min(atMostMs, fromMs + boundMs)

/** The moment from which the key's next request cannot overtake one: a bound after it was written, or when it has arrived. */
export const overtakableMs = (
  latest: Latest,
  { boundMs, writtenMs }: { readonly boundMs: number | undefined; readonly writtenMs: number | undefined },
): number => {
  const latestMs = latestMsBy(latest, boundMs)
  return writtenMs === undefined || boundMs === undefined ? latestMs : Math.min(latestMs, writtenMs + boundMs)
}

export interface RequestEnd {
  readonly ending: Ending
  readonly writtenMs: number | undefined
  /** The moment its answer was complete, or that of giving up. */
  readonly settledMs: number
}

/** Lost requests that are kept in mind. No client of ours has as many. */
const MOST_LOST = 100_000

/** One for a run; `A` is what its reader knows a request by. */
export class LoggedReach<A> {
  readonly #settings: LoggedReachSettings
  #boundMs: number | undefined
  #longestRoundTripMs = 0
  /** Requests that were lost, and from when on a ping must have begun to say something of them. */
  #lost: Array<{ readonly request: A; readonly fromMs: number }> = []

  constructor(settings: LoggedReachSettings) {
    this.#settings = settings
    this.#boundMs = settings.boundMs
  }

  /** The bound in force now. */
  get boundMs(): number | undefined {
    return this.#boundMs
  }

  /** How long after the answer to a ping what had reached the exchange before it may still be counted. */
  get slackMs(): number {
    return slackMs(this.#boundMs, this.#longestRoundTripMs, this.#settings.requestTimeoutMs)
  }

  /** The bound has changed. Where none was known it cannot. */
  changed(boundMs: number): void {
    if (this.#boundMs !== undefined && this.#settings.version > 1) this.#boundMs = boundMs
  }

  /** A request has ended. Undefined as long as only a ping can tell; `pinged` then does. */
  ended(request: A, end: RequestEnd): Latest | undefined {
    const { ending, settledMs } = end
    const { pings, version, ...settings } = this.#settings
    if (version === 1) return whateverTheBound(latestOfVersion1(ending, settledMs, end.writtenMs, settings))
    switch (ending) {
      case "never-sent":
        return NEVER_SENT
      case "answered":
        return this.#answered(end)
      case "lost": {
        const { requestTimeoutMs } = settings
        if (!pings)
          return whateverTheBound(latestByTimeAlone(settledMs, { boundMs: this.#boundMs, requestTimeoutMs }))
        const travelMs = this.#boundMs ?? Math.min(this.#longestRoundTripMs, requestTimeoutMs)
        if (this.#lost.length < MOST_LOST)
          this.#lost.push({ request, fromMs: settledMs + travelMs - ROUNDING_MS })
        return undefined
      }
    }
  }

  #answered({ settledMs, writtenMs }: RequestEnd): Latest {
    if (writtenMs === undefined) return whateverTheBound(settledMs)
    const isLate = this.isLate(writtenMs, settledMs)
    this.#longestRoundTripMs = Math.max(this.#longestRoundTripMs, elapsedMs(writtenMs, settledMs))
    return isLate ? whateverTheBound(settledMs) : { atMostMs: settledMs, fromMs: writtenMs }
  }

  /** Whether an answer that comes now is evidence against the bound. */
  isLate(writtenMs: number, settledMs: number): boolean {
    return this.#boundMs !== undefined && speaksAgainst(settledMs, writtenMs, this.#boundMs + ROUNDING_MS / 2)
  }

  /** A ping was answered. Answers whom it tells of: by `clearedMs` they have arrived, if they ever do. */
  pinged(begunMs: number, clearedMs: number, atMs: number): ReadonlyArray<readonly [A, Latest]> {
    this.#longestRoundTripMs = Math.max(this.#longestRoundTripMs, elapsedMs(begunMs, atMs))
    if (this.#lost.length === 0) return []
    const served = this.#lost.filter(({ fromMs }) => fromMs <= begunMs)
    if (served.length > 0) this.#lost = this.#lost.filter(({ fromMs }) => fromMs > begunMs)
    return served.map(({ request }) => [request, whateverTheBound(clearedMs)] as const)
  }
}
