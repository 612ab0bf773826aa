// What Kraken, Binance and Coinbase Exchange document of their limits, each rule of the emulated ones by itself: no clock runs.
import { describe, expect, it } from "@effect/vitest"
import type { EmulatedAnswer } from "../../src/venues/Emulated.ts"
import { MIDNIGHT_MS, open, passing } from "./emulatedDesk.ts"

const MINUTE_MS = 60_000

describe("the emulated kraken", () => {
  const ORDER = { pair: "XBTUSD", ordertype: "limit", type: "buy", volume: 1, price: 1 }

  it("lets 60 orders of a pair pass at once, then one a second, and counts each pair by itself", () => {
    const { kraken } = open("kraken")
    expect(passing(61, () => kraken(0, "AddOrder", ORDER))).toBe(60)
    expect(kraken(0, "AddOrder", ORDER)).toMatchObject({
      status: 200,
      body: '{"error":["EOrder:Rate limit exceeded"]}',
    })
    expect(kraken(0, "AddOrder", { ...ORDER, pair: "ETHUSD" }).refused).toBeUndefined()
    // All names of a pair are the same pair.
    expect(kraken(0, "AddOrder", { ...ORDER, pair: "XBT/USD" }).refused).toBe("rate-limit")
  })

  it("counts an order on receipt: also one that is no good, and one that is refused for the limit", () => {
    const { desk, kraken } = open("kraken")
    const used = () => desk.counter("engine", "XXBTZUSD").used()
    expect(kraken(0, "AddOrder", { ...ORDER, volume: "" }).refused).toBe("exchange")
    expect(used()).toBe(1)
    expect(
      kraken(0, "AddOrder", { ...ORDER, deadline: new Date(MIDNIGHT_MS - 1).toISOString() }),
    ).toMatchObject({
      body: '{"error":["EService:Deadline elapsed"]}',
    })
    expect(used()).toBe(2)
    for (let n = 0; n < 60; n += 1) kraken(0, "AddOrder", ORDER)
    expect(used()).toBe(62)
    expect(kraken(2999, "AddOrder", ORDER).refused).toBe("rate-limit")
  })

  it.each([
    [0, 8],
    [4999, 8],
    [5000, 6],
    [9999, 6],
    [10_000, 5],
    [14_999, 5],
    [15_000, 4],
    [44_999, 4],
    [45_000, 2],
    [89_999, 2],
    [90_000, 1],
    [299_999, 1],
    [300_000, 0],
  ])("counts the cancel of an order that is %d ms old as %d", (ageMs, cost) => {
    const { desk, kraken } = open("kraken")
    kraken(0, "AddOrder", { ...ORDER, cl_ord_id: "o-1" })
    const before = () => desk.counter("engine", "XXBTZUSD").used()
    desk.setClock(MIDNIGHT_MS + ageMs)
    const level = before()
    expect(kraken(ageMs, "CancelOrder", { cl_ord_id: "o-1" }).refused).toBeUndefined()
    expect(before() - level).toBeCloseTo(cost)
  })

  it.each([
    ["AmendOrder", 0, 4],
    ["AmendOrder", 5000, 3],
    ["AmendOrder", 10_000, 2],
    ["AmendOrder", 15_000, 1],
    ["EditOrder", 0, 7],
    ["EditOrder", 5000, 6],
    ["EditOrder", 10_000, 5],
    ["EditOrder", 15_000, 3],
    ["EditOrder", 45_000, 2],
    ["EditOrder", 90_000, 1],
  ])("counts %s of an order that is %d ms old as %d, and its age from there on", (call, ageMs, cost) => {
    const { desk, kraken } = open("kraken")
    const used = () => desk.counter("engine", "XXBTZUSD").used()
    kraken(0, "AddOrder", { ...ORDER, cl_ord_id: "o-1" })
    desk.setClock(MIDNIGHT_MS + ageMs)
    const level = used()
    const changed = { cl_ord_id: "o-1", limit_price: 2, price: 2 }
    expect(kraken(ageMs, call, changed).refused).toBeUndefined()
    expect(used() - level).toBeCloseTo(cost)
    expect(kraken(ageMs, "OpenOrders").body).toContain('"price":"2"')
    expect(kraken(ageMs, "CancelOrder", { cl_ord_id: "o-1" }).refused).toBeUndefined()
    expect(used() - level).toBeCloseTo(cost + 8)
    expect(kraken(ageMs, "OpenOrders").body).toContain('"open":{}')
  })

  it("counts the fixed cost of an amendment that finds no room", () => {
    const { desk, kraken } = open("kraken")
    kraken(0, "AddOrder", { ...ORDER, cl_ord_id: "o-1" })
    for (let n = 0; n < 57; n += 1) kraken(0, "AddOrder", ORDER)
    expect(kraken(0, "AmendOrder", { cl_ord_id: "o-1", limit_price: 2 }).refused).toBe("rate-limit")
    expect(desk.counter("engine", "XXBTZUSD").used()).toBe(59)
  })

  it("refuses a cancel that finds no room, which costs nothing then", () => {
    const { desk, kraken } = open("kraken")
    kraken(0, "AddOrder", { ...ORDER, cl_ord_id: "o-1" })
    for (let n = 0; n < 52; n += 1) kraken(0, "AddOrder", ORDER)
    expect(kraken(0, "CancelOrder", { cl_ord_id: "o-1" }).refused).toBe("rate-limit")
    expect(desk.counter("engine", "XXBTZUSD").used()).toBe(53)
    expect(kraken(1000, "CancelOrder", { cl_ord_id: "o-1" }).refused).toBeUndefined()
  })

  it("counts other calls of a key in a counter of their own, 2 for histories, and makes who goes on wait longer", () => {
    const { kraken } = open("kraken")
    for (let n = 0; n < 60; n += 1) kraken(0, "AddOrder", ORDER)
    expect(passing(16, () => kraken(0, "Balance"))).toBe(15)
    // It is 1 over the 15, and 1 more shall pass.
    expect(kraken(6000, "Balance").body).toContain("EAPI:Rate limit exceeded")
    expect(kraken(6000 + 6100, "Balance").refused).toBeUndefined()
    const other = open("kraken")
    // Nobody trades, so there is no history to show.
    expect(other.kraken(0, "TradesHistory").body).toContain("Unknown method")
    expect(other.desk.counter("calls", "key-1").used()).toBe(2)
  })

  it("takes nonces that rise, up to 64 bits, and no others", () => {
    const { kraken } = open("kraken")
    const isTaken = (nonce: string) => kraken(0, "Balance", { nonce }).refused === undefined
    const nonces = ["5", "5", "4", "6", "x", "18446744073709551616", "18446744073709551615", "7"]
    expect(nonces.filter(isTaken)).toEqual(["5", "6", "18446744073709551615"])
  })

  it("locks a key out for wrong nonces, longer each time, and takes no other key for it", () => {
    const { kraken } = open("kraken")
    const lockOut = (atMs: number) => {
      for (let n = 0; n < 20; n += 1)
        expect(kraken(atMs, "AddOrder", { ...ORDER, nonce: 0 }).body).toContain("EAPI:Invalid nonce")
    }
    const isLockedOut = (atMs: number) => kraken(atMs, "AddOrder", ORDER).refused === "blocked"
    lockOut(0)
    expect([14, 15].map((minutes) => isLockedOut(minutes * MINUTE_MS))).toEqual([true, false])
    lockOut(15 * MINUTE_MS)
    expect([44, 45].map((minutes) => isLockedOut(minutes * MINUTE_MS))).toEqual([true, false])
  })

  it("matches nothing after its deadline, and takes none of more than 60 s", () => {
    const { kraken } = open("kraken")
    const refusedWith = (aheadMs: number) => {
      const deadline = new Date(MIDNIGHT_MS + aheadMs).toISOString()
      return /"error":\["?([^"\]]*)/.exec(kraken(0, "AddOrder", { ...ORDER, deadline }).body)?.[1]
    }
    expect([0, 500, 60_000, 60_001].map(refusedWith)).toEqual([
      "EService:Deadline elapsed",
      "",
      "",
      "EGeneral:Invalid arguments:deadline",
    ])
  })
})

