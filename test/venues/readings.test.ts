/** What the venues' answers mean, in the words and numbers of their documents. */
import { expect, it } from "vitest"
import { binance } from "../../src/venues/binance/binance.ts"
import { coinbaseexchange } from "../../src/venues/coinbaseexchange/coinbaseexchange.ts"
import { kraken } from "../../src/venues/kraken/kraken.ts"
import type { Meaning, Venue, VenueOrder } from "../../src/venues/Venue.ts"

const NOW_MS = 1_795_000_000_000
const place: VenueOrder = { id: "o-1" }
const cancel: VenueOrder = { id: "o-1", params: { action: "cancel" } }
const uuid: VenueOrder = { id: "0f2c3f6e-6f0a-4c39-8a3c-0a9a2d6a0b11" }

const taken = (data?: Record<string, string>): Meaning =>
  data === undefined ? { kind: "accepted" } : { kind: "accepted", data }
const refused = (reason: Extract<Meaning, { kind: "refused" }>["reason"], said?: string): Meaning =>
  said === undefined ? { kind: "refused", reason } : { kind: "refused", reason, said }
const over = (limit: string): Meaning => ({ kind: "refused", reason: "rate-limit", limit })
const turnedAway: Meaning = { kind: "turned-away" }
const failed: Meaning = { kind: "unknown", cause: "server-error" }
const undecodable: Meaning = { kind: "unknown", cause: "undecodable" }

const says = (...errors: ReadonlyArray<string>) => JSON.stringify({ error: errors })
const code = (number: number, msg: string) => JSON.stringify({ code: number, msg })
const HTML = "<html><head><title>502 Bad Gateway</title></head></html>"

type Row = readonly [venue: Venue, order: VenueOrder, status: number, body: string, meaning: Meaning]

const live = kraken({ isLive: true })
const krakenRows: ReadonlyArray<Row> = [
  [
    live,
    place,
    200,
    '{"error":[],"result":{"descr":{"order":"buy 1.25 XBTUSD @ limit 27500.0"},"txid":["OU22CG-KLAF2-FWUDD7"]}}',
    taken({ txid: "OU22CG-KLAF2-FWUDD7" }),
  ],
  [
    kraken(),
    place,
    200,
    '{"error":[],"result":{"descr":{"order":"buy 1.25 XBTUSD @ limit 27500.0"}}}',
    taken({ checked: "buy 1.25 XBTUSD @ limit 27500.0" }),
  ],
  [live, cancel, 200, '{"error":[],"result":{"count":1}}', taken({ count: "1" })],
  [live, cancel, 200, '{"error":["WGeneral:Old call"],"result":{"count":1}}', taken({ count: "1" })],
  // An answer to something else.
  [live, place, 200, '{"error":[],"result":{"count":1}}', undecodable],
  [live, place, 200, '{"error":[]}', undecodable],
  [live, place, 200, HTML, undecodable],
  [live, place, 200, says("EOrder:Rate limit exceeded"), over("engine")],
  [live, place, 200, says("EAPI:Rate limit exceeded"), refused("rate-limit")],
  [live, place, 200, says(`EService: Throttled: ${NOW_MS / 1000 + 7}`), refused("rate-limit")],
  [live, place, 200, says("EAPI:Invalid nonce"), refused("nonce")],
  [live, place, 200, says("EAPI:Invalid key"), refused("api-key")],
  [live, place, 200, says("EAPI:Invalid signature"), refused("api-key")],
  [live, place, 200, says("EGeneral:Temporary lockout"), turnedAway],
  [live, place, 200, says("EService:Unavailable"), failed],
  [live, place, 200, says("EService:Busy"), failed],
  [live, place, 200, says("EOrder:Insufficient funds", "EGeneral:Internal error"), failed],
  [live, place, 200, says("EService:Deadline elapsed"), refused("exchange", "EService:Deadline elapsed")],
  [live, place, 200, says("EOrder:Insufficient funds"), refused("exchange", "EOrder:Insufficient funds")],
  [live, place, 520, HTML, failed],
  [live, place, 502, says("EOrder:Insufficient funds"), failed],
  [live, place, 403, HTML, turnedAway],
  [live, place, 429, HTML, refused("rate-limit")],
]

