/** What a log's spare times say of its windows. */
import { isSafe } from "../certificate/SpareTime.ts"
import type { ReportedLog } from "./charts/Panel.ts"

export interface WindowVerdict {
  /** The smallest spare time of all keys. */
  readonly leastMs: number
  readonly isSafe: boolean
  readonly text: string
}

/** Undefined where the log does not tell, or no key ever filled a window. */
export const windowVerdict = ({ run: { points } }: ReportedLog): WindowVerdict | undefined => {
  const spares = points.flatMap(({ spareMs }) => spareMs ?? [])
  if (spares.length === 0) return undefined
  const leastMs = Math.min(...spares)
  return isSafe(leastMs)
    ? { leastMs, isSafe: true, text: `no window could have been exceeded` }
    : { leastMs, isSafe: false, text: `a window could have been exceeded` }
}
