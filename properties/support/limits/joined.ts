/**
 * Worlds for the laws of joined limits, and what happens in them: orders wait in one line, several keys take from it, and the
 * emulator's exact counters, one for each scope, judge what arrives.
 */
import * as fc from "fast-check"
import { BucketCounter } from "../../../src/exchange/counters/BucketCounter.ts"
import type { Counter } from "../../../src/exchange/counters/Counter.ts"
import { LogCounter } from "../../../src/exchange/counters/LogCounter.ts"
import { Bucket } from "../../../src/limits/Bucket.ts"
import { JoinedLimits, type ScopedLimit, type Waiting } from "../../../src/limits/JoinedLimits.ts"
import { SlidingLog } from "../../../src/limits/SlidingLog.ts"
import { TimeHeap } from "../../../src/platform/TimeHeap.ts"

interface JoinedRule {
  readonly type: "log" | "bucket"
  readonly capacity: number
  /** The log's window, or what it takes to drain a full bucket. */
  readonly spanMs: number
  readonly scope: "key" | "field" | "all"
}

interface JoinedOrder {
  readonly gapMs: number
  readonly field: number
  /** By each rule. */
  readonly costs: ReadonlyArray<number>
  readonly onWayMs: number
  readonly backMs: number
}

export interface JoinedWorld {
  readonly rules: ReadonlyArray<JoinedRule>
  readonly keys: number
  readonly orders: ReadonlyArray<JoinedOrder>
}

const LONGEST_WAY_MS = 60
/** By more than this no limit's margin, of at most 600 ms, makes a wait longer. */
const SLACK_MS = 3

const rules = fc.record({
  type: fc.constantFrom<JoinedRule["type"]>("log", "bucket"),
  capacity: fc.integer({ min: 1, max: 6 }),
  spanMs: fc.integer({ min: 10, max: 600 }),
  scope: fc.constantFrom<JoinedRule["scope"]>("key", "field", "all"),
})

const way = fc.oneof(
  fc.constantFrom(0, LONGEST_WAY_MS),
  fc.double({ min: 0, max: LONGEST_WAY_MS, noNaN: true }),
)

const ordersOf = (fields: number, minLength: number, maxLength: number) =>
  fc.array(
    fc.record({
      gapMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 80 })),
      field: fc.integer({ min: 0, max: fields - 1 }),
      costs: fc.array(fc.constantFrom(0, 1, 1, 1, 2, 3), { minLength: 3, maxLength: 3 }),
      onWayMs: way,
      backMs: way,
    }),
    { minLength, maxLength },
  )

export const joinedWorlds: fc.Arbitrary<JoinedWorld> = fc.record({
  rules: fc.array(rules, { minLength: 1, maxLength: 3 }),
  keys: fc.integer({ min: 1, max: 3 }),
  orders: ordersOf(3, 1, 60),
})

/** More scopes than are remembered for nothing, and orders that come back to them. */
export const crowdedWorlds: fc.Arbitrary<JoinedWorld> = fc.record({
  rules: fc.tuple(
    fc.record({
      type: fc.constantFrom<JoinedRule["type"]>("log", "bucket"),
      capacity: fc.constantFrom(1, 2),
      spanMs: fc.integer({ min: 100, max: 2000 }),
      scope: fc.constant("field"),
    }),
  ),
  keys: fc.constant(1),
  orders: ordersOf(40, 100, 150),
})

const costOf = (world: JoinedWorld, order: JoinedOrder, rule: number): number =>
  Math.min(order.costs[rule] ?? 0, world.rules[rule]?.capacity ?? 0)

const scopeOf = ({ scope }: JoinedRule, order: JoinedOrder, key: string): string =>
  scope === "key" ? key : scope === "field" ? String(order.field) : "all"

export const limitsOf = (world: JoinedWorld): ReadonlyArray<ScopedLimit<JoinedOrder>> =>
  world.rules.map((rule, n) => ({
    make: () =>
      rule.type === "log"
        ? new SlidingLog({ limit: rule.capacity, windowMs: rule.spanMs })
        : new Bucket({ capacity: rule.capacity, perSecond: (1000 * rule.capacity) / rule.spanMs }),
    scopeOf: ({ field }) => (rule.scope === "field" ? String(field) : "all"),
    keyScopeOf: rule.scope === "key" ? (key) => key : undefined,
    costOf: (order) => costOf(world, order, n),
  }))

const counterOf = ({ capacity, spanMs, type }: JoinedRule): Counter =>
  type === "log"
    ? new LogCounter({ limit: capacity, windowMs: spanMs })
    : new BucketCounter({ capacity, perSecond: (1000 * capacity) / spanMs })

