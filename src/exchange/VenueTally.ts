/** What an emulated venue made of the orders that came in. */
import type { RejectReason } from "../domain/Outcome.ts"
import type { FaultKind } from "./faults/Fault.ts"

export type Verdict = "accepted" | RejectReason

/** An order that was judged, and the label of the key that signed it, if any did. */
export interface JudgedOrder {
  readonly key: string | undefined
  readonly verdict: Verdict
}

/** What one key's orders came to, cancels included. */
export interface VenueKeyTally {
  readonly key: string
  readonly orders: number
  readonly verdicts: Readonly<Partial<Record<Verdict, number>>>
}

export interface VenueTally {
  readonly keys: ReadonlyArray<VenueKeyTally>
  /** Orders that carried no known key, or not its signature. */
  readonly unsigned: number
  /** Orders that nobody looked at: their address was banned, or over its weight. */
  readonly unread: number
  /** All requests that came in, orders included. */
  readonly requests: number
  /** Answers of status 418: the address was banned. */
  readonly banned: number
  /** How often each kind of fault was played, of those that were. */
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>
}

export const makeVenueTally = (labels: ReadonlyArray<string>) => {
  const keys = new Map<string, Partial<Record<Verdict, number>>>(labels.map((label) => [label, {}]))
  const faults: Partial<Record<FaultKind, number>> = {}
  let unsigned = 0
  let unread = 0
  let requests = 0
  let banned = 0
  return {
    answered: (status: number, order: JudgedOrder | undefined): void => {
      requests += 1
      if (status === 418) banned += 1
      if (order === undefined) return
      const verdicts = keys.get(order.key ?? "")
      if (verdicts === undefined && order.verdict === "api-key") unsigned += 1
      else if (verdicts === undefined) unread += 1
      else verdicts[order.verdict] = (verdicts[order.verdict] ?? 0) + 1
    },
    played: (kind: FaultKind, times = 1): void => {
      if (times > 0) faults[kind] = (faults[kind] ?? 0) + times
    },
    read: (): VenueTally => ({
      keys: Array.from(keys, ([key, verdicts]) => ({
        key,
        orders: Object.values(verdicts).reduce((sum, count) => sum + count, 0),
        verdicts: { ...verdicts },
      })),
      unsigned,
      unread,
      requests,
      banned,
      faults: { ...faults },
    }),
  }
}
