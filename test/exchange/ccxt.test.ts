// Emulated venues as others see them: ccxt, which none of us wrote, with nothing changed but the base address.
import { expect, it } from "@effect/vitest"
import { binance, coinbaseexchange, DDoSProtection, type Exchange, kraken, RateLimitExceeded } from "ccxt"
import { Effect, Predicate } from "effect"
import { demoCredentials } from "../../src/exchange/demoKeys.ts"
import { emulateVenue } from "../../src/exchange/emulatedVenues.ts"
import { countersOf } from "./countersOf.ts"

const CLIENTS = { binance, coinbaseexchange, kraken } as const
type Name = keyof typeof CLIENTS

/** Addresses with another origin. */
const moved = (urls: unknown, origin: string): unknown => {
  if (Predicate.isString(urls)) return urls.replace(/^https:\/\/[^/]+/, origin)
  return Predicate.isObject(urls)
    ? Object.fromEntries(Object.entries(urls).map(([name, each]) => [name, moved(each, origin)]))
    : urls
}

const clientOf = (name: Name, origin: string, enableRateLimit = true): Exchange => {
  const { key, passphrase, secret } = demoCredentials
  const client: Exchange = new CLIENTS[name]({ apiKey: key, secret, password: passphrase, enableRateLimit })
  Object.assign(client.urls, { api: moved(client.urls["api"], origin) })
  return client
}

/** One whose throttle is off: what is tried is the venue's limits. */
const hastyClientOf = (name: Name, origin: string) => clientOf(name, origin, false)

const attempt = <A>(call: () => Promise<A>) =>
  Effect.tryPromise({
    try: call,
    catch: (error) => (error instanceof Error ? error : new Error("ccxt threw something else")),
  })

const place = (client: Exchange, n: number, symbol = "ETH/BTC") =>
  attempt(() => client.createOrder(symbol, "limit", "buy", 1, 0.01 + n / 10_000))

it.live.each(["kraken", "binance", "coinbaseexchange"] as const)(
  "%s takes ccxt's orders, shows and cancels them",
  (name) =>
    Effect.gen(function* () {
      const running = yield* emulateVenue(name)
      const client = clientOf(name, running.url)
      const markets = yield* attempt(() => client.loadMarkets())
      expect(Object.keys(markets)).toContain("ETH/BTC")
      const time = yield* attempt(() => client.fetchTime())
      expect(Math.abs(Date.now() - (time ?? 0))).toBeLessThan(5000)
      const order = yield* place(client, 0)
      expect(order.id).toMatch(/.+/)
      const open = yield* attempt(() => client.fetchOpenOrders("ETH/BTC"))
      expect(open.map(({ id }) => id)).toEqual([order.id])
      yield* attempt(() => client.cancelOrder(order.id ?? "", "ETH/BTC"))
      expect(yield* attempt(() => client.fetchOpenOrders("ETH/BTC"))).toEqual([])
      expect(yield* running.tally).toMatchObject({
        keys: [{ key: "key-1", orders: 2, verdicts: { accepted: 2 } }, { orders: 0 }, { orders: 0 }],
        unsigned: 0,
        banned: 0,
      })
    }).pipe(Effect.scoped),
)

it.live.each(["kraken", "binance", "coinbaseexchange"] as const)(
  "%s refuses what ccxt signs with another secret",
  (name) =>
    Effect.gen(function* () {
      const running = yield* emulateVenue(name)
      const client = hastyClientOf(name, running.url)
      yield* attempt(() => client.loadMarkets())
      client.secret = Buffer.from("another").toString("base64")
      const error = yield* Effect.flip(place(client, 0))
      expect(error.message).toMatch(/signature/i)
      expect(yield* running.tally).toMatchObject({ unsigned: 1 })
    }).pipe(Effect.scoped),
)

