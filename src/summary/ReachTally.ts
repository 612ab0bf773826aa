/** How often the reach widened, and how far: what was seen speaks against the bound. */
import { counted } from "../platform/counted.ts"
import type { ReachEvent } from "../journal/LogEvent.ts"

export interface ReachTally {
  /** How often it widened, by what spoke against the bound. */
  readonly widened: Record<Exclude<ReachEvent["cause"], "calm">, number>
  /** The widest bound, in milliseconds; 0 where it never widened. */
  widestMs: number
}

export const emptyReachTally = (): ReachTally => ({
  widened: { answer: 0, timer: 0, refusal: 0 },
  widestMs: 0,
})

export const tallyReach = (
  tally: ReachTally,
  { boundMs, cause }: Pick<ReachEvent, "boundMs" | "cause">,
): void => {
  if (cause === "calm") return
  tally.widened[cause] += 1
  tally.widestMs = Math.max(tally.widestMs, boundMs)
}

/** Null where it never widened, or the log does not tell. */
export type ReachFigures = Readonly<ReachTally> | null

export const reachFigures = (tally: ReachTally): ReachFigures =>
  tally.widestMs === 0 ? null : { widened: { ...tally.widened }, widestMs: tally.widestMs }

/** In a line, such as `reach widened 3 times, at most to 81.2 ms: 2 late answers, 1 late timer`. */
export const reachText = ({ widened, widestMs }: NonNullable<ReachFigures>): string => {
  const { answer, refusal, timer } = widened
  const causes = [
    answer > 0
      ? counted(answer, "answer later than twice the bound", "answers later than twice the bound")
      : "",
    timer > 0 ? counted(timer, "late timer") : "",
    refusal > 0 ? counted(refusal, "refusal") : "",
  ].filter((cause) => cause !== "")
  const times = counted(answer + refusal + timer, "time")
  return `reach widened ${times}, at most to ${Number(widestMs.toFixed(1))} ms: ${causes.join(", ")}`
}
