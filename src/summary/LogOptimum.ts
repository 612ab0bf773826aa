/**
 * The safe optimum of a log, in constant memory: a {@link SafeClient} on the log's own orders, with what the rules saw of its own
 * requests. Its n-th request goes the way of the log's n-th. Where it sends more than the log did, it goes the last ways again.
 */
import { elapsedMs } from "../journal/elapsed.ts"
import type { LogStart } from "./LogStart.ts"
import { type Passage, SafeClient } from "./SafeClient.ts"
import { windowOf } from "./Windows.ts"

/** So many orders wait for the way of a request; and so many ways for an order. Further ones go the last ways again. */
const MOST_WAITING = 1024
/** Windows that are told apart. Only a request that was lost settles later than that. */
const OPEN_WINDOWS = 64

/** What it takes. */
export type OptimumInput =
  | { readonly type: "order"; readonly createdMs: number }
  | { readonly type: "request"; readonly passage: Passage }

export class LogOptimum {
  readonly #start: LogStart
  readonly #client: SafeClient | undefined
  /** The creation of orders that wait for the way of a request. */
  readonly #orders: Array<number> = []
  /** Ways that wait for an order. */
  readonly #ahead: Array<Passage> = []
  /** The last ways, and the one to go again next. */
  readonly #last: Array<Passage> = []
  #again = 0
  /** Accepted in each of the last windows, and in all before. */
  readonly #accepted = new Map<number, number>()
  #acceptedBefore = 0
  #newest = 0
  #lastMs = 0
  #beginMs: number | undefined

  /** @param former goes on where another one is */
  constructor(start: LogStart, former?: LogOptimum) {
    this.#start = start
    const { settings } = start
    if (settings === undefined || settings.orders === "unknown" || settings.limit < 1) return
    // The safe client knows one rule, and nonces that rise.
    if (settings.limits !== undefined || settings.isUnordered === true) return
    const { keys, limit, windowMs } = settings
    const ttlMs = this.#comeAtTheirTimes ? settings.ttlMs : undefined
    this.#client = new SafeClient(
      { keys, limit, windowMs, ttlMs },
      former === undefined ? undefined : former.#client,
    )
    if (former === undefined) return
    this.#orders = [...former.#orders]
    this.#ahead = [...former.#ahead]
    this.#last = [...former.#last]
    this.#again = former.#again
    this.#accepted = new Map(former.#accepted)
    this.#acceptedBefore = former.#acceptedBefore
    this.#newest = former.#newest
    this.#lastMs = former.#lastMs
    this.#beginMs = former.#beginMs
  }

  get #comeAtTheirTimes(): boolean {
    return this.#start.settings?.orders === "at-their-times"
  }

  take(input: OptimumInput): void {
    if (this.#client === undefined) return
    if (input.type === "order") this.#takeOrder(input.createdMs)
    else this.#takePassage(input.passage)
    while (this.#orders.length > 0 && (this.#ahead.length > 0 || this.#orders.length > MOST_WAITING))
      this.#playFirst()
  }

  #takeOrder(createdMs: number): void {
    this.#beginMs ??= createdMs
    this.#orders.push(this.#comeAtTheirTimes ? createdMs : this.#beginMs)
  }

  #takePassage(passage: Passage): void {
    this.#ahead.push(passage)
    if (this.#ahead.length > MOST_WAITING) this.#ahead.shift()
    if (this.#last.length < MOST_WAITING) this.#last.push(passage)
    else {
      this.#last[this.#again] = passage
      this.#again = (this.#again + 1) % MOST_WAITING
    }
  }

  /** The next way that waits; else one that was gone before, the oldest first. Undefined where none is known. */
  #nextPassage(): Passage | undefined {
    const next = this.#ahead.shift()
    if (next !== undefined) return next
    const again = this.#last[this.#again % Math.max(1, this.#last.length)]
    this.#again = (this.#again + 1) % Math.max(1, this.#last.length)
    return again
  }

  #playFirst(): void {
    const createdMs = this.#orders.shift()
    if (createdMs === undefined || this.#client === undefined || this.#last.length === 0) return
    const sentMs = this.#client.sendsAt(createdMs)
    if (sentMs === undefined) return
    const passage = this.#nextPassage()
    if (passage === undefined) return
    this.#client.send(sentMs, passage)
    if (!passage.isAccepted) return
    const sinceFirst = elapsedMs(this.#start.firstMs, sentMs + passage.settledMs)
    if (sinceFirst < 0) return
    this.#lastMs = Math.max(this.#lastMs, sinceFirst)
    const window = windowOf(sinceFirst)
    this.#newest = Math.max(this.#newest, window)
    this.#accepted.set(window, (this.#accepted.get(window) ?? 0) + 1)
    if (this.#accepted.size <= OPEN_WINDOWS) return
    for (const [old, count] of this.#accepted) {
      if (old > this.#newest - OPEN_WINDOWS) continue
      this.#acceptedBefore += count
      this.#accepted.delete(old)
    }
  }

  /**
   * Orders accepted a second, over the complete windows of the time in which the log has orders; null where it does not tell.
   *
   * @param windows how many of them; of less than one the first second counts
   */
  perSecond(windows: number): number | null {
    if (this.#client === undefined || this.#last.length === 0) return null
    const whole = new LogOptimum(this.#start, this)
    while (whole.#orders.length > 0) whole.#playFirst()
    return whole.#rate(windows)
  }

  #rate(windows: number): number {
    let accepted = this.#acceptedBefore
    const seconds = Math.max(1, windows)
    for (const [window, count] of this.#accepted) if (window < seconds) accepted += count
    // All orders were there, and it was done with them sooner.
    return !this.#comeAtTheirTimes && this.#lastMs > 0
      ? accepted / Math.min(seconds, Math.max(1, this.#lastMs / 1000))
      : accepted / seconds
  }
}
