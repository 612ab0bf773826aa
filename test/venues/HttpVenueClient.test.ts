// On the real clock: over sockets of this machine.
import { expect, it } from "@effect/vitest"
import { Clock, Context, Duration, Effect, Exit, Layer, Redacted } from "effect"
import { ExchangeClock } from "../../src/limits/ExchangeClock.ts"
import { nowMsUnsafe } from "../../src/platform/Monotonic.ts"
import { binance } from "../../src/venues/binance/binance.ts"
import { coinbaseexchange } from "../../src/venues/coinbaseexchange/coinbaseexchange.ts"
import { ExchangeClient } from "../../src/venues/ExchangeClient.ts"
import { type HttpVenueOptions, layer } from "../../src/venues/HttpVenueClient.ts"
import { kraken, krakenSignature } from "../../src/venues/kraken/kraken.ts"
import { json, venueServer } from "../support/venueServer.ts"

const key = {
  label: "key-1",
  key: Redacted.make("the-key"),
  secret: Redacted.make("AAECAwQF"),
  passphrase: Redacted.make("the-passphrase"),
}

const makeClient = (options: Pick<HttpVenueOptions, "venue" | "url" | "clock">) =>
  Effect.map(
    Layer.build(layer({ ...options, requestTimeout: Duration.seconds(2), maxInFlight: 4 })),
    (context) => Context.get(context, ExchangeClient),
  )

const watch = () => {
  const written: Array<number> = []
  return { written, onWritten: (atMs: number) => written.push(atMs), onSettled: () => {} }
}

it.live("places an order at Kraken: a form, signed, written once, its transaction id told", () =>
  Effect.gen(function* () {
    const { seen, url } = yield* venueServer(
      json({ error: [], result: { descr: { order: "buy 1 XBTUSD @ market" }, txid: ["OU22CG"] } }),
    )
    const client = yield* makeClient({ venue: kraken({ isLive: true }), url })
    const watched = watch()
    const order = {
      id: "o-1",
      params: { pair: "XBTUSD", type: "buy", ordertype: "market", volume: "1", "close[price]": "1 + 2" },
    }
    const taken = yield* client.submit(order, key, 1_795_000_000_001, watched)
    expect(taken).toEqual({ status: "OK", req_id: "o-1", data: { txid: "OU22CG" } })
    expect(watched.written.length).toBe(1)
    const [{ body, headers, method, url: path } = { body: "", headers: {}, method: "", url: "" }, ...more] =
      seen
    expect(more).toEqual([])
    expect([method, path, headers["api-key"], headers["content-type"]]).toEqual([
      "POST",
      "/0/private/AddOrder",
      "the-key",
      "application/x-www-form-urlencoded",
    ])
    expect(headers["api-sign"]).toBe(
      krakenSignature("/0/private/AddOrder", "1795000000001", body, "AAECAwQF"),
    )
    const { deadline, ...fields } = Object.fromEntries(new URLSearchParams(body))
    expect(fields).toEqual({ ...order.params, nonce: "1795000000001", cl_ord_id: "o-1" })
    expect(Math.abs(Date.parse(deadline ?? "") - Date.now() - 5000)).toBeLessThan(2000)
  }),
)

it.live("cancels by DELETE, and tells what was refused", () =>
  Effect.gen(function* () {
    const { seen, url } = yield* venueServer((_, response) => {
      response.statusCode = 404
      response.end(JSON.stringify({ message: "order the-key not found" }))
    })
    const client = yield* makeClient({ venue: coinbaseexchange(), url })
    const order = {
      id: "x",
      params: { action: "cancel", client_oid: "0f2c3f6e-6f0a-4c39-8a3c-0a9a2d6a0b11" },
    }
    const exit = yield* Effect.exit(client.submit(order, key, 1, watch()))
    expect(Exit.isFailure(exit) && JSON.stringify(exit)).toContain("order key-1 not found")
    expect(seen.map(({ body, method, url: path }) => [method, path, body])).toEqual([
      ["DELETE", "/orders/client:0f2c3f6e-6f0a-4c39-8a3c-0a9a2d6a0b11", ""],
    ])
    expect(seen[0]?.headers["cb-access-passphrase"]).toBe("the-passphrase")
  }),
)

it.live("stamps orders with the venue's time once a ping has told it, and signs when they leave", () =>
  Effect.gen(function* () {
    const AHEAD_MS = 3_600_000
    const { seen, url } = yield* venueServer(({ url: path }, response) => {
      const said = path === "/api/v3/time" ? { serverTime: Date.now() + AHEAD_MS } : {}
      response.end(JSON.stringify(said))
    })
    const clock = new ExchangeClock()
    const client = yield* makeClient({ venue: binance(), url, clock })
    const order = { id: "o-1", params: { symbol: "LTCBTC", side: "BUY", type: "MARKET", quantity: "1" } }
    const stampOf = Effect.map(client.submit(order, key, 1, watch()), () =>
      Number(new URL(seen.at(-1)?.url ?? "", url).searchParams.get("timestamp")),
    )
    expect(Math.abs((yield* stampOf) - Date.now())).toBeLessThan(1000)
    const begunMs = nowMsUnsafe(yield* Clock.Clock)
    const { roundTripMs, time } = yield* client.ping ?? Effect.die("no ping")
    expect(roundTripMs).toBeGreaterThanOrEqual(0)
    const atMs = nowMsUnsafe(yield* Clock.Clock)
    clock.onEvent({ type: "ping", atMs, begunMs, clearedMs: atMs, exchangeTime: time })
    const stamp = yield* stampOf
    const aheadMs = stamp - Date.now() - AHEAD_MS
    expect(aheadMs).toBeLessThanOrEqual(1)
    expect(aheadMs).toBeGreaterThan(-1000)
    const nowMs = nowMsUnsafe(yield* Clock.Clock)
    expect(clock.earliest(nowMs)).toBeGreaterThanOrEqual(stamp)
  }),
)

it.live("takes no refusal for a wrong clock where its order may have come late", () =>
  Effect.gen(function* () {
    const delays = [0, 300]
    const { url } = yield* venueServer((_, response) => {
      response.statusCode = 400
      const said = { code: -1021, msg: "Timestamp for this request is outside of the recvWindow." }
      setTimeout(() => response.end(JSON.stringify(said)), delays.shift())
    })
    const client = yield* makeClient({ venue: binance({ recvWindowMs: 250 }), url })
    const refusal = (id: string) =>
      Effect.map(Effect.flip(client.submit({ id }, key, 1, watch())), ({ _tag }) => _tag)
    expect(yield* refusal("at once")).toBe("InvalidTimestamp")
    expect(yield* refusal("after a standstill")).toBe("TurnedAway")
  }),
)

it.live("an order that cannot be written is not sent, and its connection is not used again", () =>
  Effect.gen(function* () {
    const { seen, url } = yield* venueServer(json({}))
    const client = yield* makeClient({ venue: binance(), url })
    const bad = { id: "o-1", params: { symbol: "\ud800" } }
    const exit = yield* Effect.exit(client.submit(bad, key, 1, watch()))
    expect(Exit.isFailure(exit) && JSON.stringify(exit)).toContain("unsendable")
    expect(seen).toEqual([])
    expect((yield* client.submit({ id: "o-2" }, key, 2, watch())).req_id).toBe("o-2")
  }),
)
