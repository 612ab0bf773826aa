/**
 * Several limits at once, each with a scope: what shares a counter at the exchange. A request must find room in all of its
 * limits and is held in all, or in none.
 *
 * Orders that wait are looked at in their order. One whose scope is full is passed over, and the first that may go is taken:
 *
 * - First come, first served within a scope: nothing goes that shares a counter that is full for an order before it.
 * - Nothing starves: the order that waits longest keeps its room in the counters that are not full for it. Those that
 *   are full drain for it, because nobody else is let into them, and then all of them have room.
 *
 * No look goes through all orders. Those that need the same are of one kind, and only the first of a kind is looked at. A kind
 * that finds a counter full waits there, in its place, and is looked at again when that counter may have room for it: at the
 * moment that the counter tells, or when a request is settled. So an order costs a few looks, however many wait.
 *
 * Scopes that count nothing are forgotten. Times are milliseconds of the monotonic clock, and a parameter.
 *
 * @example
 * const limits = new JoinedLimits<Order>([
 *   { make: () => new SlidingLog({ limit: 20, windowMs: 1000 }), scopeOf: () => "", keyScopeOf: (key) => key, costOf: () => 1 },
 *   { make: () => new Bucket({ capacity: 60, perSecond: 1 }), scopeOf: ({ params }) => params?.symbol ?? "", costOf: () => 1 },
 * ])
 * const waiting = limits.join(order, place)
 * const { first } = limits.look("key-1", nowMs)
 * if (first !== undefined) {
 *   limits.leave(first)
 *   const held = limits.hold(first.order, "key-1", nowMs) // the request leaves
 *   // Its answer is there:
 *   held.settle(latestMs)
 * }
 */
import type { LimitSpec, LimitsTold } from "../domain/LimitSpec.ts"
import type { FormerCost } from "../keys/LimitCosts.ts"
import { invariant } from "../platform/invariant.ts"
import { type Timed, TimeHeap } from "../platform/TimeHeap.ts"
import {
  type Counter,
  type Group,
  type Kind,
  type Need,
  newGroup,
  newKind,
  newWaiting,
  type ScopedLimit,
  Scopes,
  type Share,
  type Waiting,
} from "./Scopes.ts"

export type { ScopedLimit, Waiting } from "./Scopes.ts"

/** What was counted of a limit, and is certainly somebody else's. */
export interface Others {
  readonly limit: LimitSpec
  readonly cost: number
}

/** A request's place in all of its limits. */
export interface Held {
  /** It has arrived at `latestMs` at the latest, or never will (-Infinity). Once. */
  readonly settle: (latestMs: number) => void
  /** The exchange refused it for a limit: for the given one, where that is one of its own. */
  readonly refused: (nowMs: number, by?: LimitSpec) => void
  /** An answer says what was counted when the request arrived: what of it is somebody else's counts, too, and is returned. */
  readonly observe: (counts: LimitsTold["counts"], nowMs: number) => ReadonlyArray<Others>
  /** What it takes of each. */
}

/** What a look at the orders that wait has found. */
export interface Look<A> {
  /** The first that may go; undefined where none may. */
  readonly first: Waiting<A> | undefined
  /** When the key's own counters may have room, if nothing else happens; Infinity where only a settled request can tell. */
  readonly againMs: number
  /** What the key's own counters have no room for: of each group, orders from this place on. */
  readonly lacking: ReadonlyMap<Group<A>, number>
  /** The order for which room was kept that another would have had. */
  readonly keptFor: Waiting<A> | undefined
}

/** What a look has seen so far. */
interface Seen<A> {
  /** The key's own counters that are full for the order in this place. */
  readonly full: Map<Counter<A>, number>
  readonly lacking: Map<Group<A>, number>
  againMs: number
  keptFor: Waiting<A> | undefined
}

export class JoinedLimits<A> {
  readonly #shared: ReadonlyArray<Scopes<A>>
  readonly #ofKeys: ReadonlyArray<Scopes<A>>
  readonly #waiting = new TimeHeap<Waiting<A>>()
  readonly #kinds = new Map<string, Kind<A>>()
  readonly #groups = new Map<string, Group<A>>()
  /** Counters that are full for an order, by the time at which they may have room for it. */
  readonly #due = new TimeHeap<Counter<A>>()
  /** The time of the last look. */
  #nowMs = Number.NEGATIVE_INFINITY