const binanceLive = binance({ isLive: true })
const orderExcess = (per: string) => `Too many new orders; current limit is 100 orders per ${per}.`
const binanceRows: ReadonlyArray<Row> = [
  [
    binanceLive,
    place,
    200,
    '{"symbol":"LTCBTC","orderId":28,"clientOrderId":"o-1","transactTime":1507725176595,"status":"FILLED"}',
    taken({ orderId: "28", status: "FILLED" }),
  ],
  [binanceLive, place, 200, '{"symbol":"LTCBTC","orderId":28,"clientOrderId":"o-2"}', undecodable],
  [binanceLive, place, 200, "{}", undecodable],
  [
    binanceLive,
    cancel,
    200,
    '{"origClientOrderId":"x","orderId":4,"clientOrderId":"o-1","status":"CANCELED"}',
    taken({ orderId: "4", status: "CANCELED" }),
  ],
  [binance(), place, 200, "{}", taken()],
  [binance(), place, 200, '{"standardCommissionForOrder":{"maker":"0.1"}}', taken()],
  [binance(), place, 200, '{"clientOrderId":"o-2"}', undecodable],
  [binance(), place, 200, "[]", undecodable],
  [binance(), place, 200, '{"orderId":28,"clientOrderId":"o-2"}', undecodable],
  [binance(), place, 200, HTML, undecodable],
  [
    binanceLive,
    place,
    400,
    code(-1021, "Timestamp for this request is outside of the recvWindow."),
    refused("clock", "Timestamp for this request is outside of the recvWindow."),
  ],
  [binanceLive, place, 400, code(-1022, "Signature for this request is not valid."), refused("api-key")],
  [
    binanceLive,
    place,
    401,
    code(-2015, "Invalid API-key, IP, or permissions for action."),
    refused("api-key"),
  ],
  [binanceLive, place, 400, code(-2014, "API-key format invalid."), refused("api-key")],
  [binanceLive, place, 429, code(-1015, "Too many new orders."), refused("rate-limit")],
  [binanceLive, place, 429, code(-1003, "Too much request weight used."), refused("rate-limit")],
  [binanceLive, place, 429, code(-1015, orderExcess("10 SECOND")), over("orders")],
  [binanceLive, place, 429, code(-1015, orderExcess("1 DAY")), over("orders of a day")],
  [
    binanceLive,
    place,
    429,
    code(-1003, "Too much request weight used; current limit is 6000 request weight per 1 MINUTE."),
    over("weight"),
  ],
  [binanceLive, place, 418, code(-1003, "Way too much request weight used; IP banned."), turnedAway],
  [binanceLive, place, 403, HTML, turnedAway],
  [binanceLive, place, 400, code(-1007, "Timeout waiting for response from backend server."), failed],
  [binanceLive, place, 503, code(-1008, "Server is currently overloaded."), failed],
  [binanceLive, place, 500, code(-1013, "Filter failure"), failed],
  [
    binanceLive,
    place,
    400,
    code(-2010, "Account has insufficient balance for requested action."),
    refused("exchange", "Account has insufficient balance for requested action."),
  ],
]

const coinbase = coinbaseexchange()
const message = (text: string) => JSON.stringify({ message: text })
const coinbaseRows: ReadonlyArray<Row> = [
  [
    coinbase,
    uuid,
    200,
    '{"id":"d0c5340b-6d6c-49d9-b567-48c4bfca13d2","price":"0.1","status":"pending"}',
    taken({ id: "d0c5340b-6d6c-49d9-b567-48c4bfca13d2", status: "pending" }),
  ],
  [coinbase, uuid, 200, JSON.stringify({ id: "d0", client_oid: uuid.id }), taken({ id: "d0" })],
  [coinbase, uuid, 200, JSON.stringify({ id: "d0", client_oid: "another" }), undecodable],
  [coinbase, uuid, 200, HTML, undecodable],
  [coinbase, cancel, 200, '"d0c5340b"', taken({ id: "d0c5340b" })],
  [coinbase, uuid, 400, message("request timestamp expired"), refused("clock", "request timestamp expired")],
  [coinbase, uuid, 401, message("invalid signature"), refused("api-key")],
  [coinbase, uuid, 429, message("Private rate limit exceeded"), refused("rate-limit")],
  [coinbase, uuid, 400, message("Insufficient funds"), refused("exchange", "Insufficient funds")],
  [coinbase, uuid, 403, HTML, turnedAway],
  [coinbase, uuid, 500, message("Internal server error"), failed],
]

