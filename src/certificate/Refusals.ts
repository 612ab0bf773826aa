/**
 * Requests that the exchange refused for its own rules, though the client may have kept them: then something that was assumed
 * did not hold. Tells which, as far as a log can tell.
 *
 * Feed it a log's requests in the log's order; nothing of it grows with the log. Times are milliseconds.
 */
import { type LimitSpec, showLimit } from "../domain/LimitSpec.ts"
import type { RejectReason } from "../domain/Outcome.ts"
import { counted } from "../platform/counted.ts"

/** What must be wrong where a client that kept its rules was refused. */
export type Assumption =
  /** That no request takes longer than the bound: without it, the client would have waited. */
  | "bound"
  /** That nothing of a former run was left: it came before the first window was over, or before the key's first acceptance. */
  | "formerRun"
  /** That the exchange's limit and window are those of the header, and that nobody else uses the key. */
  | "limitOrKey"

/** Requests that were refused for the rate limit, for their nonce, or because their key was blocked; and by what was assumed. */
export interface RefusalFigures extends Readonly<Record<Assumption, number>> {
  readonly rateLimit: number
  readonly nonce: number
  readonly blocked: number
}

export interface RefusalSettings {
  readonly limit: number
  readonly windowMs: number
  /** All limits, where `limit` in each window of a key is not all. */
  readonly limits?: ReadonlyArray<LimitSpec> | undefined
  readonly boundMs: number | null | undefined
  readonly requestTimeoutMs: number
}

interface Request {
  readonly key: string
  readonly sentMs: number
  /** Without the bound it would have found a window's worth of others that could still be in the window. */
  readonly isCloseToOthers: boolean
  /** It was under way together with the one before it or the one after. */
  isBesideAnother: boolean
}

interface Key {
  /** Without an end so far, in the order of sending, by the order's id. */
  readonly underWay: Map<string, Request>
  /** When the last requests ended, at most `limit` of them. */
  readonly settledMs: Array<number>
  wasAccepted: boolean
  /** Of its last request that was refused for the rate limit. */
  exceeded: Assumption | undefined
}

/** The exchange's clock counts whole milliseconds. */
const CLOCK_MS = 1
/** No client of ours has as many under way. */
const MOST_UNDER_WAY = 10_000
const MOST_SETTLED = 10_000

/** How a request ended. */
export interface RefusableEnd {
  readonly settledMs: number
  /** Whether a byte of it left. */
  readonly hasLeft: boolean
  readonly isAccepted: boolean
  /** Why it was refused; undefined where it was not. */
  readonly reason: RejectReason | undefined
}

export class Refusals {
  readonly #settings: RefusalSettings
  readonly #keys = new Map<string, Key>()
  readonly #kinds = { rateLimit: 0, nonce: 0, blocked: 0 }
  readonly #assumptions: Record<Assumption, number> = { bound: 0, formerRun: 0, limitOrKey: 0 }

  constructor(settings: RefusalSettings) {
    this.#settings = settings
  }

  sent(label: string, id: string, sentMs: number): void {
    const key = this.#keyOf(label)
    const { limit, windowMs } = this.#settings
    const fromMs = sentMs - windowMs - CLOCK_MS
    // They end in the order of their records, but for moments.
    const missing = limit - key.underWay.size
    const settledMs = key.settledMs.at(-Math.max(1, missing)) ?? Number.NEGATIVE_INFINITY
    const isCloseToOthers = missing <= 0 || settledMs > fromMs
    const request = { key: label, sentMs, isCloseToOthers, isBesideAnother: false }
    for (const other of key.underWay.values()) {
      other.isBesideAnother = true
      request.isBesideAnother = true
    }
    key.underWay.set(id, request)
    for (const first of key.underWay.keys()) {
      if (key.underWay.size <= MOST_UNDER_WAY) break
      key.underWay.delete(first)
    }
  }

