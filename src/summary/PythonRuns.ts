/**
 * Tells the runs of a Python client's log apart, and keeps their time going where the wall clock steps back.
 *
 * Clients open their log for appending, so one file may hold several runs. A run has begun anew where, after a gap, an order
 * near the beginning comes once more: an order ends once in a run. Lines after a gap wait until an order's number decides.
 */
import type { PythonEvent } from "../journal/PythonLog.ts"

/** No client starts again as fast. */
const GAP_MS = 1000
/** Threads' lines are late by less. What is earlier by more was written by a clock that had stepped back. */
const STEP_MS = 300_000
/** Numbers that a run begins with. */
const FIRST_NUMBERS = 128
/** No line is so late that one of the first orders comes after this many others. */
const FAR_AHEAD = 1000
/** So many lines wait at most. */
const MOST_WAITING = 1024

const timeOf = (event: PythonEvent): number | undefined => ("atMs" in event ? event.atMs : event.lineMs)

const withTime = (event: PythonEvent, ms: number): PythonEvent =>
  "atMs" in event ? { ...event, atMs: ms } : { ...event, lineMs: ms }

/** A clock that never steps back: after a step, time goes on from the latest line. */
const makeSteadyClock = () => {
  let latestMs = -Infinity
  let aheadMs = 0
  /** Before the last step: to it the clock may return, as after one damaged line. */
  let beforeMs = 0
  return (lineMs: number): number => {
    const earliestMs = latestMs - STEP_MS
    if (aheadMs !== beforeMs && lineMs + beforeMs >= earliestMs) aheadMs = beforeMs
    else if (lineMs + aheadMs < earliestMs) {
      beforeMs = aheadMs
      aheadMs = latestMs - lineMs
    }
    const ms = lineMs + aheadMs
    latestMs = Math.max(latestMs, ms)
    return ms
  }
}

/** The numbers of a run's orders, as far as they tell whether another has begun. */
const makeNumbers = () => {
  const first = new Set<number>()
  let largest = -Infinity
  return {
    add: (number: number): void => {
      largest = Math.max(largest, number)
      if (number < FIRST_NUMBERS) first.add(number)
    },
    isEmpty: () => largest === -Infinity,
    /** Whether an order of this number, after a gap, is another run's; undefined where it may be either's. */
    isAnother: (number: number): boolean | undefined => {
      if (number >= FIRST_NUMBERS || number >= largest) return false
      if (first.has(number) || largest >= FAR_AHEAD) return true
      // It is nearer to those of this run: one of them that ends late.
      return number * 2 > largest ? false : undefined
    },
  }
}

export interface PythonRunsTaker {
  /** The run's next event, by a clock that never steps back. */
  readonly event: (event: PythonEvent) => void
  readonly begin: () => void
}

/** Makes one for a log: give it the log's events, and tell it when there are no more. */
export const makePythonRuns = (taker: PythonRunsTaker) => {
  let clock = makeSteadyClock()
  let numbers = makeNumbers()
  let lastMs: number | undefined
  /** What came since the gap, until it is decided; and how long that was. */
  let waiting: Array<PythonEvent> | undefined
  let gapMs = 0

  const tell = (event: PythonEvent): void => {
    if (event.type === "outcome" && event.number !== undefined) numbers.add(event.number)
    const lineMs = timeOf(event)
    const ms = lineMs === undefined ? undefined : clock(lineMs)
    taker.event(ms === undefined || ms === lineMs ? event : withTime(event, ms))
  }

  const release = (): void => {
    const released = waiting ?? []
    waiting = undefined
    for (const event of released) tell(event)
  }

  const beginAnother = (): void => {
    clock = makeSteadyClock()
    numbers = makeNumbers()
    taker.begin()
  }

  /** A gap, or a step back, after which another run may have begun. What waited for a shorter one belongs to the run before. */
  const noteGap = (lineMs: number): void => {
    const passedMs = lineMs - (lastMs ?? lineMs)
    lastMs = lineMs
    const foundMs = passedMs < -STEP_MS ? Infinity : passedMs
    if (foundMs < GAP_MS || numbers.isEmpty()) return
    if (waiting !== undefined && foundMs <= gapMs) return
    release()
    waiting = []
    gapMs = foundMs
  }

  return {
    add: (event: PythonEvent): void => {
      const lineMs = timeOf(event)
      if (lineMs !== undefined) noteGap(lineMs)
      if (waiting === undefined) return tell(event)
      waiting.push(event)
      const number = event.type === "outcome" ? event.number : undefined
      const isAnother = number === undefined ? undefined : numbers.isAnother(number)
      if (isAnother === undefined && waiting.length < MOST_WAITING) return
      if (isAnother === true) beginAnother()
      release()
    },
    end: release,
  }
}
