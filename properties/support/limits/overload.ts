/** A limit under overload: an order is always waiting. What it carries, beside a client without any delay. */
import { ExchangeClock } from "../../../src/limits/ExchangeClock.ts"
import { TimeHeap } from "../../../src/platform/TimeHeap.ts"
import { counterOf, limitOf, type Policy, type Rule } from "./rules.ts"

export interface Overload {
  readonly rule: Rule
  /** Delays are uniform up to this, each way. */
  readonly longestMs: number
  /** Undefined where none is known. */
  readonly boundMs: number | undefined
  readonly durationMs: number
  /** How much faster the exchange's clock is. */
  readonly drift?: number
  readonly seed: number
  readonly limitOf?: (rule: Rule, exchange: ExchangeClock) => Policy
}

export interface Carried {
  readonly sent: number
  readonly refused: number
  /** What a client without delay carries: it sends whenever the exchange's counter lets it. */
  readonly ceiling: number
  readonly share: number
  /** Of `latest - sent`. */
  readonly meanReachMs: number
}

/** mulberry32: uniform on [0, 1). */
const uniform = (seed: number) => {
  let state = seed | 0
  return (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The exchange's clock is so much ahead of ours. */
const OFFSET_MS = 123_456.7

/** A moment that rounding has put just before a millisecond is taken into it. */
const LEAST_WAIT_MS = 0.01

const showsAt = (atMs: number, drift: number): number => OFFSET_MS + atMs * (1 + drift)

const ceilingOf = (rule: Rule, beginMs: number, endMs: number, drift: number): number => {
  const counter = counterOf(rule)
  let passed = 0
  for (let nowMs = beginMs; nowMs < endMs;) {
    const showsMs = showsAt(nowMs, drift)
    if (counter.pass(1, showsMs)) passed += 1
    else nowMs += Math.max(LEAST_WAIT_MS, counter.retryAfter(1, showsMs) / (1 + drift))
  }
  return passed
}

const BEGIN_MS = 1000

export const carry = ({
  boundMs,
  durationMs,
  longestMs,
  rule,
  seed,
  drift = 0,
  ...options
}: Overload): Carried => {
  const exchange = new ExchangeClock()
  const limit = (options.limitOf ?? limitOf)(rule, exchange)
  const counter = counterOf(rule)
  const random = uniform(seed)
  const events = new TimeHeap<() => void>()
  const endMs = BEGIN_MS + durationMs
  let [sent, refused, reachMs] = [0, 0, 0]
  const send = (sentMs: number): void => {
    limit.hold(1, sentMs)
    sent += 1
    const arrivedMs = sentMs + random() * longestMs
    const settledMs = arrivedMs + random() * longestMs
    const latestMs = boundMs === undefined ? settledMs : Math.min(settledMs, sentMs + boundMs)
    reachMs += latestMs - sentMs
    events.add(arrivedMs, () => {
      if (!counter.pass(1, showsAt(arrivedMs, drift))) refused += 1
    })
    events.add(settledMs, () => {
      exchange.observe(Math.floor(showsAt(arrivedMs, drift)), 1, sentMs, settledMs)
      limit.settle(1, latestMs)
    })
  }
  for (let nowMs = BEGIN_MS; nowMs < endMs;) {
    const atMs = limit.nextAt(1, nowMs)
    if (atMs <= nowMs) {
      send(nowMs)
      continue
    }
    nowMs = Math.min(atMs, events.first()?.atMs ?? Number.POSITIVE_INFINITY)
    for (let due = events.first(); due !== undefined && due.atMs <= nowMs; due = events.first())
      events.take()?.value?.()
  }
  for (let due = events.take(); due !== undefined; due = events.take()) due.value?.()
  const ceiling = ceilingOf(rule, BEGIN_MS, endMs, drift)
  return { sent, refused, ceiling, share: sent / ceiling, meanReachMs: reachMs / sent }
}

const base = { phaseMs: 0, step: 1, unit: 1, isPhaseKnown: true }

/** The rules of DESIGN's table, as venues have them. */
export const usualRules: ReadonlyArray<readonly [string, Rule]> = [
  ["sliding log, 20 in 1 s", { ...base, type: "log", limit: 20, windowMs: 1000 }],
  ["bucket of 20, 20 a second", { ...base, type: "bucket", limit: 20, windowMs: 1000 }],
  ["bucket of 60, 1 a second, in steps of 1", { ...base, type: "steps", limit: 60, windowMs: 60_000 }],
  [
    "bucket of 20, 20 a second, in steps of 3",
    { ...base, type: "steps", limit: 20, windowMs: 1000, step: 3 },
  ],
  ["fixed window, 100 in 10 s", { ...base, type: "fixed", limit: 100, windowMs: 10_000 }],
  ["fixed window, 20 in 1 s", { ...base, type: "fixed", limit: 20, windowMs: 1000 }],
  [
    "fixed window, 20 in 1 s, clock unknown",
    { ...base, type: "fixed", limit: 20, windowMs: 1000, isPhaseKnown: false },
  ],
  ["sliding counter, 100 in 10 s", { ...base, type: "counter", limit: 100, windowMs: 10_000 }],
  ["sliding counter, 20 in 1 s", { ...base, type: "counter", limit: 20, windowMs: 1000 }],
  [
    "sliding counter, 100 in 10 s, clock unknown",
    { ...base, type: "counter", limit: 100, windowMs: 10_000, isPhaseKnown: false },
  ],
  [
    "sliding counter, 20 in 1 s, clock unknown",
    { ...base, type: "counter", limit: 20, windowMs: 1000, isPhaseKnown: false },
  ],
  ["opened by its first request, 12 in 1 s", { ...base, type: "opened", limit: 12, windowMs: 1000 }],
]
