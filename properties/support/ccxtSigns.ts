/** How ccxt, which shares no code with us, writes and signs the same orders. */
import { binance, coinbaseexchange, kraken } from "ccxt"
import { Redacted, Schema } from "effect"
import type { Credentials } from "../../src/domain/ApiKey.ts"
import { plainOf } from "../../src/venues/credentials.ts"

/** A request as it comes to the venue: what is signed, and the headers that say so. */
export interface Signed {
  readonly method: string
  /** The path; the query, or the form in the body, which a venue may take in either place; the JSON of the body. */
  readonly path: string
  readonly payload: string
  readonly headers: Readonly<Record<string, string>>
}

const FromCcxt = Schema.Struct({
  url: Schema.String,
  method: Schema.String,
  body: Schema.UndefinedOr(Schema.String),
  headers: Schema.Record(Schema.String, Schema.String),
})

const VENUES = { binance, coinbaseexchange, kraken } as const

export interface CcxtCall {
  readonly venue: keyof typeof VENUES
  /** As ccxt names the call. */
  readonly call: string
  readonly method: "POST" | "DELETE"
  readonly fields: Readonly<Record<string, string | boolean>>
  readonly credentials: Credentials
  /** Its nonce or timestamp. */
  readonly nonce: number
  readonly options?: Readonly<Record<string, unknown>>
}

export const signedByCcxt = (asked: CcxtCall): Signed => {
  const { key, passphrase, secret } = plainOf(asked.credentials)
  const exchange = new VENUES[asked.venue]({
    apiKey: key,
    secret,
    password: passphrase,
    options: { ...asked.options },
  })
  exchange.nonce = () => asked.nonce
  const signed = Schema.decodeUnknownSync(FromCcxt)(
    exchange.sign(asked.call, "private", asked.method, { ...asked.fields }),
  )
  const { pathname, search } = new URL(signed.url)
  const payload = signed.body ?? search.slice(1)
  return { method: signed.method, path: pathname, payload, headers: signed.headers }
}

export const credentialsOf = (parts: {
  readonly key: string
  readonly secret: string
  readonly passphrase: string
}): Credentials => ({
  key: Redacted.make(parts.key),
  secret: Redacted.make(parts.secret),
  passphrase: Redacted.make(parts.passphrase),
})