it.live("binance refuses the 101st order of ten seconds, and bans who goes on", () =>
  Effect.gen(function* () {
    const running = yield* emulateVenue("binance")
    const client = hastyClientOf("binance", running.url)
    yield* attempt(() => client.loadMarkets())
    const results = yield* Effect.forEach(
      Array.from({ length: 240 }, (_, n) => n),
      (n) => Effect.flip(place(client, n)).pipe(Effect.orElseSucceed(() => undefined)),
    )
    const refused = results.filter((error) => error !== undefined)
    // A border of the ten seconds may lie between.
    expect([40, 140]).toContain(refused.length)
    expect(refused[0]).toBeInstanceOf(DDoSProtection)
    expect(refused[0]?.message).toContain("Too many new orders; current limit is 100 orders per 10 SECOND.")
    expect(refused.at(-1)).toBeInstanceOf(DDoSProtection)
    expect(refused.at(-1)?.message).toContain("IP banned until")
    expect((yield* running.tally).banned).toBeGreaterThan(20)
    const counters = yield* countersOf(running.url)
    expect(counters).toContainEqual(expect.objectContaining({ limit: "orders", scope: "", of: 100 }))
  }).pipe(Effect.scoped),
)

it.live("kraken's engine refuses the order that is one too many for its pair, and no other pair's", () =>
  Effect.gen(function* () {
    const running = yield* emulateVenue("kraken")
    const client = hastyClientOf("kraken", running.url)
    yield* attempt(() => client.loadMarkets())
    // ccxt's nonces are milliseconds: two orders of the same one would be refused for that.
    const placeLater = (n: number) => Effect.delay(place(client, n), "2 millis")
    const startedMs = Date.now()
    let passed = 0
    while (yield* Effect.isSuccess(placeLater(passed))) passed += 1
    const decayed = (Date.now() - startedMs) / 1000
    expect(passed).toBeGreaterThanOrEqual(60)
    expect(passed).toBeLessThanOrEqual(60 + decayed)
    const error = yield* Effect.flip(placeLater(0))
    expect(error).toBeInstanceOf(DDoSProtection)
    expect(error.message).toContain("EOrder:Rate limit exceeded")
    yield* Effect.delay(place(client, 0, "LTC/USD"), "2 millis")
    const counters = yield* countersOf(running.url)
    expect(counters).toContainEqual(expect.objectContaining({ limit: "engine", scope: "XLTCZUSD", of: 60 }))
  }).pipe(Effect.scoped),
)

it.live("kraken wants each key's nonces to rise, and locks out who goes on", () =>
  Effect.gen(function* () {
    const running = yield* emulateVenue("kraken")
    const client = hastyClientOf("kraken", running.url)
    yield* attempt(() => client.loadMarkets())
    client.nonce = () => 7
    yield* place(client, 0)
    const errors = yield* Effect.forEach(
      Array.from({ length: 21 }, (_, n) => n),
      (n) => Effect.flip(place(client, n)),
    )
    expect(errors[0]).toMatchObject({ name: "InvalidNonce" })
    expect(errors.at(-1)?.message).toContain("EGeneral:Temporary lockout")
  }).pipe(Effect.scoped),
)

it.live("coinbaseexchange empties its bucket: 30 at once, then 15 a second", () =>
  Effect.gen(function* () {
    const running = yield* emulateVenue("coinbaseexchange")
    const client = hastyClientOf("coinbaseexchange", running.url)
    yield* attempt(() => client.loadMarkets())
    const startedMs = Date.now()
    let passed = 0
    while (yield* Effect.isSuccess(place(client, passed))) passed += 1
    expect(passed).toBeGreaterThanOrEqual(30)
    expect(passed).toBeLessThanOrEqual(31 + (15 * (Date.now() - startedMs)) / 1000)
    expect(yield* Effect.flip(place(client, 0))).toBeInstanceOf(RateLimitExceeded)
    yield* Effect.sleep("500 millis")
    yield* place(client, 0)
  }).pipe(Effect.scoped),
)

it.live("binance refuses a timestamp that is too old or ahead, and counts it in no order limit", () =>
  Effect.gen(function* () {
    const running = yield* emulateVenue("binance")
    const client = hastyClientOf("binance", running.url)
    yield* attempt(() => client.loadMarkets())
    for (const off of [-20_000, 2000]) {
      client.nonce = () => Date.now() + off
      expect(yield* Effect.flip(place(client, 0))).toMatchObject({ name: "InvalidNonce" })
    }
    expect(yield* running.tally).toMatchObject({ keys: [{ verdicts: { clock: 2 } }, {}, {}] })
    const counters = yield* countersOf(running.url)
    expect(counters.some(({ limit, used }) => limit === "orders" && used > 0)).toBe(false)
  }).pipe(Effect.scoped),
)
