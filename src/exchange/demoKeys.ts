/** Credentials that an emulated venue knows unless it is given others: public, and worthless anywhere else. */
import { Redacted } from "effect"
import { type ApiKey, labelCredentials } from "../domain/ApiKey.ts"

/** They fit every venue: all have a passphrase, which most do not ask for, and secrets are base64, which some want. */
const DEMO = [1, 2, 3].map((n) => ({
  key: `paceline-demo-key-${n}`,
  secret: Buffer.from(`paceline demo secret ${n}: worthless`).toString("base64"),
  passphrase: "paceline-demo",
}))

export const demoKeys: ReadonlyArray<ApiKey> = labelCredentials(
  DEMO.map(({ key, passphrase, secret }) => ({
    key: Redacted.make(key),
    secret: Redacted.make(secret),
    passphrase: Redacted.make(passphrase),
  })),
)

/** The first of them in plain text, to be shown: it is no secret. */
export const demoCredentials: { readonly key: string; readonly secret: string; readonly passphrase: string } =
  DEMO[0] ?? { key: "", secret: "", passphrase: "" }
