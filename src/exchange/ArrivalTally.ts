/**
 * What the exchange itself saw, by its own clock: the judge of whether a client kept the rules.
 */
import type { Ruling } from "./ExchangeModel.ts"
import type { FaultKind } from "./faults/Fault.ts"

/** What one key's requests came to. */
export interface KeyTally {
  readonly key: string
  /** Requests that reached the exchange, refused ones too. */
  readonly requests: number
  readonly accepted: number
  readonly rateLimit: number
  readonly blocked: number
  readonly nonce: number
  /** The largest number of requests in any window, refused ones too. */
  readonly busiestWindow: number
  /** The largest number of requests in any window that passed the rate limit. */
  readonly mostPasses: number
}

/** What all requests came to. */
export interface ExchangeTally {
  readonly windowMs: number
  readonly keys: ReadonlyArray<KeyTally>
  /** Requests with a key that the exchange does not know. */
  readonly unknownKey: number
  /** Accepted requests whose order had been accepted before, among those that are remembered. */
  readonly repeatedOrders: number
  /** How often each kind of fault was played, of those that were. */
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>
}

/**
 * The largest number of events within any `windowMs`, both ends included, in whole milliseconds: the strictest
 * reading of "no 21 within any 1000 ms". Keeps one entry for each millisecond of the last window that had an event.
 */
class BusiestWindow {
  readonly #windowMs: number
  readonly #entries: Array<{ readonly ms: number; count: number }> = []
  #inWindow = 0
  most = 0

  constructor(windowMs: number) {
    this.#windowMs = windowMs
  }

  add(atMs: number): void {
    const ms = Math.floor(atMs)
    let oldest: { readonly ms: number; readonly count: number } | undefined
    while ((oldest = this.#entries[0]) !== undefined && ms - oldest.ms > this.#windowMs) {
      this.#inWindow -= oldest.count
      this.#entries.shift()
    }
    const last = this.#entries.at(-1)
    if (last?.ms === ms) last.count += 1
    else this.#entries.push({ ms, count: 1 })
    this.#inWindow += 1
    this.most = Math.max(this.most, this.#inWindow)
  }
}

/** Remembers the last `generation` names at least and twice as many at most: two sets that take turns. */
class RecentNames {
  readonly #generation: number
  #older = new Set<string>()
  #newer = new Set<string>()

  constructor(generation: number) {
    this.#generation = generation
  }

  /** Whether a name is remembered; from now on it is. */
  seen(name: string): boolean {
    if (this.#newer.has(name)) return true
    const repeated = this.#older.has(name)
    this.#newer.add(name)
    if (this.#newer.size >= this.#generation) {
      this.#older = this.#newer
      this.#newer = new Set()
    }
    return repeated
  }
}

/** Accepted orders that are remembered at least, to notice one that is accepted again. */
const REMEMBERED_ORDERS = 100_000

/**
 * An empty tally for these key labels, with windows of `windowMs`. `remembered` is how many accepted orders are
 * remembered at least.
 */
export const makeArrivalTally = (
  labels: ReadonlyArray<string>,
  windowMs: number,
  remembered = REMEMBERED_ORDERS,
) => {
  const keys = new Map(
    labels.map((label) => {
      const counts: Record<Ruling, number> = { accepted: 0, "rate-limit": 0, blocked: 0, nonce: 0 }
      return [label, { counts, arrivals: new BusiestWindow(windowMs), passes: new BusiestWindow(windowMs) }]
    }),
  )
  const orders = new RecentNames(remembered)
  let unknownKey = 0
  let repeatedOrders = 0
  const faults: Partial<Record<FaultKind, number>> = {}
  return {
    /** Counts a request that reached the exchange at a time of its clock that is never less than in the call before. */
    arrived: (label: string, ruling: Ruling, atMs: number, reqId: string): void => {
      const key = keys.get(label)
      if (key === undefined) return
      key.counts[ruling] += 1
      key.arrivals.add(atMs)
      if (ruling === "accepted" || ruling === "nonce") key.passes.add(atMs)
      if (ruling === "accepted" && orders.seen(reqId)) repeatedOrders += 1
    },
    unknownKey: (): void => {
      unknownKey += 1
    },
    /** Counts faults that the exchange has played. */
    played: (kind: FaultKind, times = 1): void => {
      if (times > 0) faults[kind] = (faults[kind] ?? 0) + times
    },
    read: (): ExchangeTally => ({
      windowMs,
      keys: Array.from(keys, ([key, { counts, arrivals, passes }]) => ({
        key,
        requests: counts.accepted + counts["rate-limit"] + counts.blocked + counts.nonce,
        accepted: counts.accepted,
        rateLimit: counts["rate-limit"],
        blocked: counts.blocked,
        nonce: counts.nonce,
        busiestWindow: arrivals.most,
        mostPasses: passes.most,
      })),
      unknownKey,
      repeatedOrders,
      faults: { ...faults },
    }),
  }
}

export type ArrivalTally = ReturnType<typeof makeArrivalTally>
