/**
 * The most that can be sent under the rules that make a client safe: exact timers, no pace, no queue of its own. It shares no
 * code with the dispatcher, which it measures. A comparison plays it on the delays that it has drawn, a summary on those of its log.
 *
 * The rules, of each lane: a request is sent when the one before it has certainly arrived, and when fewer than `limit` permits are
 * out. A permit comes back a window and a millisecond after the request has certainly arrived; the millisecond is that of the
 * exchange's clock. The oldest order goes to the lane that is ready first.
 */
import { elapsedMs } from "../journal/elapsed.ts"
import { TimeHeap } from "../platform/TimeHeap.ts"

/** Times in milliseconds. */
export interface SafeRules {
  readonly keys: number
  readonly limit: number
  readonly windowMs: number
  /** How long an order is worth sending, or undefined for ever. */
  readonly ttlMs: number | undefined
}

/** What the rules see of one request's way, in milliseconds from its leaving. */
export interface Passage {
  /** Its answer is complete, or it is given up. */
  readonly settledMs: number
  /** It has certainly arrived: its permit comes back a window after that. */
  readonly latestMs: number
  /** The key's next request can overtake it no more. */
  readonly nextMs: number
  readonly isAccepted: boolean
}

/** The exchange counts whole milliseconds, and lets pass what is more than a window apart. */
const EXCHANGE_TICK_MS = 1

interface Lane {
  /** When the request before has certainly arrived. */
  arrivedMs: number
  /** When permits that may be out come back, the earliest first: at most `limit`. */
  readonly permits: Array<number>
}

const takePermit = ({ permits }: Lane, sentMs: number, backMs: number): void => {
  while ((permits[0] ?? Number.POSITIVE_INFINITY) <= sentMs) permits.shift()
  // Nearly always the last; only a lost request's permit stays out for longer than those after it.
  let at = permits.length
  while (at > 0 && (permits[at - 1] ?? 0) > backMs) at -= 1
  if (at === permits.length) permits.push(backMs)
  else permits.splice(at, 0, backMs)
}

export class SafeClient {
  readonly #rules: SafeRules
  readonly #lanes = new TimeHeap<Lane>()

  /** @param former goes on where another one is; without it nothing was sent */
  constructor(rules: SafeRules, former?: SafeClient) {
    this.#rules = rules
    if (former === undefined)
      for (let key = 0; key < rules.keys; key += 1)
        this.#add({ arrivedMs: Number.NEGATIVE_INFINITY, permits: [] })
    else
      for (const { arrivedMs, permits } of former.#lanes.values())
        this.#add({ arrivedMs, permits: [...permits] })
  }

  #add(lane: Lane): void {
    const { arrivedMs, permits } = lane
    const permitMs = permits.length < this.#rules.limit ? Number.NEGATIVE_INFINITY : permits[0]
    this.#lanes.add(Math.max(arrivedMs, permitMs ?? Number.POSITIVE_INFINITY), lane)
  }

  /**
   * When the next order, the oldest that there is, would be sent; undefined where it is too old before it can be.
   */
  sendsAt(createdMs: number): number | undefined {
    const first = this.#lanes.first()
    if (first === undefined || first.atMs === Number.POSITIVE_INFINITY) return undefined
    const sentMs = Math.max(createdMs, first.atMs)
    const { ttlMs } = this.#rules
    return ttlMs !== undefined && elapsedMs(createdMs, sentMs) >= ttlMs ? undefined : sentMs
  }

  /** Sends it then; its request goes this way. */
  send(sentMs: number, { latestMs, nextMs }: Passage): void {
    const lane = this.#lanes.take()?.value
    if (lane === undefined) return
    lane.arrivedMs = elapsedMs(0, sentMs + nextMs)
    takePermit(lane, sentMs, elapsedMs(0, sentMs + latestMs + this.#rules.windowMs + EXCHANGE_TICK_MS))
    this.#add(lane)
  }
}
