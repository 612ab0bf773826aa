/** A key's name in the names of its state files, which must not hold its secret. Used nowhere else. */
import { createHash } from "node:crypto"
import { Redacted } from "effect"
import type { ApiKey } from "../domain/ApiKey.ts"

/** Makes the hash useless to those who have hashed keys for another purpose. */
const PURPOSE = "paceline state of the API key "

/** Half of a SHA-256 in hex: the same for a key on every exchange, because one exchange may have two addresses. */
export const keyName = (key: ApiKey): string =>
  createHash("sha256").update(PURPOSE).update(Redacted.value(key.secret)).digest("hex").slice(0, 32)
