/**
 * Refusals in a row that all say the same, with nothing accepted in between: what says the same to every order is about none
 * of them, but about the key, our clock or the address. A pure reducer.
 */
import type { SubmitError, Verdict } from "../domain/SubmitError.ts"

export interface RefusalStreak {
  /** What all of them said; undefined where there were none. */
  readonly said: string | undefined
  /** Orders that were refused so: each was sent once. */
  readonly orders: number
  /** The labels of the keys that they were sent with. */
  readonly keys: ReadonlySet<string>
}

export const noStreak: RefusalStreak = { said: undefined, orders: 0, keys: new Set() }

/** So many alike are no bad luck any more, and few enough to lose. */
export const ALIKE = 5

/** What a refusal says that may hold for everything; undefined where it is about this order's turn alone. */
export const saidBy = (error: SubmitError, verdict: Verdict): string | undefined => {
  if (verdict.kind !== "refused" || error._tag === "TurnedAway") return undefined
  // A message about time may tell the time.
  if (error._tag === "InvalidTimestamp") return `our clock is wrong: ${error.detail.replace(/\d+/g, "...")}`
  if (verdict.reason !== "exchange" && verdict.reason !== "clock") return undefined
  if (error._tag !== "Refused") return error._tag
  return error.detail === "" ? `status ${error.status}` : `status ${error.status}: ${error.detail}`
}

/** An order that was sent with this key was refused. */
export const afterRefusal = (streak: RefusalStreak, said: string, key: string): RefusalStreak =>
  streak.said === said
    ? { said, orders: streak.orders + 1, keys: new Set(streak.keys).add(key) }
    : { said, orders: 1, keys: new Set([key]) }

/** What lanes tell of answers, and what is done about a streak that is for all. */
export const watchRefusals = (
  alike: number,
  activeKeys: () => number,
  onForAll: (streak: RefusalStreak, said: string) => void,
) => {
  let streak = noStreak
  return {
    onAccepted: () => {
      streak = noStreak
    },
    onRefusal: (said: string, key: string) => {
      streak = afterRefusal(streak, said, key)
      if (isForAll(streak, alike, activeKeys())) onForAll(streak, said)
    },
  }
}

/**
 * Whether every key would be told the same. One key without permission must not stop the others, so each of them, or as many
 * as there are orders, must have been told so.
 */
export const isForAll = ({ keys, orders }: RefusalStreak, alike: number, activeKeys: number): boolean =>
  orders >= alike && keys.size >= Math.min(activeKeys, alike)