  constructor(rules: ReadonlyArray<ScopedLimit<A>>) {
    const scopes = rules.map((rule, index) => new Scopes(rule, index))
    this.#shared = scopes.filter(({ rule }) => rule.keyScopeOf === undefined)
    this.#ofKeys = scopes.filter(({ rule }) => rule.keyScopeOf !== undefined)
  }

  get #all(): ReadonlyArray<Scopes<A>> {
    return [...this.#shared, ...this.#ofKeys]
  }

  get #oldest(): Waiting<A> | undefined {
    return this.#waiting.first()?.value
  }

  /** Scopes that are remembered, of all rules. */
  get size(): number {
    return this.#all.reduce((sum, scopes) => sum + scopes.size, 0)
  }

  /** An order that fits joins those that wait. `place` is its own: the least is looked at first. */
  join(order: A, place: number): Waiting<A> {
    const kind = this.#kindOf(order)
    const oldest = this.#oldest
    const isFirst = place < (kind.orders.first()?.value?.place ?? Number.POSITIVE_INFINITY)
    const joined = newWaiting(order, kind, place, this.#waiting)
    if (isFirst) this.#lookAgain(kind)
    if (oldest !== undefined && place < oldest.place) this.#onOldestChanged(oldest)
    return joined
  }

  /** An order waits no more: it was taken, or has ended. */
  leave(waiting: Waiting<A>): void {
    const { kind } = waiting
    const wasOldest = this.#oldest === waiting
    const wasFirst = kind.orders.first()?.value === waiting
    if (waiting.among !== undefined) this.#waiting.remove(waiting.among)
    if (waiting.amongItsKind !== undefined) kind.orders.remove(waiting.amongItsKind)
    if (wasFirst) this.#lookAgain(kind)
    if (wasOldest) this.#onOldestChanged(waiting)
  }

  /** Whether a key that looked in vain, or has not looked, may find an order now, without more room in its own counters. */
  mayGo(look: Look<A> | undefined): boolean {
    const isSame = look !== undefined && (look.keptFor === undefined || look.keptFor === this.#oldest)
    const lacking = isSame ? look.lacking : undefined
    for (const group of this.#groups.values()) if (isBefore(group, lacking?.get(group))) return true
    return false
  }

  /** When a counter that keys share may have room for an order that waits for it, if nothing else happens. */
  get dueMs(): number {
    return this.#due.first()?.atMs ?? Number.POSITIVE_INFINITY
  }

  /** Looks for the first order that may go with a key. */
  look(key: string, nowMs: number): Look<A> {
    this.rouse(nowMs)
    const seen: Seen<A> = {
      full: new Map(),
      lacking: new Map(),
      againMs: Number.POSITIVE_INFINITY,
      keptFor: undefined,
    }
    for (let group = this.#firstOf(seen); group !== undefined; group = this.#firstOf(seen)) {
      const kind = group.mayGo.first()?.value
      const first = kind?.orders.first()?.value
      invariant(
        kind !== undefined && first !== undefined,
        "a kind of orders is looked at of which none waits",
      )
      if (!this.#hasRoomWithKey(first, key, seen, nowMs)) seen.lacking.set(group, first.place)
      else if (this.#findRoom(first, nowMs)) return { ...seen, first }
    }
    return { ...seen, first: undefined }
  }

  /** What waits for counters that may have room by now is looked at again. */
  rouse(nowMs: number): void {
    this.#nowMs = nowMs
    for (let due = this.#due.first(); due !== undefined && due.atMs <= nowMs; due = this.#due.first()) {
      this.#due.take()
      if (due.value !== undefined) this.#onRoom(due.value)
    }
  }

  /** A request leaves now. Call it for what {@link look} has found. */
  hold(order: A, key: string, nowMs: number): Held {
    let isSettled = false
    const shares = this.#sharesOf(order, key, nowMs)
    // All or none: whoever finds no room in one of them must not be held in those before it.
    for (const { cost, counter } of shares)
      invariant(
        counter.limit.nextAt(cost, nowMs) <= nowMs,
        "a request leaves while one of its limits is used up",
      )
    const held = shares.map((share) => ({ ...share, mark: share.counter.limit.hold(share.cost, nowMs) }))
    return {
      settle: (latestMs) => {
        invariant(!isSettled, "a request is settled twice")
        isSettled = true
        for (const { cost, counter } of shares) {
          counter.limit.settle(cost, latestMs)
          this.#onRoom(counter)
        }
      },
      refused: (atMs, by) => {
        const named = shares.filter(({ rule }) => by !== undefined && rule.isCounterOf?.(by) === true)
        for (const { counter } of named.length === 0 ? shares : named) counter.limit.refused(atMs)
      },
      observe: (counts, atMs) =>
        counts.flatMap(({ limit, used }) => {
          const [own, ...more] = held.filter(({ rule }) => rule.isCounterOf?.(limit))
          // Of two alike it is not known which is meant.
          const cost =
            own === undefined || more.length > 0 ? 0 : own.counter.limit.observe(used, own.mark, atMs)
          return cost === 0 ? [] : [{ limit, cost }]
        }),
    }
  }

  /** Before anything is sent: what former lives have sent with a key counts. */
  recall(key: string, costs: ReadonlyArray<FormerCost>): void {
    for (const scopes of this.#all) scopes.recall(key, costs)
  }

  /** What they have sent without an answer has arrived by then, if it arrives at all. */
  clearFormer(key: string, latestMs: number): void {
    for (const scopes of this.#all)
      for (const counter of scopes.clearFormer(key, latestMs)) this.#onRoom(counter)
  }

  /** Whether what is settled with one key may make room for another. */
  shares(key: string, other: string): boolean {
    return this.#ofKeys.some(({ rule }) => rule.keyScopeOf?.(key) === rule.keyScopeOf?.(other))
  }

  #sharesOf(
    order: A,
    key: string,
    nowMs: number,
  ): ReadonlyArray<Share<A> & { readonly rule: ScopedLimit<A> }> {
    return this.#all.flatMap((scopes) => {
      const cost = scopes.rule.costOf(order)
      const scope = scopes.rule.scopeOf(order)
      // What costs nothing passes, also where the counter is full.
      return cost === 0
        ? []
        : [
            {
              cost,
              counter: scopes.counterFor(scope, key, nowMs),
              limit: scopes.index,
              scope,
              rule: scopes.rule,
            },
          ]
    })
  }

  #kindOf(order: A): Kind<A> {
    const needsOf = (rules: ReadonlyArray<Scopes<A>>): ReadonlyArray<Need<A>> =>
      rules.map((scopes) => ({ scopes, cost: scopes.rule.costOf(order), scope: scopes.rule.scopeOf(order) }))
    const shared = needsOf(this.#shared)
    const ofKeys = needsOf(this.#ofKeys)
    const groupName = nameOf(ofKeys)
    const name = nameOf([...shared, ...ofKeys])
    const known = this.#kinds.get(name)
    if (known !== undefined) return known
    const group = this.#groups.get(groupName) ?? newGroup(groupName, ofKeys.filter(isNeeded))
    this.#groups.set(groupName, group)
    group.kinds += 1
    const shares = shared
      .filter(isNeeded)
      .map(({ cost, scope, scopes }) => ({ cost, counter: scopes.counterFor(scope, "", this.#nowMs) }))
    for (const { counter } of shares) counter.needed += 1
    const kind = newKind(name, shares, group)
    this.#kinds.set(name, kind)
    return kind
  }

  #forget(kind: Kind<A>): void {
    const { group, name, shares } = kind
    this.#kinds.delete(name)
    for (const { counter } of shares) counter.needed -= 1
    group.kinds -= 1
    if (group.kinds === 0) this.#groups.delete(group.name)
  }

  /** Another order is the first of its kind, or none: it stands in no counter yet, and whoever stood behind it may have room. */
  #lookAgain(kind: Kind<A>): void {
    const { group, lacking, mayGo } = kind
    if (mayGo !== undefined) group.mayGo.remove(mayGo)
    kind.mayGo = undefined
    kind.lacking = new Map()
    for (const [counter, place] of lacking) {
      counter.fullFor.remove(place)
      this.#onRoom(counter)
    }
    const first = kind.orders.first()?.value
    if (first === undefined) this.#forget(kind)
    else kind.mayGo = group.mayGo.add(first.place, kind)
  }

  /** What the one that was the oldest keeps for itself is free, and nothing is kept from the one that is. */
  #onOldestChanged({ kind }: Waiting<A>): void {
    for (const { counter } of kind.shares) this.#onRoom(counter)
    const oldest = this.#oldest
    if (oldest !== undefined) this.#mayGo(oldest.kind)
  }

  /** A counter may have room for the first that waits for it. */
  #onRoom(counter: Counter<A>): void {
    const first = counter.fullFor.first()?.value
    if (first !== undefined) this.#mayGo(first)
  }

  #mayGo(kind: Kind<A>): void {
    const first = kind.orders.first()
    if (first !== undefined) kind.mayGo ??= kind.group.mayGo.add(first.atMs, kind)
  }

  #firstOf({ lacking }: Seen<A>): Group<A> | undefined {
    let found: Group<A> | undefined
    let place = Number.POSITIVE_INFINITY
    for (const group of this.#groups.values()) {
      const first = group.mayGo.first()
      if (first === undefined || first.atMs >= place || !isBefore(group, lacking.get(group))) continue
      found = group
      place = first.atMs
    }
    return found
  }

  /** Whether the key's own counters have room. */
  #hasRoomWithKey(first: Waiting<A>, key: string, seen: Seen<A>, nowMs: number): boolean {
    const oldest = this.#oldest
    const keeps = oldest === undefined || oldest === first ? [] : oldest.kind.group.needs
    let roomMs = Number.NEGATIVE_INFINITY
    for (const { cost, scope, scopes } of first.kind.group.needs) {
      const counter = scopes.counterFor(scope, key, nowMs)
      const kept = keeps.find((need) => need.scopes === scopes && need.scope === scope)?.cost ?? 0
      const isBehind = (seen.full.get(counter) ?? Number.POSITIVE_INFINITY) < first.place
      const atMs = isBehind ? Number.POSITIVE_INFINITY : roomAt(counter, cost + kept, nowMs)
      if (atMs > nowMs && !isBehind) seen.full.set(counter, first.place)
      if (atMs > nowMs && kept > 0) seen.keptFor = oldest
      roomMs = Math.max(roomMs, atMs)
    }
    if (roomMs <= nowMs) return true
    seen.againMs = Math.min(seen.againMs, roomMs)
    return false
  }

  /** Whether all counters that keys share have room; where they have not, the order's kind waits in those that are full. */
  #findRoom(first: Waiting<A>, nowMs: number): boolean {
    const { kind, place } = first
    const oldest = this.#oldest
    const keeps = oldest === undefined || oldest === first ? [] : oldest.kind.shares
    const before = kind.lacking
    const lacking = new Map<Counter<A>, Timed<Kind<A>>>()
    for (const { cost, counter } of kind.shares) {
      const isBehind = (counter.fullFor.first()?.atMs ?? Number.POSITIVE_INFINITY) < place
      const kept = keeps.find((share) => share.counter === counter)?.cost ?? 0
      const roomMs = isBehind ? Number.POSITIVE_INFINITY : roomAt(counter, cost + kept, nowMs)
      if (roomMs <= nowMs) continue
      lacking.set(counter, before.get(counter) ?? counter.fullFor.add(place, kind))
      if (!isBehind) this.#awaitRoom(counter, roomMs)
    }
    kind.lacking = lacking
    for (const [counter, at] of before) {
      if (lacking.has(counter)) continue
      counter.fullFor.remove(at)
      this.#onRoom(counter)
    }
    if (lacking.size === 0) return true
    if (kind.mayGo !== undefined) kind.group.mayGo.remove(kind.mayGo)
    kind.mayGo = undefined
    return false
  }

  #awaitRoom(counter: Counter<A>, roomMs: number): void {
    if (counter.due !== undefined) this.#due.remove(counter.due)
    counter.due = Number.isFinite(roomMs) ? this.#due.add(roomMs, counter) : undefined
  }
}

