/** What answers mean by ccxt's classes, as ccxt itself sorts them. */
import { binance, bybit, kraken } from "ccxt"
import { expect, it } from "vitest"
import { type CcxtResult, meaningOfCcxt } from "../../src/venues/ccxt/meaning.ts"
import { ccxtNonces, ccxtNonceUnit } from "../../src/venues/ccxt/nonces.ts"

const exchanges = { binance: new binance(), bybit: new bybit(), kraken: new kraken() }
type Name = keyof typeof exchanges

const order = { id: "o-1", params: { symbol: "BTC/USD" } }

const resultOf = (name: Name, status: number, body: string): CcxtResult<unknown> => {
  const exchange = exchanges[name]
  const url = "https://localhost/api/v3/order"
  try {
    const parsed: unknown = exchange.parseJson(body)
    exchange.handleErrors(status, "", url, "POST", {}, body, parsed, {}, "")
    exchange.handleHttpStatusCode(status, "", url, "POST", body)
    return { kind: "returned", value: {} }
  } catch (error) {
    return { kind: "threw", error }
  }
}

/** `refused: reason`, or the kind of meaning. */
const meaningOf = (name: Name, status: number, body: string): string => {
  const meaning = meaningOfCcxt({ status, body }, order, resultOf(name, status, body), ccxtNonces(name))
  return meaning.kind === "refused" ? meaning.reason : meaning.kind
}

const error = (text: string) => JSON.stringify({ error: [text] })
const code = (number: number, msg = "so it says") => JSON.stringify({ code: number, msg })

it.each<[Name, number, string, string]>([
  ["kraken", 200, error("EOrder:Insufficient funds"), "exchange"],
  ["kraken", 200, error("EQuery:Unknown asset pair"), "unknown"],
  ["kraken", 200, error("EOrder:Rate limit exceeded"), "rate-limit"],
  ["kraken", 200, error("EAPI:Invalid nonce"), "nonce"],
  ["kraken", 200, error("EAPI:Invalid key"), "api-key"],
  ["kraken", 200, error("EGeneral:Permission denied"), "exchange"],
  ["kraken", 200, error("ETrade:User Locked"), "blocked"],
  // Each of these may have been executed: a busy service, and words that ccxt has no class for.
  ["kraken", 200, error("EService:Unavailable"), "unknown"],
  ["kraken", 200, error("EService:Busy"), "unknown"],
  ["kraken", 200, error("EService:Timeout"), "unknown"],
  ["kraken", 200, error("EGeneral:Internal error"), "unknown"],
  ["kraken", 200, error("ENew:What nobody knows"), "unknown"],
  ["binance", 400, code(-2010, "Account has insufficient balance for requested action."), "exchange"],
  ["binance", 400, code(-1013, "Filter failure: LOT_SIZE"), "exchange"],
  ["binance", 429, code(-1015), "rate-limit"],
  ["binance", 418, code(-1003), "turned-away"],
  ["binance", 403, "<html>Forbidden</html>", "turned-away"],
  ["binance", 400, code(-1021), "clock"],
  ["binance", 401, code(-2015), "api-key"],
  ["binance", 400, code(-1000), "unknown"],
  ["binance", 400, code(-1001), "unknown"],
  ["binance", 400, code(-1006), "unknown"],
  ["binance", 408, code(-1007), "unknown"],
  // A failing server is not believed, whatever it says.
  ["binance", 503, code(-2010, "Account has insufficient balance for requested action."), "unknown"],
  ["binance", 404, "<html>", "unknown"],
  // Nor is a page, of a key.
  ["binance", 401, "<html>Log in</html>", "turned-away"],
  ["kraken", 407, "<html>Proxy authentication</html>", "unknown"],
  ["bybit", 200, JSON.stringify({ retCode: 10006, retMsg: "Too many visits!" }), "rate-limit"],
  ["bybit", 200, JSON.stringify({ retCode: 10002, retMsg: "invalid timestamp" }), "clock"],
  ["bybit", 200, JSON.stringify({ retCode: 10003, retMsg: "API key is invalid." }), "api-key"],
  ["bybit", 200, JSON.stringify({ retCode: 170131, retMsg: "Balance insufficient" }), "exchange"],
  ["bybit", 403, "access too frequent", "turned-away"],
])("%s: %i %s is %s", (name, status, body, meaning) => {
  expect(meaningOf(name, status, body)).toBe(meaning)
})

const read = (params: object, value: object) =>
  meaningOfCcxt(
    { status: 200, body: "{}" },
    { id: "o-1", params: { params: JSON.stringify(params) } },
    { kind: "returned", value },
    "none",
  )

it("is an acceptance only of an order that has an id, and no other order's name", () => {
  expect(read({}, { id: "77" })).toEqual({ kind: "accepted", data: { id: "77" } })
  expect(read({}, { id: "77", clientOrderId: "o-1" }).kind).toBe("accepted")
  expect(read({}, { id: "77", clientOrderId: "o-2" }).kind).toBe("unknown")
  expect(read({ clientOrderId: "mine" }, { id: "77", clientOrderId: "mine" }).kind).toBe("accepted")
  expect(read({}, {}).kind).toBe("unknown")
  // Asked to check it, a venue gives none.
  expect(read({ test: true }, {}).kind).toBe("accepted")
  expect(read({ validate: true }, {}).kind).toBe("accepted")
})

it("knows what nonces count by how many digits they have, and takes seconds for no nonces", () => {
  const units = [1_764_000_000, 1_764_000_000_000, 1_764_000_000_000_000, 1.764e18, 7].map(ccxtNonceUnit)
  expect(units).toEqual([undefined, "ms", "us", "ns", undefined])
})
