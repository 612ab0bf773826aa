/** A rule's counters, one for each scope that is in use, and the orders that wait for them, sorted by what they need. */
import type { LimitSpec } from "../domain/LimitSpec.ts"
import { type FormerCost, scopeName } from "../keys/LimitCosts.ts"
import { type Timed, TimeHeap } from "../platform/TimeHeap.ts"
import type { Limit } from "./Limit.ts"

/** One of the exchange's rules, and what shares a counter by it. */
export interface ScopedLimit<A> {
  /** A counter for a scope that has none yet. */
  readonly make: () => Limit
  /** What of an order has a counter of its own: a field of it, say, or the same for all orders. */
  readonly scopeOf: (order: A) => string
  /** The order's parameters that `scopeOf` and `costOf` go by, besides `cost`: the journal then tells them, too. */
  readonly fields?: ReadonlyArray<string>
  /** Which keys share a counter: a key's label where each has its own, its account. Left out where all share it. */
  readonly keyScopeOf?: ((key: string) => string) | undefined
  /** Whether a limit that an answer tells of counts by the same counter; left out where no answer does. */
  readonly isCounterOf?: (limit: LimitSpec) => boolean
  /** What an order costs: a whole number, 0 where the rule does not count it. */
  readonly costOf: (order: A) => number
}

/** The counter of one scope. */
export interface Counter<A> {
  readonly limit: Limit
  /** For which kinds it is full, by the place of their first orders. */
  readonly fullFor: TimeHeap<Kind<A>>
  /** When it may have room for the first of them. */
  due: Timed<Counter<A>> | undefined
  /** Kinds of orders that need it. */
  needed: number
  /** What it counts of former lives. */
  readonly former: ReadonlyArray<Former>
}

/** What a former life has sent with a key, as far as one rule counts it. */
interface Former extends Omit<FormerCost, "limit" | "latestMs"> {
  readonly key: string
  latestMs: number | undefined
}

/** What an order needs of a counter. */
export interface Share<A> {
  readonly counter: Counter<A>
  readonly cost: number
}

/** What an order needs of a rule that counts by keys: which counter it is depends on the key. */
export interface Need<A> {
  readonly scopes: Scopes<A>
  readonly scope: string
  readonly cost: number
}

/** An order that waits. */
export interface Waiting<A> {
  readonly order: A
  readonly kind: Kind<A>
  /** Its place in the line, the least first. */
  readonly place: number
  /** Where it is among all that wait, and among those of its kind. */
  among: Timed<Waiting<A>> | undefined
  amongItsKind: Timed<Waiting<A>> | undefined
}

/** Orders that need the same: where the first of them cannot go, none can. */
export interface Kind<A> {
  readonly name: string
  readonly shares: ReadonlyArray<Share<A>>
  readonly group: Group<A>
  readonly orders: TimeHeap<Waiting<A>>
  /** Where it is among those that may go; undefined where a counter is full for it. */
  mayGo: Timed<Kind<A>> | undefined
  /** Its places in the counters that are full for it. */
  lacking: ReadonlyMap<Counter<A>, Timed<Kind<A>>>
}

/** Kinds that need the same of a key's own counters: where one of these is full, none of them can go with that key. */
export interface Group<A> {
  readonly name: string
  readonly needs: ReadonlyArray<Need<A>>
  /** Those that have room in all counters that the keys share, as far as is known, by the place of their first orders. */
  readonly mayGo: TimeHeap<Kind<A>>
  /** How many of its kinds wait. */
  kinds: number
}

export const newWaiting = <A>(
  order: A,
  kind: Kind<A>,
  place: number,
  all: TimeHeap<Waiting<A>>,
): Waiting<A> => {
  const waiting: Waiting<A> = { order, kind, place, among: undefined, amongItsKind: undefined }
  waiting.among = all.add(place, waiting)
  waiting.amongItsKind = kind.orders.add(place, waiting)
  return waiting
}

export const newKind = <A>(name: string, shares: ReadonlyArray<Share<A>>, group: Group<A>): Kind<A> => ({
  name,
  shares,
  group,
  orders: new TimeHeap(),
  mayGo: undefined,
  lacking: new Map(),
})

export const newGroup = <A>(name: string, needs: ReadonlyArray<Need<A>>): Group<A> => ({
  name,
  needs,
  mayGo: new TimeHeap(),
  kinds: 0,
})

/** Fewer scopes are not worth a search for those that are idle. */
const WORTH_FORGETTING = 16

/** The counters of one rule, by scope. */
export class Scopes<A> {
  readonly rule: ScopedLimit<A>
  /** The rule's place among all. */
  readonly index: number
  #former: ReadonlyArray<Former> = []
  readonly #counters = new Map<string, Counter<A>>()
  /** With so many of them it is time to look for those that are idle: then it costs each newcomer the same. */
  #forgetAt = WORTH_FORGETTING

  constructor(rule: ScopedLimit<A>, index: number) {
    this.rule = rule
    this.index = index
  }

  /** Before anything is sent: what former lives have sent with a key counts. */
  recall(key: string, costs: ReadonlyArray<FormerCost>): void {
    const mine = costs.filter(({ limit }) => limit === this.index)
    this.#former = [...this.#former, ...mine.map((cost) => ({ ...cost, key }))]
  }

  /** What they have sent without an answer has arrived by then. Answers with the counters that learn of it. */
  clearFormer(key: string, latestMs: number): ReadonlyArray<Counter<A>> {
    const isOpen = (one: Former) => one.key === key && one.latestMs === undefined
    const told = [...this.#counters.values()].filter(({ former, limit }) => {
      const open = former.filter(isOpen)
      for (const { cost } of open) limit.settle(cost, latestMs)
      return open.length > 0
    })
    for (const one of this.#former.filter(isOpen)) one.latestMs = latestMs
    return told
  }

  get size(): number {
    return this.#counters.size
  }

  /** The counter for what an order needs that is sent with a key. */
  counterFor(scope: string, key: string, nowMs: number): Counter<A> {
    const keyScope = this.rule.keyScopeOf?.(key) ?? ""
    const name = `${keyScope.length}:${keyScope}${scope}`
    const known = this.#counters.get(name)
    if (known !== undefined) return known
    this.#forgetIdle(nowMs)
    const limit = this.rule.make()
    const former = this.#formerFor(scope, keyScope, nowMs)
    for (const { cost, latestMs } of former) limit.recall(cost, latestMs)
    const counter = { limit, fullFor: new TimeHeap<Kind<A>>(), due: undefined, needed: 0, former }
    this.#counters.set(name, counter)
    return counter
  }

  #formerFor(scope: string, keyScope: string, nowMs: number): ReadonlyArray<Former> {
    if (this.#former.length === 0) return []
    this.#former = this.#former.filter(
      ({ countsMs, latestMs }) => latestMs === undefined || latestMs + countsMs > nowMs,
    )
    const { keyScopeOf } = this.rule
    const name = scopeName(scope)
    return this.#former.filter(
      (one) => (one.scope === "" || one.scope === name) && (keyScopeOf?.(one.key) ?? "") === keyScope,
    )
  }

  #forgetIdle(nowMs: number): void {
    if (this.#counters.size < this.#forgetAt) return
    for (const [scope, { limit, needed }] of this.#counters)
      if (needed === 0 && limit.isIdle(nowMs)) this.#counters.delete(scope)
    this.#forgetAt = Math.max(WORTH_FORGETTING, 2 * this.#counters.size)
  }
}
