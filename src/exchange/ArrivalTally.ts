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
  /** The window's length, in milliseconds. */
  readonly windowMs: number
  readonly keys: ReadonlyArray<KeyTally>
  /** Requests with a key that the exchange does not know. */
  readonly unknownKey: number
  /** Accepted requests whose order had been accepted before, among those that are remembered. */
  readonly repeatedOrders: number
  /** How often each kind of fault was played, of those that were. */
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>
}

/** A tally while it is being kept. Every method takes constant time on average. */
export interface ArrivalTally {
  /**
   * Counts a request that reached the exchange. `atMs` is the exchange's time, and never less than in the call
   * before.
   */
  readonly arrived: (label: string, ruling: Ruling, atMs: number, reqId: string) => void
  /** Counts a request with a key that the exchange does not know. */
  readonly unknownKey: () => void
  /** Counts faults that the exchange has played. */
  readonly played: (kind: FaultKind, times?: number) => void
  /** What has been counted up to now. */
  readonly read: () => ExchangeTally
}

/**
 * The largest number of events within any `windowMs`, both ends included, in whole milliseconds: the strictest
 * reading of "no 21 within any 1000 ms". Keeps one entry for each millisecond of the last window that had an
 * event.
 */
const makeSlidingMaximum = (windowMs: number) => {
  let entries: Array<{ readonly ms: number; count: number }> = []
  let head = 0
  let inWindow = 0
  let most = 0
  return {
    add: (atMs: number): void => {
      const ms = Math.floor(atMs)
      for (
        let oldest = entries[head];
        oldest !== undefined && ms - oldest.ms > windowMs;
        oldest = entries[head]
      ) {
        inWindow -= oldest.count
        head += 1
      }
      // Dropped entries are given back once they are half of all: constant work per event on average.
      if (head > 64 && head * 2 > entries.length) {
        entries = entries.slice(head)
        head = 0
      }
      const last = entries.length > head ? entries.at(-1) : undefined
      if (last?.ms === ms) last.count += 1
      else entries.push({ ms, count: 1 })
      inWindow += 1
      most = Math.max(most, inWindow)
    },
    most: (): number => most,
  }
}

/**
 * Whether a name was seen before, among the last `generation` names at least and twice as many at most. Two
 * sets that take turns forget in constant time.
 */
const makeRecentNames = (generation: number) => {
  let older = new Set<string>()
  let newer = new Set<string>()
  return {
    seen: (name: string): boolean => {
      if (newer.has(name)) return true
      const repeated = older.has(name)
      newer.add(name)
      if (newer.size >= generation) {
        older = newer
        newer = new Set()
      }
      return repeated
    },
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
): ArrivalTally => {
  const keys = new Map(
    labels.map((label) => [
      label,
      {
        rulings: { accepted: 0, "rate-limit": 0, blocked: 0, nonce: 0 } satisfies Record<Ruling, number>,
        arrivals: makeSlidingMaximum(windowMs),
        passes: makeSlidingMaximum(windowMs),
      },
    ]),
  )
  const orders = makeRecentNames(remembered)
  let unknownKey = 0
  let repeatedOrders = 0
  const faults = new Map<FaultKind, number>()
  return {
    arrived: (label, ruling, atMs, reqId) => {
      const key = keys.get(label)
      if (key === undefined) return
      key.rulings[ruling] += 1
      key.arrivals.add(atMs)
      if (ruling === "accepted" || ruling === "nonce") key.passes.add(atMs)
      if (ruling === "accepted" && orders.seen(reqId)) repeatedOrders += 1
    },
    unknownKey: () => {
      unknownKey += 1
    },
    played: (kind, times = 1) => {
      if (times > 0) faults.set(kind, (faults.get(kind) ?? 0) + times)
    },
    read: () => ({
      windowMs,
      keys: Array.from(keys, ([label, { rulings, arrivals, passes }]) => ({
        key: label,
        requests: rulings.accepted + rulings["rate-limit"] + rulings.blocked + rulings.nonce,
        accepted: rulings.accepted,
        rateLimit: rulings["rate-limit"],
        blocked: rulings.blocked,
        nonce: rulings.nonce,
        busiestWindow: arrivals.most(),
        mostPasses: passes.most(),
      })),
      unknownKey,
      repeatedOrders,
      faults: Object.fromEntries(faults),
    }),
  }
}
