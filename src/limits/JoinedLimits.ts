/**
 * Several limits at once, each with a scope: what shares a counter at the exchange. A request must find room in all of its
 * limits and is held in all, or in none.
 *
 * Orders that wait are looked at in their order. One whose scope is full is passed over, and the first that may go is taken:
 *
 * - First come, first served within a scope: nothing goes that shares a counter that is full for an order before it.
 * - Nothing starves: the first order that is passed over keeps its room in the counters that are not full for it. Those that
 *   are full drain for it, because nobody else is let into them, and then all of them have room.
 *
 * Scopes that count nothing are forgotten. Times are milliseconds of the monotonic clock, and a parameter.
 *
 * @example
 * const limits = new JoinedLimits<Order>([
 *   { make: () => new SlidingLog({ limit: 20, windowMs: 1000 }), scopeOf: (_, key) => key, costOf: () => 1 },
 *   { make: () => new Bucket({ capacity: 60, perSecond: 1 }), scopeOf: ({ params }) => params?.symbol ?? "", costOf: () => 1 },
 * ])
 * const { first } = limits.look(waiting, "key-1", nowMs)
 * if (first !== undefined) {
 *   const held = limits.hold(first, "key-1", nowMs) // the request leaves
 *   // Its answer is there:
 *   held.settle(latestMs)
 * }
 */
import { invariant } from "../platform/invariant.ts"
import type { Limit } from "./Limit.ts"

/** One of the exchange's rules, and what shares a counter by it. */
export interface ScopedLimit<A> {
  /** A counter for a scope that has none yet. */
  readonly make: () => Limit
  /** The scope of an order that is sent with a key: the key's label, its account, a field of the order, the same for all. */
  readonly scopeOf: (order: A, key: string) => string
  /** What it costs: a whole number, 0 where the rule does not count it. */
  readonly costOf: (order: A) => number
}

/** A request's place in all of its limits. */
export interface Held {
  /** It has arrived at `latestMs` at the latest, or never will (-Infinity). Once. */
  readonly settle: (latestMs: number) => void
}

/** What a look at the orders that wait has found. */
export interface Look<A> {
  /** The first that may go; undefined where none may. */
  readonly first: A | undefined
  /** Where none may: when to look again, if nothing else happens; Infinity where only a settled request can tell. */
  readonly againMs: number
}

interface Share {
  readonly limit: Limit
  readonly cost: number
}

/** Fewer scopes are not worth a search for those that are idle. */
const WORTH_FORGETTING = 16

/** The counters of one rule, by scope. */
class Scopes<A> {
  readonly #rule: ScopedLimit<A>
  readonly #limits = new Map<string, Limit>()
  /** With so many of them it is time to look for those that are idle: then it costs each newcomer the same. */
  #forgetAt = WORTH_FORGETTING

  constructor(rule: ScopedLimit<A>) {
    this.#rule = rule
  }

  get size(): number {
    return this.#limits.size
  }

  shareOf(order: A, key: string): Share {
    const scope = this.#rule.scopeOf(order, key)
    const known = this.#limits.get(scope)
    if (known !== undefined) return { limit: known, cost: this.#rule.costOf(order) }
    const limit = this.#rule.make()
    this.#limits.set(scope, limit)
    return { limit, cost: this.#rule.costOf(order) }
  }

  forgetIdle(nowMs: number): void {
    if (this.#limits.size < this.#forgetAt) return
    for (const [scope, limit] of this.#limits) if (limit.isIdle(nowMs)) this.#limits.delete(scope)
    this.#forgetAt = Math.max(WORTH_FORGETTING, 2 * this.#limits.size)
  }
}

export class JoinedLimits<A> {
  readonly #rules: ReadonlyArray<Scopes<A>>

  constructor(rules: ReadonlyArray<ScopedLimit<A>>) {
    this.#rules = rules.map((rule) => new Scopes(rule))
  }

  /** Scopes that are remembered, of all rules. */
  get size(): number {
    return this.#rules.reduce((sum, scopes) => sum + scopes.size, 0)
  }

  /** Whether the order can ever be sent. Ask it at the door: what does not fit must not wait. */
  fits(order: A, key: string): boolean {
    return this.#sharesOf(order, key).every(({ cost, limit }) => limit.fits(cost))
  }

  /** Looks for the first order that may go. `orders` are those that wait, the first to come first, and all fit. */
  look(orders: Iterable<A>, key: string, nowMs: number): Look<A> {
    for (const scopes of this.#rules) scopes.forgetIdle(nowMs)
    /** Full for an order before. */
    const full = new Set<Limit>()
    /** What the first order that was passed over keeps for itself. */
    let kept: ReadonlyArray<Share> | undefined
    let againMs = Number.POSITIVE_INFINITY
    for (const order of orders) {
      const shares = this.#sharesOf(order, key)
      let atMs = Number.NEGATIVE_INFINITY
      const lacking: Array<Limit> = []
      for (const { cost, limit } of shares) {
        const roomMs = full.has(limit) ? Number.POSITIVE_INFINITY : roomAt(limit, cost, kept, nowMs)
        if (roomMs > nowMs) lacking.push(limit)
        atMs = Math.max(atMs, roomMs)
      }
      if (atMs <= nowMs) return { first: order, againMs: nowMs }
      againMs = Math.min(againMs, atMs)
      for (const limit of lacking) full.add(limit)
      kept ??= shares
    }
    return { first: undefined, againMs }
  }

  /** A request leaves now. Call it for what {@link look} has found. */
  hold(order: A, key: string, nowMs: number): Held {
    const shares = this.#sharesOf(order, key)
    // All or none: whoever finds no room in one of them must not be held in those before it.
    for (const { cost, limit } of shares)
      invariant(limit.nextAt(cost, nowMs) <= nowMs, "a request leaves while one of its limits is used up")
    for (const { cost, limit } of shares) limit.hold(cost, nowMs)
    return {
      settle: (latestMs) => {
        for (const { cost, limit } of shares) limit.settle(cost, latestMs)
      },
    }
  }

  #sharesOf(order: A, key: string): ReadonlyArray<Share> {
    // What costs nothing passes, also where the counter is full.
    return this.#rules.map((scopes) => scopes.shareOf(order, key)).filter(({ cost }) => cost > 0)
  }
}

/** When the limit has room for the cost, and for what is kept in it. */
const roomAt = (
  limit: Limit,
  cost: number,
  kept: ReadonlyArray<Share> | undefined,
  nowMs: number,
): number => {
  const keptCost = kept?.find((share) => share.limit === limit)?.cost ?? 0
  return limit.fits(cost + keptCost) ? limit.nextAt(cost + keptCost, nowMs) : Number.POSITIVE_INFINITY
}
