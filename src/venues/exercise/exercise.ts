/** What the exercise gives its clients: its rules in numbers, and its public keys. */
import type { Nonces } from "../../domain/LimitSpec.ts"
import { labelKeys } from "../../domain/ApiKey.ts"

/** An exchange's rules for one key, in numbers. */
export interface ExchangeRules {
  /** Requests that a key may pass in one window. */
  readonly limit: number
  /** The window's length in whole milliseconds: two passes `limit` apart lie more than this apart. */
  readonly windowMs: number
  /** Rate-limit errors after which a key is blocked for good. */
  readonly blockAfter: number
  /** Whether each key's nonces must rise. They must unless said. */
  readonly nonces?: Nonces | undefined
}

/** The exercise's rules: 20 requests in 1000 ms, blocked after ten errors. */
export const exerciseRules: ExchangeRules = { limit: 20, windowMs: 1000, blockAfter: 10 }

/** The exercise's five keys: public, and worthless anywhere else. */
export const exerciseKeys = labelKeys([
  "UT4NHL1J796WCHULA1750MXYF9F5JYA6",
  "8TY2F3KIL38T741G1UCBMCAQ75XU9F5O",
  "954IXKJN28CBDKHSKHURQIVLQHZIEEM9",
  "EUU46ID478HOO7GOXFASKPOZ9P91XGYS",
  "46V5EZ5K2DFAGW85J18L50SGO25WJ5JE",
])
