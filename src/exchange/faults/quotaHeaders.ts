/** What an exchange tells of a key's limit in an answer's headers: times are in seconds from now, rounded up. */
import { Chunk, Option } from "effect"
import type { KeyUsage, Ruling } from "../ExchangeModel.ts"
import type { ExchangeRules } from "../../venues/exercise/exercise.ts"
import type { Quota } from "./Fault.ts"
import { retryAfter, wholeSeconds } from "./wrongAnswer.ts"

/**
 * The headers of an answer, by the key's state after the request was judged at `nowMs`, when the wall
 * clock showed `wallMs`. A 429 also says when to come back.
 */
export const quotaHeaders = (
  quota: Quota,
  config: ExchangeRules,
  key: KeyUsage,
  ruling: Ruling,
  nowMs: number,
  wallMs: number,
): Readonly<Record<string, string>> => {
  const inWindow = Chunk.filter(key.passes, (pass) => Math.floor(nowMs) - pass <= config.windowMs)
  const waitMs = (oldest: number) => Math.max(0, oldest + config.windowMs + 1 - nowMs)
  const resetMs = quota.resetMs ?? Option.match(Chunk.head(inWindow), { onNone: () => 0, onSome: waitMs })
  const refused = ruling === "rate-limit" || ruling === "blocked"
  return {
    "x-ratelimit-limit": String(config.limit),
    "x-ratelimit-remaining": String(quota.remaining ?? config.limit - inWindow.length),
    "x-ratelimit-reset": wholeSeconds(resetMs),
    ...(refused ? { "retry-after": retryAfter(resetMs, quota.retryAs, wallMs) } : {}),
  }
}
