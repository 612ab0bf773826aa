/** Laws of the line: who goes first, and that nobody waits while a key is free. */
import { assert } from "vitest"
import { Duration } from "effect"
import { defaultMargin, defaultPace } from "../../src/dispatch/gates/AckWindow.ts"
import type { RequestTrace } from "../../src/dispatch/DispatchEvent.ts"
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
    return { fromMs: Math.max(roomMs, turnMs), toMs: requests[n]?.sentMs ?? Number.POSITIVE_INFINITY }
  })
}

/** Rounding of sleeps to what a clock can tell apart. */
const TOLERANCE_MS = 1

/** For scenarios without losses and refusals, whose lanes depend on nothing but their own requests. */
export const noKeyStandsBy: DispatchLaw = (scenario, seen: Observation) => {
  const ends = seen.events.filter((event) => event.type === "outcome")
  const requests = ends.flatMap(({ request }) => (request === undefined ? [] : [request]))
  for (let lane = 1; lane <= scenario.keys; lane++) {
    const own = requests.filter(({ key }) => key === `key-${lane}`).toSorted((a, b) => a.sentMs - b.sentMs)
    for (const open of openTimes(scenario, seen.startMs, own)) {
      for (const { atMs, createdMs, id, request } of ends) {
        const leftMs = request?.sentMs ?? atMs
        const idleMs = Math.min(open.toMs, leftMs) - Math.max(open.fromMs, createdMs)
        if (idleMs > TOLERANCE_MS) assert.fail(`order ${id} waited ${idleMs} ms while key-${lane} was free`)
      }
    }
  }
}
