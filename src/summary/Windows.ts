/**
 * Counts by window of one second, from the log's first record on.
 *
 * Threads write lines a little out of order, so the first line is not always the first record. Which one is, is
 * known a second later: until then records are kept, at most 1024.
 */
import { makeGrid, type TimedEvent, type Windows } from "./WindowGrid.ts"

const PRELUDE_MS = 1000
const PRELUDE_RECORDS = 1024

/**
 * Counts the windows of a log.
 *
 * @param capPerWindow the most orders that can leave the queue in one window, as the exchange's limit has it;
 * asked for once, when the log's first record is known
 */
export const makeWindows = (capPerWindow: () => number): Windows => {
  let prelude: Array<TimedEvent> = []
  let grid: Windows | undefined
  let earliestMs = Infinity

  const startGrid = (): Windows => {
    const started = makeGrid(prelude.length === 0 ? 0 : earliestMs, capPerWindow())
    for (const event of prelude.toSorted((one, other) => one.atMs - other.atMs)) started.add(event)
    return started
  }

  return {
    add: (event) => {
      if (grid !== undefined) return grid.add(event)
      prelude.push(event)
      earliestMs = Math.min(earliestMs, event.atMs)
      if (event.atMs - earliestMs > PRELUDE_MS || prelude.length >= PRELUDE_RECORDS) {
        grid = startGrid()
        prelude = []
      }
    },
    figures: (unfinished) => (grid ?? startGrid()).figures(unfinished),
  }
}
