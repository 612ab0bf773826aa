/** Credentials as venues want them. Whatever is wrong with them, errors never show them. */
import { Option, Redacted, Schema } from "effect"
import type { Credentials } from "../domain/ApiKey.ts"

/** What can stand in a header, an address and a line of a file. */
const Word = Schema.String.check(Schema.isPattern(/^[\x21-\x7e]+$/))
/** What secrets are written as that are bytes. */
const Base64 = Schema.String.check(
  Schema.isPattern(/^(?:[\w+/-]{4})*(?:[\w+/-]{2}==|[\w+/-]{3}=)?$/),
  Schema.isMinLength(4),
)

const Part = Schema.Redacted(Word)
const BytesPart = Schema.Redacted(Base64)

/** A secret that the requests themselves carry. */
export const SecretAlone = Schema.Struct({ secret: Part }).annotate({ description: "a secret" })

/** A key that the requests carry, and a secret that signs them. */
export const KeyAndSecret = Schema.Struct({ key: Part, secret: Part }).annotate({
  description: "key and secret",
})

/** The same where the secret is base64 of what signs. */
export const KeyAndBase64Secret = Schema.Struct({ key: Part, secret: BytesPart }).annotate({
  description: "key and secret (base64)",
})

/** The same with a passphrase that the requests carry, too. */
export const KeyBase64SecretAndPassphrase = Schema.Struct({
  key: Part,
  secret: BytesPart,
  passphrase: Part,
}).annotate({ description: "key, secret (base64) and passphrase" })

/** Whether these are such credentials. */
export const areCredentials = (
  schema: Schema.Codec<Credentials, unknown>,
  credentials: Credentials,
): boolean => Option.isSome(Schema.decodeUnknownOption(schema, { onExcessProperty: "error" })(credentials))

/** What such credentials consist of, in the order in which they are written. */
export const credentialsInWords = ({ ast }: Schema.Codec<Credentials, unknown>): string => {
  const description = ast.annotations?.["description"]
  return typeof description === "string" ? description : "the venue's own"
}

/** The parts' plain texts, for the request alone; empty where there is none. */
export const plainOf = ({ key, passphrase, secret }: Credentials) => ({
  key: key === undefined ? "" : Redacted.value(key),
  secret: Redacted.value(secret),
  passphrase: passphrase === undefined ? "" : Redacted.value(passphrase),
})
