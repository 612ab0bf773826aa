/**
 * How a process knows that it was started by {@link file://./handOver.ts | handOver} and so has a channel to a
 * parent that is to be watched. A channel alone does not say so: anyone may fork this program. Loads on Node 20.
 */
import process from "node:process"

/** The environment variable that marks a process as handed over to. */
export const HAND_OVER_MARK = "PACELINE_HANDED_OVER"

/** Whether this process was handed over to. Removes the mark, so that no process started from here inherits it. */
export const takeHandOverMark = (): boolean => {
  const marked = process.env[HAND_OVER_MARK] !== undefined
  delete process.env[HAND_OVER_MARK]
  return marked
}