/** Whether an order of the group may go that comes before the given place. */
const isBefore = <A>({ mayGo }: Group<A>, place: number = Number.POSITIVE_INFINITY): boolean =>
  (mayGo.first()?.atMs ?? Number.POSITIVE_INFINITY) < place

const isNeeded = <A>({ cost }: Need<A>): boolean => cost > 0

const nameOf = <A>(needs: ReadonlyArray<Need<A>>): string =>
  JSON.stringify(needs.map(({ cost, scope }) => (cost === 0 ? 0 : [cost, scope])))

/** When the counter has room for a cost. */
const roomAt = <A>({ limit }: Counter<A>, cost: number, nowMs: number): number =>
  limit.fits(cost) ? limit.nextAt(cost, nowMs) : Number.POSITIVE_INFINITY

/**
 * Tells why an order can never be sent; undefined where it can. Ask it at the door: what does not fit would wait for ever.
 */
export const misfits = <A>(rules: ReadonlyArray<ScopedLimit<A>>): ((order: A) => string | undefined) => {
  const asked = rules.map((rule) => ({ rule, limit: rule.make() }))
  return (order) => {
    for (const { limit, rule } of asked) {
      const cost = rule.costOf(order)
      if (Number.isNaN(cost)) return "cost must be a whole number, 0 or more"
      if (!limit.fits(cost)) return `cost ${cost} of a limit that has room for ${limit.capacity}`
    }
    return undefined
  }
}
