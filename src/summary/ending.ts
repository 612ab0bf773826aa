/** What a run was and how it ended, in the words that a summary and a page begin with. */
import { counted } from "../platform/counted.ts"
import type { NamedSummary, Summary } from "./Summary.ts"

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
const wholeSeconds = (ms: number): string => `${Number((ms / 1000).toFixed(1))} s`

const STATES = { blocked: "blocked", parked: "parked", unknown: "unknown to the exchange" } as const

/** Such as `all keys blocked after 16.0 s of 60 s`; undefined where one was left. */
const goneText = ({ keysGone, run }: Summary, isPart: boolean): string | undefined => {
  if (keysGone === null) return undefined
  const states = (["blocked", "parked", "unknown"] as const).filter((state) => keysGone.keys[state] > 0)
  const how = states.map((state) =>
    states.length === 1 ? STATES[state] : `${keysGone.keys[state]} ${STATES[state]}`,
  )
  const planned = run?.durationMs ?? null
  const of = planned === null ? "" : ` of ${wholeSeconds(planned)}`
  return `all ${isPart ? "of these " : ""}keys ${how.join(", ")} after ${seconds(keysGone.atMs)}${of}`
}

/** Such as `no end: killed or still running, 3 orders sent without an outcome`; undefined where the run has ended. */
const cutText = ({ losses, run }: Summary): string | undefined => {
  if (run === null || run.hasEnd) return undefined
  const { unfinished } = losses.unknown
  return `no end: killed or still running, ${counted(unfinished ?? 0, "order")} sent without an outcome`
}

/** Such a run's acceptances read like any other's. */
const CHECK_ONLY = "orders were only checked: none was executed"

/** What a reader must know of a run before its figures, the worst first. */
export const endTexts = ({ selection, summary }: NamedSummary): ReadonlyArray<string> => {
  const isPart = selection !== undefined && selection.keys.length > 0
  const checked = summary.run?.checkOnly === true ? CHECK_ONLY : undefined
  return [checked, goneText(summary, isPart), cutText(summary)].flatMap((text) => text ?? [])
}
