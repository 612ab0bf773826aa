/**
 * Refusals in a row that all say the same, with nothing accepted in between: what says the same to every order is about none
 * of them, but about the key, our clock or the address. A pure reducer.
 */
import type { SubmitError, Verdict } from "../domain/SubmitError.ts"

/** What a refusal says that may hold for everything. */
export interface Said {
  readonly text: string
  /** The text without what may differ where the same is said: numbers, as of nonces and times, and the order's id. */
  readonly words: string
}

export interface RefusalStreak {
  /** What the last of them said, and all of them in the same words; undefined where there were none. */
  readonly said: Said | undefined
  /** Orders that were refused so: each was sent once. */
  readonly orders: number
  /** The labels of the keys that they were sent with. */
  readonly keys: ReadonlySet<string>
}

export const noStreak: RefusalStreak = { said: undefined, orders: 0, keys: new Set() }

/** So many alike are no bad luck any more, and few enough to lose. */
export const ALIKE = 5

/** What a refusal says that may hold for everything; undefined where it is about this order's turn alone. */
export const saidBy = (error: SubmitError, verdict: Verdict): Said | undefined => {
  const text = textOf(error, verdict)
  return text === undefined ? undefined : { text, words: wordsOf(text, error.orderId) }
}

const textOf = (error: SubmitError, verdict: Verdict): string | undefined => {
  if (verdict.kind !== "refused" || error._tag === "TurnedAway") return undefined
  if (error._tag === "InvalidTimestamp") return `our clock is wrong: ${error.detail}`
  if (verdict.reason !== "exchange" && verdict.reason !== "clock") return undefined
  if (error._tag !== "Refused") return error._tag
  return error.detail === "" ? `status ${error.status}` : `status ${error.status}: ${error.detail}`
}

const NUMBER = /\d+(?:[.,:]\d+)*/g

/** The id stands for itself only as a word of its own: an order may be called "a". */
const wordsOf = (text: string, orderId: string): string => {
  const id = orderId.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
  return text.replace(new RegExp(`(?<!\\w)${id}(?!\\w)`, "g"), "...").replace(NUMBER, "...")
}

/** An order that was sent with this key was refused. */
export const afterRefusal = (streak: RefusalStreak, said: Said, key: string): RefusalStreak =>
  // An id that is a word of the message spoils its words, not its text.
  streak.said !== undefined && (streak.said.text === said.text || streak.said.words === said.words)
    ? { said, orders: streak.orders + 1, keys: new Set(streak.keys).add(key) }
    : { said, orders: 1, keys: new Set([key]) }

/** What lanes tell of answers, and what is done about a streak that is for all. */
export const watchRefusals = (
  alike: number,
  activeKeys: () => number,
  onForAll: (streak: RefusalStreak, said: Said) => void,
) => {
  let streak = noStreak
  return {
    onAccepted: () => {
      streak = noStreak
    },
    onRefusal: (said: Said, key: string) => {
      streak = afterRefusal(streak, said, key)
      if (isForAll(streak, alike, activeKeys())) onForAll(streak, said)
    },
  }
}

/**
 * Whether every key would be told the same. One key without permission must not stop the others, so each of them, or as many
 * as there are orders, must have been told so.
 */
const isForAll = ({ keys, orders }: RefusalStreak, alike: number, activeKeys: number): boolean =>
  orders >= alike && keys.size >= Math.min(activeKeys, alike)
