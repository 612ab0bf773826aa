/**
 * The spare times of the runs of a log, each judged by itself and by what it ran with: what one left without an end, or had in
 * the window, says nothing about another.
 */
import type { LogEvent, Settings } from "../journal/LogEvent.ts"
import { makeSpareTimes, type SpareTimes } from "./SpareTimes.ts"

export interface SpareTimesOfRuns {
  /** @param run where several logs were merged: the number of the one that the event is of */
  readonly add: (event: LogEvent, run?: number) => void
  /** There are no more. */
  readonly end: () => void
}

/** @param tell is told of every request that found a window's worth of its run's others before it */
export const makeSpareTimesOfRuns = (
  tell: (key: string, sentMs: number, spareMs: number) => void,
): SpareTimesOfRuns => {
  /** Those that can be, by their numbers. */
  let runs: ReadonlyArray<Settings> = []
  let areMerged = false
  /** Only those that go on. */
  const goingOn = new Map<number, SpareTimes>()

  const spareTimesOf = (run: number): SpareTimes | undefined => {
    const known = goingOn.get(run)
    const settings = runs[run]
    // A log that does not say what ran has none.
    if (known !== undefined || settings === undefined) return known
    const spareTimes = makeSpareTimes(settings, tell)
    goingOn.set(run, spareTimes)
    return spareTimes
  }

  const end = (): void => {
    for (const spareTimes of goingOn.values()) spareTimes.end()
    goingOn.clear()
  }

  return {
    add: (event, run = 0) => {
      if (event.type === "settings") {
        end()
        areMerged = event.runs !== undefined
        runs = event.runs ?? [event]
      } else if (event.type === "ended" && areMerged) {
        goingOn.get(run)?.end()
        goingOn.delete(run)
      } else spareTimesOf(run)?.add(event)
    },
    end,
  }
}