  ended(label: string, id: string, { hasLeft, isAccepted, reason, settledMs }: RefusableEnd): void {
    const key = this.#keyOf(label)
    const request = key.underWay.get(id)
    key.underWay.delete(id)
    if (request === undefined) return
    if (hasLeft) {
      key.settledMs.push(settledMs)
      if (key.settledMs.length > Math.min(this.#settings.limit, MOST_SETTLED)) key.settledMs.shift()
    }
    this.#refused(key, request, reason)
    if (isAccepted) key.wasAccepted = true
  }

  #refused(key: Key, request: Request, reason: RejectReason | undefined): void {
    if (reason === "rate-limit") {
      this.#kinds.rateLimit += 1
      key.exceeded = this.#behindExceed(request)
      this.#assumptions[key.exceeded] += 1
    } else if (reason === "nonce") {
      this.#kinds.nonce += 1
      this.#assumptions[this.#behindNonce(key, request)] += 1
    } else if (reason === "blocked") {
      this.#kinds.blocked += 1
      this.#assumptions[key.exceeded ?? "formerRun"] += 1
    }
  }

  get #isBounded(): boolean {
    const { boundMs } = this.#settings
    return boundMs !== null && boundMs !== undefined
  }

  #behindExceed({ isCloseToOthers, sentMs }: Request): Assumption {
    const { boundMs, requestTimeoutMs, windowMs } = this.#settings
    if (this.#isBounded && isCloseToOthers) return "bound"
    return sentMs <= windowMs + (boundMs ?? requestTimeoutMs) ? "formerRun" : "limitOrKey"
  }

  #behindNonce({ wasAccepted }: Key, { isBesideAnother }: Request): Assumption {
    if (this.#isBounded && isBesideAnother) return "bound"
    return wasAccepted ? "limitOrKey" : "formerRun"
  }

  #keyOf(label: string): Key {
    const known = this.#keys.get(label)
    if (known !== undefined) return known
    const key: Key = { underWay: new Map(), settledMs: [], wasAccepted: false, exceeded: undefined }
    this.#keys.set(label, key)
    return key
  }

  get figures(): RefusalFigures {
    return { ...this.#kinds, ...this.#assumptions }
  }
}

/** How many requests were refused. */
export const refusedIn = ({ blocked, nonce, rateLimit }: RefusalFigures): number =>
  rateLimit + nonce + blocked

const listed = (parts: ReadonlyArray<readonly [number, string]>, separator: string): string =>
  parts.flatMap(([number, text]) => (number > 0 ? [text] : [])).join(separator)

/**
 * What it means that the exchange refused requests of a client that kept its rules, in a sentence. Undefined where it refused
 * none.
 *
 * @param kept what the log shows that the client kept
 */
export const refusalText = (
  kept: string,
  figures: RefusalFigures,
  { boundMs, limit, limits, windowMs }: RefusalSettings,
): string | undefined => {
  const all = refusedIn(figures)
  if (all === 0) return undefined
  const { blocked, bound, formerRun, limitOrKey, nonce, rateLimit } = figures
  const allowed = limits === undefined ? `${limit} in ${windowMs} ms` : limits.map(showLimit).join(", ")
  const kinds: ReadonlyArray<readonly [number, string]> = [
    [rateLimit, `${rateLimit} for the rate limit`],
    [nonce, `${nonce} for ${nonce === 1 ? "its nonce" : "their nonces"}`],
    [blocked, `${blocked} because the key was blocked`],
  ]
  const assumptions: ReadonlyArray<readonly [number, string]> = [
    [
      bound,
      `${bound} relied on the bound of ${boundMs} ms, and a request may have taken longer (raise the bound, or give none)`,
    ],
    [
      formerRun,
      `${formerRun} came so early that a former run or another client may be behind it (let all runs keep the same state)`,
    ],
    [
      limitOrKey,
      `${limitOrKey} had nothing to do with either: the exchange may allow less than ${allowed} (ask it), or another client uses the key (give each its own)`,
    ],
  ]
  return `${kept}, and the exchange refused ${counted(all, "request")} all the same (${listed(kinds, ", ")}), so something that was assumed did not hold: ${listed(assumptions, "; ")}.`
}