export interface JoinedVariant {
  readonly limits?: (world: JoinedWorld) => ReadonlyArray<ScopedLimit<JoinedOrder>>
  /** Asks for each order as if no other waited. */
  readonly eachByItself?: boolean
  /** Settles as it leaves. */
  readonly bySendTime?: boolean
}

export interface JoinedPlay {
  readonly refused: number
  readonly sent: number
  /** Orders that were sent before one that came earlier and needs nothing but what they need, too. */
  readonly overtaken: number
  /** Orders that, as the oldest, waited longer than it takes for all that was before them to count no more. */
  readonly starved: number
}

export const playJoined = (world: JoinedWorld, variant: JoinedVariant = {}): JoinedPlay => {
  const limits = new JoinedLimits((variant.limits ?? limitsOf)(world))
  const joined = new Map<JoinedOrder, Waiting<JoinedOrder>>()
  const counters = world.rules.map(() => new Map<string, Counter>())
  const happens = new TimeHeap<() => void>()
  const waiting: Array<JoinedOrder> = []
  let places = 0
  const seen = { refused: 0, sent: 0, overtaken: 0, starved: 0 }
  const longestMs = 2 * LONGEST_WAY_MS + Math.max(...world.rules.map(({ spanMs }) => spanMs)) + SLACK_MS
  let oldestSinceMs = 0
  /** When lanes look again. */
  let wakesMs = Number.POSITIVE_INFINITY
  let nowMs = 0

  const join = (order: JoinedOrder) => joined.set(order, limits.join(order, places++))
  const leave = (order: JoinedOrder) => {
    const place = joined.get(order)
    if (place !== undefined) limits.leave(place)
    joined.delete(order)
  }
  const look = (key: string): { readonly againMs: number; readonly first: JoinedOrder | undefined } => {
    if (variant.eachByItself !== true) {
      const { againMs, first } = limits.look(key, nowMs)
      return { first: first?.order, againMs: Math.min(againMs, limits.dueMs) }
    }
    let againMs = Number.POSITIVE_INFINITY
    for (const order of waiting) {
      join(order)
      const found = limits.look(key, nowMs)
      againMs = Math.min(againMs, found.againMs, limits.dueMs)
      leave(order)
      if (found.first !== undefined) return { first: order, againMs }
    }
    return { first: undefined, againMs }
  }
  const isIn = (order: JoinedOrder, other: JoinedOrder): boolean =>
    world.rules.every(
      (rule, n) =>
        costOf(world, order, n) === 0 ||
        (costOf(world, other, n) > 0 && (rule.scope !== "field" || order.field === other.field)),
    )
  const arrive = (order: JoinedOrder, key: string) => {
    world.rules.forEach((rule, n) => {
      const cost = costOf(world, order, n)
      if (cost === 0) return
      const scope = scopeOf(rule, order, key)
      const counter = counters[n]?.get(scope) ?? counterOf(rule)
      counters[n]?.set(scope, counter)
      if (!counter.pass(cost, nowMs)) seen.refused += 1
    })
  }
  const send = (order: JoinedOrder, key: string) => {
    const place = waiting.indexOf(order)
    seen.overtaken += waiting.slice(0, place).filter((before) => isIn(before, order)).length
    if (place === 0) {
      if (nowMs - oldestSinceMs > longestMs) seen.starved += 1
      oldestSinceMs = nowMs
    }
    waiting.splice(place, 1)
    leave(order)
    seen.sent += 1
    const held = limits.hold(order, key, nowMs)
    const settledMs = nowMs + order.onWayMs + order.backMs
    if (variant.bySendTime === true) held.settle(nowMs)
    else happens.add(settledMs, () => held.settle(settledMs))
    happens.add(nowMs + order.onWayMs, () => arrive(order, key))
  }
  const serve = () => {
    if (wakesMs <= nowMs) wakesMs = Number.POSITIVE_INFINITY
    for (let key = 1; key <= world.keys; key += 1) {
      const label = `key-${key}`
      const { againMs, first } = look(label)
      if (first !== undefined) {
        send(first, label)
        key = 0
      } else if (againMs < wakesMs) {
        wakesMs = againMs
        happens.add(againMs, () => {})
      }
    }
  }

  let comesMs = 0
  for (const order of world.orders) {
    comesMs += order.gapMs
    happens.add(comesMs, () => {
      if (waiting.length === 0) oldestSinceMs = nowMs
      waiting.push(order)
      if (variant.eachByItself !== true) join(order)
    })
  }
  for (let next = happens.take(); next !== undefined; next = happens.take()) {
    nowMs = Math.max(nowMs, next.atMs)
    next.value?.()
    serve()
  }
  return seen
}