const rows = [...krakenRows, ...binanceRows, ...coinbaseRows].map((row) => ({
  name: row[0].name,
  status: row[2],
  says: row[3].slice(0, 60),
  row,
}))

it.each(rows)("$name answers $status $says", ({ row: [venue, order, status, body, meaning] }) => {
  expect(venue.read({ status, headers: {}, body }, order, NOW_MS).meaning).toEqual(meaning)
})

it("hears from Kraken how long to keep a key quiet", () => {
  const hold = (error: string) =>
    live.read({ status: 200, headers: {}, body: says(error) }, place, NOW_MS).hold
  expect(hold(`EService: Throttled: ${NOW_MS / 1000 + 7}`)).toEqual({ scope: "key", ms: 7000 })
  expect(hold("EGeneral:Temporary lockout")).toEqual({ scope: "key", ms: 900_000 })
  expect(hold("EOrder:Rate limit exceeded")).toBe(undefined)
})

it("hears from Binance what it has counted", () => {
  const headers = {
    "x-mbx-used-weight-1m": "21",
    "x-mbx-order-count-10s": "3",
    "x-mbx-order-count-1d": "nonsense",
  }
  expect(binanceLive.read({ status: 200, headers, body: "{}" }, place, NOW_MS).counts).toEqual([
    { limit: "orders", used: 3 },
    { limit: "weight", used: 21 },
  ])
})

it.each([
  [live, '{"error":[],"result":{"unixtime":1795000000,"rfc1123":"x"}}', { atMs: NOW_MS, resolutionMs: 1000 }],
  [binanceLive, '{"serverTime":1795000000123}', { atMs: NOW_MS + 123, resolutionMs: 1 }],
  [
    coinbase,
    '{"iso":"2026-11-18T00:00:00.123Z","epoch":1795000000.123}',
    { atMs: NOW_MS + 123, resolutionMs: 2 },
  ],
])("a ping tells the venue's time", (venue, body, time) => {
  const answer = { status: 200, headers: {}, body }
  expect(venue.answersPing(answer)).toBe(true)
  expect(venue.read(answer, { id: "" }, NOW_MS).time).toEqual(time)
  for (const other of [
    { status: 200, headers: {}, body: HTML },
    { status: 502, headers: {}, body },
  ])
    expect(venue.answersPing(other)).toBe(false)
})

it.each([
  [
    kraken(),
    { id: "o-1", params: { pair: "XBTUSD", type: "buy", ordertype: "market", volume: "1" } },
    undefined,
  ],
  [kraken(), { id: "o-1" }, "needs pair to place an order"],
  [kraken(), { id: "o-1", params: { nonce: "1" } }, "must not hold nonce: the request has its own"],
  [
    kraken(),
    { id: "a much too long name", params: { pair: "XBTUSD", type: "buy", ordertype: "market", volume: "1" } },
    "has an id that the venue cannot take: it must be at most 18 characters without blanks, or a UUID",
  ],
  [
    kraken(),
    { id: "o-1", params: { action: "cancel", pair: "XBTUSD", txid: "O" } },
    "cancels, which Kraken does not check without doing it",
  ],
  [
    live,
    { id: "o-1", params: { action: "cancel", pair: "XBTUSD" } },
    "needs txid or cl_ord_id to cancel an order",
  ],
  [live, { id: "o-1", params: { action: "cancel", pair: "XBTUSD", txid: "O" } }, undefined],
  [binance(), { id: "o-1", params: { symbol: "A", side: "BUY", type: "MARKET" } }, undefined],
  [
    binance(),
    { id: "o 1", params: { symbol: "A", side: "BUY", type: "MARKET" } },
    "has an id that the venue cannot take: it must be 1 to 36 of the characters A-Z a-z 0-9 . : / _ -",
  ],
  [
    coinbase,
    { id: "o-1", params: { product_id: "A", side: "buy" } },
    "has an id that the venue cannot take: it must be a UUID",
  ],
  [
    coinbase,
    { id: "o-1", params: { action: "amend" } },
    'has the action "amend": place (the default) and cancel are known',
  ],
])("an order that a venue cannot take is known before it is sent", (venue, order, problem) => {
  expect(venue.problemOf(order)).toBe(problem)
})
