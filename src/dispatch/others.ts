/** Tells once a minute, of each limit, what somebody else took of it. */
import type { DispatchLog } from "../domain/DispatchEvent.ts"
import { showLimit } from "../domain/LimitSpec.ts"
import type { Others } from "../limits/JoinedLimits.ts"

const EVERY_MS = 60_000

export const tellingOfOthers = (record: DispatchLog["record"]): ((others: Others, atMs: number) => void) => {
  const told = new Map<string, { readonly toldMs: number; readonly untold: number }>()
  return ({ cost, limit }, atMs) => {
    // An address is shared by right: with pings of our own, for one.
    if (limit.scope === "ip") return
    const name = showLimit(limit)
    const { toldMs, untold } = told.get(name) ?? { toldMs: Number.NEGATIVE_INFINITY, untold: 0 }
    const isDue = atMs >= toldMs + EVERY_MS
    told.set(name, isDue ? { toldMs: atMs, untold: 0 } : { toldMs, untold: untold + cost })
    if (isDue) record({ type: "others", atMs, limit: name, cost: untold + cost })
  }
}
