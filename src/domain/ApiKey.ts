/**
 * API keys: secrets with labels. Only the request itself carries the secret; everything else says `key-1`.
 */
import { Redacted } from "effect"

/** An API key. Its label (`key-1`, `key-2`, ... in the order given) may be shown, its secret never. */
export interface ApiKey {
  readonly label: string
  readonly secret: Redacted.Redacted
}

/** Labels secrets in the order given. */
export const labelKeys = (secrets: ReadonlyArray<string>): ReadonlyArray<ApiKey> =>
  secrets.map((secret, index) => ({ label: `key-${index + 1}`, secret: Redacted.make(secret) }))
