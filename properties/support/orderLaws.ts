/** Laws of the line: who goes first, and that nobody waits while a key is free. */
import { assert } from "vitest"
import { Duration } from "effect"
import { defaultMargin, defaultPace } from "../../src/limits/AckWindow.ts"
import type { RequestTrace } from "../../src/domain/DispatchEvent.ts"
import type { DispatchLaw } from "./laws.ts"
import type { Observation } from "./play.ts"
import type { Scenario } from "./scenario.ts"

/** Orders leave in the order in which they came; those that came back go ahead of all that were never sent. */
export const firstComeFirstSent: DispatchLaw = (_, seen) => {
  const cameBack = new Set<string>()
  let last = -1
  for (const event of seen.events) {
    if (event.type === "returned") cameBack.add(event.id)
    if (event.type === "outcome") cameBack.delete(event.id)
    if (event.type !== "sent") continue
    cameBack.delete(event.id)
    if (event.attempt > 1) continue
    const place = seen.handed.indexOf(event.id)
    assert.isAbove(place, last, `order ${event.id} was overtaken by order ${seen.handed[last]}`)
    last = place
    assert.strictEqual(cameBack.size, 0, `order ${event.id} went ahead of ${[...cameBack].join(", ")}`)
  }
}

interface Interval {
  readonly fromMs: number
  readonly toMs: number
}

/** When a lane's gate stood open, from its own requests alone: DESIGN's rules once more, without their code. */
const openTimes = (
  { boundMs, limit, windowMs }: Scenario,
  startMs: number,
  endMs: number,
  requests: ReadonlyArray<RequestTrace>,
): ReadonlyArray<Interval> => {
  const window = Duration.millis(windowMs)
  const marginMs = Duration.toMillis(defaultMargin(window))
  const paceMs = Duration.toMillis(defaultPace(limit, window))
  const latest = ({ settledMs, writtenMs }: RequestTrace): number =>
    boundMs === undefined || writtenMs === undefined ? settledMs : Math.min(settledMs, writtenMs + boundMs)
  const back = (request: RequestTrace): number =>
    Math.max(request.settledMs, latest(request) + windowMs + marginMs)
  return [undefined, ...requests].map((before, n) => {
    const backTimes = requests
      .slice(0, n)
      .map(back)
      .toSorted((a, b) => a - b)
    // Of n requests so far, at most limit - 1 may still be in the window.
    const roomMs = n < limit ? startMs : (backTimes[n - limit] ?? startMs)
    const turnMs = before === undefined ? startMs : Math.max(latest(before), before.sentMs + paceMs)
    return { fromMs: Math.max(roomMs, turnMs), toMs: requests[n]?.sentMs ?? endMs }
  })
}

/** When each order waited in the line: until it was sent or ended, and again after it came back. */
const waits = (seen: Observation): ReadonlyArray<Interval & { readonly id: string }> => {
  const sinceMs = new Map<string, number>()
  const underWay = new Set<string>()
  const all: Array<Interval & { readonly id: string }> = []
  for (const event of seen.events) {
    if (!("id" in event)) continue
    const { atMs, id } = event
    if (event.type === "returned") {
      sinceMs.set(id, atMs)
      underWay.delete(id)
      continue
    }
    // An order under way has left the line already, also where it is cancelled before it has been written.
    if (!underWay.has(id)) all.push({ id, fromMs: sinceMs.get(id) ?? event.createdMs, toMs: atMs })
    if (event.type === "sent") underWay.add(id)
    else underWay.delete(id)
  }
  return all
}

/** Rounding of sleeps to what a clock can tell apart. */
const TOLERANCE_MS = 1

/** For scenarios in which every request is answered, whose lanes depend on nothing but their own requests. */
export const noKeyStandsBy: DispatchLaw = (scenario, seen: Observation) => {
  const requests: Array<RequestTrace> = []
  const retiredMs = new Map<string, number>()
  const underWay = new Map<string, Omit<RequestTrace, "settledMs">>()
  for (const event of seen.events) {
    if (event.type === "key") retiredMs.set(event.key, event.atMs)
    if (event.type === "sent") underWay.set(event.id, { ...event, sentMs: event.atMs, writtenMs: undefined })
    if (event.type !== "returned" && event.type !== "outcome") continue
    const sent = underWay.get(event.id)
    underWay.delete(event.id)
    if (event.request !== undefined) requests.push(event.request)
    // Cancelled before it was written: until then its lane was busy with it.
    else if (sent !== undefined) requests.push({ ...sent, settledMs: event.atMs })
  }
  const waiting = waits(seen)
  for (let lane = 1; lane <= scenario.keys; lane++) {
    const key = `key-${lane}`
    const own = requests.filter((request) => request.key === key).toSorted((a, b) => a.sentMs - b.sentMs)
    const endMs = retiredMs.get(key) ?? Number.POSITIVE_INFINITY
    for (const open of openTimes(scenario, seen.startMs, endMs, own)) {
      for (const { fromMs, id, toMs } of waiting) {
        const idleMs = Math.min(open.toMs, toMs) - Math.max(open.fromMs, fromMs)
        if (idleMs > TOLERANCE_MS) assert.fail(`order ${id} waited ${idleMs} ms while ${key} was free`)
      }
    }
  }
}
