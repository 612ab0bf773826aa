/** An emulated venue without a server: requests go to it at moments that a test chooses, signed as its documents say. */
import { createHash, createHmac } from "node:crypto"
import { demoCredentials, demoKeys } from "../../src/exchange/demoKeys.ts"
import { type EmulatedName, emulatedVenues } from "../../src/exchange/emulatedVenues.ts"
import { VenueDesk } from "../../src/exchange/VenueDesk.ts"
import type { EmulatedAnswer, EmulatedRequest } from "../../src/venues/Emulated.ts"

/** Midnight, UTC: all windows begin. */
export const MIDNIGHT_MS = Date.UTC(2026, 10, 27)

type Fields = Readonly<Record<string, string | number>>

const encoded = (fields: Fields): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join("&")

const REQUEST: EmulatedRequest = { method: "GET", path: "/", query: "", headers: {}, body: "", address: "a" }

export const open = (name: EmulatedName) => {
  const { key, passphrase, secret } = demoCredentials
  const venue = emulatedVenues[name]
  const desk = new VenueDesk(venue.limits, demoKeys, MIDNIGHT_MS)
  const emulation = venue.open(desk)
  let nonce = 0
  /** Sends a request that arrives so long after midnight. */
  const send = (atMs: number, request: Partial<EmulatedRequest>): EmulatedAnswer => {
    desk.setClock(MIDNIGHT_MS + atMs)
    desk.begin()
    return emulation.answer({ ...REQUEST, ...request })
  }
  return {
    desk,
    send,
    /** A private call of Kraken, with a nonce of its own unless one is given. */
    kraken: (atMs: number, call: string, fields: Fields = {}): EmulatedAnswer => {
      const stamped = { nonce: (nonce += 1), ...fields }
      const body = encoded(stamped)
      const path = `/0/private/${call}`
      const hash = createHash("sha256").update(`${stamped.nonce}${body}`).digest()
      const hmac = createHmac("sha512", Buffer.from(secret, "base64")).update(path).update(hash)
      const headers = { "api-key": key, "api-sign": hmac.digest("base64") }
      return send(atMs, { method: "POST", path, body, headers })
    },
    /** A signed request to Binance, stamped when it arrives unless it has a timestamp. */
    binance: (
      atMs: number,
      method: EmulatedRequest["method"],
      path: string,
      fields: Fields = {},
      address = "a",
    ): EmulatedAnswer => {
      const payload = encoded({ timestamp: MIDNIGHT_MS + atMs, ...fields })
      const signature = createHmac("sha256", secret).update(payload).digest("hex")
      const query = `${payload}&signature=${signature}`
      return send(atMs, { method, path, query, headers: { "x-mbx-apikey": key }, address })
    },
    /** A signed request to Coinbase Exchange, stamped when it arrives plus `offMs`. */
    coinbase: (atMs: number, method: EmulatedRequest["method"], path: string, body = "", offMs = 0) => {
      const timestamp = `${(MIDNIGHT_MS + atMs + offMs) / 1000}`
      const hmac = createHmac("sha256", Buffer.from(secret, "base64"))
      const headers = {
        "user-agent": "test",
        "cb-access-key": key,
        "cb-access-passphrase": passphrase,
        "cb-access-timestamp": timestamp,
        "cb-access-sign": hmac.update(`${timestamp}${method}${path}${body}`).digest("base64"),
      }
      return send(atMs, { method, path, body, headers })
    },
  }
}

/** How many of so many answers in a row were no refusals. */
export const passing = (times: number, send: (n: number) => EmulatedAnswer): number => {
  let passed = 0
  for (let n = 0; n < times; n += 1) if (send(n).refused === undefined) passed += 1
  return passed
}
