/** The example of docs/venues.md: it does what the made-up documents say. */
import { createHmac } from "node:crypto"
import { Redacted } from "effect"
import { expect, it } from "vitest"
import { lakeside, lakesideLimit } from "../../docs/lakeside.ts"
import { areCredentials } from "../../src/venues/credentials.ts"
import type { Meaning, VenueOrder } from "../../src/venues/Venue.ts"

const venue = lakeside()
const order: VenueOrder = { id: "o1", params: { market: "FISH", amount: "2" } }
const cancel: VenueOrder = { id: "c1", params: { action: "cancel", name: "o1" } }
const credentials = { key: Redacted.make("the-key"), secret: Redacted.make("the-secret") }
const requests = venue.at(new URL("http://localhost"))

it("signs what it sends", () => {
  const sign = (text: string) => createHmac("sha256", "the-secret").update(text).digest("hex")
  const { headers, ...placed } = requests.orderOf(order, credentials, { nonce: "1", timeMs: 7 })
  expect(placed).toEqual({
    method: "POST",
    path: "/v1/orders",
    body: '{"name":"o1","market":"FISH","amount":"2"}',
  })
  expect(headers?.["lake-sign"]).toBe(sign(`7POST/v1/orders${placed.body}`))
  const withdrawn = requests.orderOf(cancel, credentials, { nonce: "1", timeMs: 8 })
  expect([withdrawn.method, withdrawn.path, withdrawn.body]).toEqual(["DELETE", "/v1/orders/o1", undefined])
  expect(withdrawn.headers?.["lake-sign"]).toBe(sign("8DELETE/v1/orders/o1"))
})

it.each<[status: number, body: string, meaning: Meaning]>([
  [200, '{"name":"o1","ticket":"t-9"}', { kind: "accepted", data: { ticket: "t-9" } }],
  [200, '{"name":"o2","ticket":"t-9"}', { kind: "unknown", cause: "undecodable" }],
  [429, '{"problem":"slow down","waitMs":40}', { kind: "refused", reason: "rate-limit" }],
  [400, '{"problem":"late"}', { kind: "refused", reason: "clock", said: "late" }],
  [400, '{"problem":"no such market"}', { kind: "refused", reason: "exchange", said: "no such market" }],
  [503, '{"problem":"no such market"}', { kind: "unknown", cause: "server-error" }],
  [403, "<html>", { kind: "turned-away" }],
])("reads %i %s", (status, body, meaning) => {
  expect(venue.read({ status, headers: {}, body }, order, 0).meaning).toEqual(meaning)
})

it("hears how long to wait, what was counted and what time it is", () => {
  const answer = (status: number, body: string, headers = {}) =>
    venue.read({ status, headers, body }, order, 0)
  expect(answer(429, '{"problem":"slow down","waitMs":40}').hold).toEqual({ scope: "key", ms: 40 })
  expect(answer(200, "{}", { "lake-used": "3" }).counts).toEqual([{ limit: "orders", used: 3 }])
  expect(answer(200, '{"now":12}').time).toEqual({ atMs: 12, resolutionMs: 1 })
})

it("says which orders and credentials it cannot take", () => {
  expect(venue.problemOf(order)).toBe(undefined)
  expect(venue.problemOf(cancel)).toBe(undefined)
  expect(venue.problemOf({ id: "o1", params: { market: "FISH" } })).toBe("needs amount to place an order")
  expect(venue.problemOf({ ...order, id: "o-1" })).toContain("1 to 20 letters and digits")
  expect(areCredentials(venue.credentials, credentials)).toBe(true)
  expect(areCredentials(venue.credentials, { secret: credentials.secret })).toBe(false)
})

it("takes another number for its limit", () => {
  expect(lakeside(lakesideLimit(25)).limits[0]?.limit.limit).toBe(25)
})
