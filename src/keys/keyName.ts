/** How a key is named where its secret must not be: in the names of its state files, and nowhere else. */
import { createHash } from "node:crypto"
import { Redacted } from "effect"
import type { ApiKey } from "../domain/ApiKey.ts"

/** So that the hash is of no use to who has hashed keys for another purpose. */
const PURPOSE = "paceline state of the API key "

/** Half of a SHA-256 in hex: the same for a key on every exchange, for there may be two addresses of one. */
export const keyName = (key: ApiKey): string =>
  createHash("sha256").update(PURPOSE).update(Redacted.value(key.secret)).digest("hex").slice(0, 32)
