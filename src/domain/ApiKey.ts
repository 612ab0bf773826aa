/**
 * API keys: secrets with labels. Only the request itself carries the secret; everything else says `key-1`.
 */
import { Redacted } from "effect"

/** What an exchange knows a client by. All of it is secret. */
export interface Credentials {
  /** What requests carry or are signed with. */
  readonly secret: Redacted.Redacted
  /** What names the key to the exchange, where the secret itself never travels. */
  readonly key?: Redacted.Redacted
  /** A password that goes with the key, where the exchange wants one. */
  readonly passphrase?: Redacted.Redacted
}

/** An API key. Its label (`key-1`, `key-2`, ... in the order given) may be shown, its credentials never. */
export interface ApiKey extends Credentials {
  readonly label: string
}

/** Labels credentials in the order given. */
export const labelCredentials = (credentials: ReadonlyArray<Credentials>): ReadonlyArray<ApiKey> =>
  credentials.map((each, index) => ({ label: `key-${index + 1}`, ...each }))

/** The same for secrets that stand alone. */
export const labelKeys = (secrets: ReadonlyArray<string>): ReadonlyArray<ApiKey> =>
  labelCredentials(secrets.map((secret) => ({ secret: Redacted.make(secret) })))

/** What addresses and JSON make of a text, some of whose writers escape slashes, too. */
const formsOf = (plain: string): ReadonlySet<string> => {
  const escaped = JSON.stringify(plain).slice(1, -1)
  return new Set([plain, encodeURIComponent(plain), escaped, escaped.replaceAll("/", "\\/")])
}

/** A text with the key's label in place of its credentials, wherever somebody has repeated them. */
export const withoutCredentials = (text: string, { key, label, passphrase, secret }: ApiKey): string => {
  let clean = text
  for (const part of [secret, key, passphrase]) {
    const plain = part === undefined ? "" : Redacted.value(part)
    if (plain !== "") for (const form of formsOf(plain)) clean = clean.replaceAll(form, () => label)
  }
  return clean
}
