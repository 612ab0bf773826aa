/** A client that does not wait as long as its limit says, and the delays by which that is refused. */
import { ExchangeClock } from "../../../src/limits/ExchangeClock.ts"
import { counterOf, limitOf, type LimitOf, type Rule } from "./rules.ts"

export interface Impatience {
  readonly rule: Rule
  readonly offsetMs: number
  /** Each is sent as soon as it may be, so long after the one before was sent, and takes so long to arrive and be answered. */
  readonly requests: ReadonlyArray<{
    readonly gapMs: number
    readonly cost: number
    readonly onWayMs: number
  }>
}

/** A clock that does not drift is believed, and is known exactly; but for milliseconds. */
const MARGIN = { tickMs: 1, drift: 0 }
/** A limit may wait for so long in vain: its own margin, and what an exchange's whole milliseconds hide. */
const IN_VAIN_MS = 2.01

interface OnWay {
  readonly cost: number
  readonly latestMs: number
}

/**
 * How often a limit had a request wait though no delays would have had it refused: everything on its way arrives with it.
 */
export const waitsInVain = (
  { offsetMs, requests, rule }: Impatience,
  makeLimit: LimitOf = limitOf,
): number => {
  const exchange = new ExchangeClock(0)
  const beginMs = 1000
  exchange.observe(offsetMs + beginMs, 0, beginMs, beginMs)
  const limit = makeLimit(rule, exchange, MARGIN)
  const settled: Array<OnWay> = []
  let onWay: ReadonlyArray<OnWay> = []
  let inVain = 0
  const couldPass = (cost: number, atMs: number): boolean => {
    const counter = counterOf(rule)
    for (const one of settled.toSorted((a, b) => a.latestMs - b.latestMs))
      counter.pass(one.cost, offsetMs + one.latestMs)
    for (const one of onWay) counter.pass(one.cost, offsetMs + atMs)
    return counter.pass(cost, offsetMs + atMs)
  }
  const settleUntil = (atMs: number): void => {
    for (const one of onWay.filter(({ latestMs }) => latestMs <= atMs)) {
      limit.settle(one.cost, one.latestMs)
      settled.push(one)
    }
    onWay = onWay.filter(({ latestMs }) => latestMs > atMs)
  }
  let nowMs = beginMs
  for (const { cost, gapMs, onWayMs } of requests) {
    nowMs += gapMs
    settleUntil(nowMs)
    for (let atMs = limit.nextAt(cost, nowMs); atMs > nowMs; atMs = limit.nextAt(cost, nowMs)) {
      const nextMs = Math.min(atMs, ...onWay.map(({ latestMs }) => latestMs))
      const earlyMs = nextMs - IN_VAIN_MS
      if (earlyMs >= nowMs && couldPass(cost, earlyMs)) inVain += 1
      nowMs = nextMs
      settleUntil(nowMs)
    }
    limit.hold(cost, nowMs)
    onWay = [...onWay, { cost, latestMs: nowMs + onWayMs }]
  }
  return inVain
}