describe("the emulated binance", () => {
  const ORDER = { symbol: "LTCBTC", side: "BUY", type: "LIMIT_MAKER", quantity: 1, price: 1 }
  const PATH = "/api/v3/order"
  const weightOf = ({ headers }: EmulatedAnswer) => Number(headers?.["x-mbx-used-weight-1m"])

  it("counts the account's orders in ten seconds of the clock and in a day, and tells in headers", () => {
    const { binance } = open("binance")
    const place = (atMs: number) => binance(atMs, "POST", PATH, ORDER)
    expect(passing(100, () => place(9999))).toBe(100)
    expect(place(9999)).toMatchObject({ status: 429, headers: { "retry-after": "1" } })
    const next = place(10_000)
    expect(next.headers).toMatchObject({ "x-mbx-order-count-10s": "1", "x-mbx-order-count-1d": "101" })
    expect(place(86_400_000).headers).toMatchObject({ "x-mbx-order-count-1d": "1" })
  })

  it("counts neither cancels nor tests nor what is signed too late among the orders", () => {
    const { binance, desk } = open("binance")
    binance(0, "POST", PATH, { ...ORDER, newClientOrderId: "o-1" })
    binance(0, "POST", `${PATH}/test`, ORDER)
    binance(0, "DELETE", PATH, { symbol: "LTCBTC", origClientOrderId: "o-1" })
    binance(10_000, "POST", PATH, { ...ORDER, timestamp: MIDNIGHT_MS })
    desk.setClock(MIDNIGHT_MS)
    expect(desk.counter("orders of a day", "").used()).toBe(1)
  })

  it("weighs what fails and what asks, and no order that succeeds", () => {
    const { binance } = open("binance")
    const weights = [
      binance(0, "POST", PATH, { ...ORDER, newClientOrderId: "o-1" }),
      binance(0, "DELETE", PATH, { symbol: "LTCBTC", origClientOrderId: "o-1" }),
      binance(0, "POST", PATH, { ...ORDER, price: "" }),
      binance(0, "POST", PATH, { ...ORDER, timestamp: MIDNIGHT_MS - 10_000 }),
      binance(0, "POST", `${PATH}/test`, ORDER),
      binance(0, "GET", PATH, { symbol: "LTCBTC", orderId: 9 }),
      binance(0, "GET", "/api/v3/openOrders", { symbol: "LTCBTC" }),
      binance(0, "GET", "/api/v3/openOrders"),
      binance(59_999, "GET", "/api/v3/account"),
    ].map(weightOf)
    expect(weights).toEqual([0, 0, 1, 2, 3, 7, 13, 93, 113])
    expect(weightOf(binance(60_000, "GET", "/api/v3/account"))).toBe(20)
  })

  it("refuses what weighs too much for its address, with the rest of the minute as Retry-After, and no other address", () => {
    const { binance } = open("binance")
    const ask = (atMs: number, address?: string) => binance(atMs, "GET", "/api/v3/openOrders", {}, address)
    expect(passing(75, () => ask(15_000))).toBe(75)
    expect(ask(15_000)).toMatchObject({
      status: 429,
      headers: { "retry-after": "45" },
      refused: "rate-limit",
    })
    expect(ask(15_000, "b").status).toBe(200)
    expect(ask(60_000).status).toBe(200)
  })

  it("refuses the 300,001st request of an address in five minutes", () => {
    const { desk, send } = open("binance")
    for (let n = 0; n < 300_000; n += 1) desk.counter("raw requests", "a").pass(1)
    expect(send(0, { path: "/api/v3/ping" })).toMatchObject({
      status: 429,
      headers: { "retry-after": "300" },
    })
    expect(send(300_000, { path: "/api/v3/ping" }).status).toBe(200)
  })

  it("bans an address that goes on while it was asked to wait: 2 minutes, then twice as long, at most 3 days", () => {
    const { binance } = open("binance")
    const ask = (atMs: number) => binance(atMs, "GET", "/api/v3/account")
    let atMs = 0
    const bans: Array<number> = []
    for (let n = 0; n < 13; n += 1) {
      passing(300, () => ask(atMs))
      const refusals = Array.from({ length: 11 }, () => ask(atMs))
      expect(refusals.map(({ status }) => status)).toEqual([...Array.from({ length: 10 }, () => 429), 418])
      const banMs = 1000 * Number(refusals.at(-1)?.headers?.["retry-after"])
      bans.push(banMs / MINUTE_MS)
      expect(ask(atMs + banMs - 1)).toMatchObject({ status: 418, headers: { "retry-after": "1" } })
      atMs += banMs
    }
    expect(bans).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 4320])
  })

  it("bans nobody who waits as he was asked to", () => {
    const { binance } = open("binance")
    for (let minute = 0; minute < 30; minute += 1) {
      const answers = Array.from({ length: 301 }, () => binance(minute * MINUTE_MS, "GET", "/api/v3/account"))
      expect(answers.at(-1)?.status).toBe(429)
    }
  })

  it.each([
    [{ timestamp: MIDNIGHT_MS - 5000 }, undefined],
    [{ timestamp: MIDNIGHT_MS - 5001 }, -1021],
    [{ timestamp: MIDNIGHT_MS + 999 }, undefined],
    [{ timestamp: MIDNIGHT_MS + 1000 }, -1021],
    [{ timestamp: MIDNIGHT_MS - 60_000, recvWindow: 60_000 }, undefined],
    [{ timestamp: MIDNIGHT_MS, recvWindow: 60_001 }, -1131],
    [{ timestamp: `${MIDNIGHT_MS}000` }, undefined],
    [{ timestamp: `${MIDNIGHT_MS - 5001}000` }, -1021],
    [{ timestamp: "" }, -1102],
  ])("answers an order with %j as documented", (fields, code) => {
    const { binance } = open("binance")
    const { body, refused } = binance(0, "POST", PATH, { ...ORDER, ...fields })
    expect([/"code":(-\d+)/.exec(body)?.[1], refused]).toEqual(
      code === undefined ? [undefined, undefined] : [String(code), "clock"],
    )
  })
})

describe("the emulated coinbaseexchange", () => {
  const ORDER = JSON.stringify({ product_id: "BTC-USD", side: "buy", price: "1", size: "1" })

  it("gives the profile 30 requests at once, and one more each fifteenth of a second, however long it was quiet", () => {
    const { coinbase } = open("coinbaseexchange")
    const place = (atMs: number) => coinbase(atMs, "POST", "/orders", ORDER)
    expect(passing(40, () => place(0))).toBe(30)
    expect(place(0)).toMatchObject({ status: 429, refused: "rate-limit" })
    expect([66, 67, 133, 134].map((atMs) => place(atMs).status)).toEqual([429, 200, 429, 200])
    expect(passing(40, () => place(3_600_000))).toBe(30)
  })

  it("has buckets of their own for fills, 20 and 10 a second, and for the public calls of an address, 15 and 10", () => {
    const { coinbase, send } = open("coinbaseexchange")
    expect(passing(40, () => coinbase(0, "GET", "/fills"))).toBe(20)
    expect(coinbase(99, "GET", "/fills").status).toBe(429)
    expect(coinbase(100, "GET", "/fills").status).toBe(200)
    const time = (atMs: number, address: string) =>
      send(atMs, { path: "/time", headers: { "user-agent": "test" }, address })
    expect(passing(40, () => time(100, "a"))).toBe(15)
    expect(time(100, "b").status).toBe(200)
    expect(time(200, "a").status).toBe(200)
    expect(coinbase(200, "GET", "/accounts").status).toBe(200)
  })

  it("finds an order by the client's id, and none by what is no id at all", () => {
    const { coinbase } = open("coinbaseexchange")
    const id = "0f2c3f6e-6f0a-4c39-8a3c-0a9a2d6a0b11"
    coinbase(0, "POST", "/orders", JSON.stringify({ ...JSON.parse(ORDER), client_oid: id }))
    expect(coinbase(0, "GET", `/orders/client:${id}`).body).toContain(id)
    expect(coinbase(0, "DELETE", "/orders/%zz").status).toBe(404)
    expect(coinbase(0, "DELETE", `/orders/client%3A${id}`).status).toBe(200)
  })

  it("wants a time within 30 s, either way", () => {
    const { coinbase } = open("coinbaseexchange")
    const isTaken = (offMs: number) => coinbase(0, "POST", "/orders", ORDER, offMs).refused === undefined
    expect([-30_001, -30_000, 30_000, 30_001].filter(isTaken)).toEqual([-30_000, 30_000])
  })
})
