// The emulated Binance as Binance's own client sees it, with nothing changed but the base address.
import { subscribe, unsubscribe } from "node:diagnostics_channel"
import { readFile } from "node:fs/promises"
import { BadRequestError, RateLimitBanError, Spot, SpotRestAPI, TooManyRequestsError } from "@binance/spot"
import { expect, it } from "@effect/vitest"
import { Effect, Predicate } from "effect"
import { demoCredentials } from "../../src/exchange/demoKeys.ts"
import { emulateVenue } from "../../src/exchange/emulatedVenues.ts"
import { always } from "../../src/exchange/faults/When.ts"
import { run } from "../cli/process.ts"
import { realTime } from "../support/realTime.ts"
import { countersOf } from "./countersOf.ts"

const clientOf = (basePath: string) => {
  const { key: apiKey, secret: apiSecret } = demoCredentials
  return new Spot({ configurationRestAPI: { apiKey, apiSecret, basePath } }).restAPI
}

const attempt = <A>(call: () => Promise<A>) =>
  Effect.tryPromise({
    try: call,
    catch: (error) => (error instanceof Error ? error : new Error("the client threw something else")),
  })

const place = (client: SpotRestAPI.RestAPI, recvWindow?: number) =>
  attempt(() =>
    client.newOrder({
      symbol: "ETHBTC",
      side: SpotRestAPI.NewOrderSideEnum.BUY,
      type: SpotRestAPI.NewOrderTypeEnum.LIMIT,
      timeInForce: SpotRestAPI.NewOrderTimeInForceEnum.GTC,
      quantity: 1,
      price: 0.05,
      ...(recvWindow === undefined ? {} : { recvWindow }),
    }),
  )

/** The venue's clock differs from ours by so much from the start. */
const clock = (byMs: number) => ({ kind: "clock", byMs, when: always }) as const

/** What Retry-After said in each answer to this process that had one: the client's errors do not tell it. */
const watchRetryAfter = Effect.acquireRelease(
  Effect.sync(() => {
    const seen: Array<string> = []
    const listener = (message: unknown) => {
      if (!Predicate.hasProperty(message, "response")) return
      const { response } = message
      if (!Predicate.hasProperty(response, "headers")) return
      if (Predicate.hasProperty(response.headers, "retry-after"))
        seen.push(String(response.headers["retry-after"]))
    }
    subscribe("http.client.response.finish", listener)
    return { seen, listener }
  }),
  ({ listener }) => Effect.sync(() => unsubscribe("http.client.response.finish", listener)),
)

realTime(
  "Binance's own client places, tests, lists and cancels orders, and reads what they count",
  Effect.gen(function* () {
    const venue = yield* emulateVenue("binance")
    const client = clientOf(venue.url)
    const { serverTime } = yield* attempt(async () => (await client.time()).data())
    expect(Math.abs(Date.now() - Number(serverTime))).toBeLessThan(5000)
    const placed = yield* place(client)
    expect(placed.rateLimits).toContainEqual({
      rateLimitType: "ORDERS",
      interval: "SECOND",
      intervalNum: 10,
      count: 1,
    })
    const { orderId, status } = yield* attempt(() => placed.data())
    expect([Number(orderId), status]).toEqual([1, "NEW"])
    const open = yield* attempt(async () => (await client.getOpenOrders({ symbol: "ETHBTC" })).data())
    expect(open.map((order) => Number(order.orderId))).toEqual([1])
    const cancelled = yield* attempt(async () =>
      (await client.deleteOrder({ symbol: "ETHBTC", orderId: 1 })).data(),
    )
    expect(cancelled.status).toBe("CANCELED")
    expect(yield* venue.tally).toMatchObject({
      keys: [{ key: "key-1", orders: 2, verdicts: { accepted: 2 } }, { orders: 0 }, { orders: 0 }],
      unsigned: 0,
    })
  }),
)

realTime(
  "Binance's own client is refused with 429 and Retry-After, and banned with 418 when it goes on",
  Effect.gen(function* () {
    // The venue's clock shows the beginning of ten seconds: all of this is over before their end.
    const venue = yield* emulateVenue("binance", { faults: [clock(10_000 - (Date.now() % 10_000))] })
    const client = clientOf(venue.url)
    const { seen } = yield* watchRetryAfter
    for (let n = 0; n < 100; n += 1) yield* place(client, 60_000)
    expect(seen).toEqual([])
    const refused = yield* Effect.flip(place(client, 60_000))
    expect(refused).toBeInstanceOf(TooManyRequestsError)
    expect(refused).toMatchObject({
      code: -1015,
      message: "Too many new orders; current limit is 100 orders per 10 SECOND.",
    })
    expect(seen).toHaveLength(1)
    expect(Number(seen[0])).toBeGreaterThan(0)
    expect(Number(seen[0])).toBeLessThanOrEqual(10)
    let last = refused
    for (let n = 0; n < 10; n += 1) last = yield* Effect.flip(place(client, 60_000))
    expect(last).toBeInstanceOf(RateLimitBanError)
    expect(last.message).toContain("IP banned until")
    expect(seen.at(-1)).toBe("120")
  }),
)

realTime(
  "Binance's own client is refused with -1021 when the clocks differ, and no order is counted",
  Effect.gen(function* () {
    for (const byMs of [-3000, 20_000]) {
      const venue = yield* emulateVenue("binance", { faults: [clock(byMs)] })
      const refused = yield* Effect.flip(place(clientOf(venue.url)))
      expect(refused).toBeInstanceOf(BadRequestError)
      expect(refused).toMatchObject({ code: -1021 })
      expect(yield* venue.tally).toMatchObject({ keys: [{ verdicts: { clock: 1 } }, {}, {}] })
      const counters = yield* countersOf(venue.url)
      expect(counters.some(({ limit, used }) => limit === "orders" && used > 0)).toBe(false)
    }
  }),
)

const RECIPE = new URL("programs/botTest.ts", import.meta.url)

realTime(
  "the recipe's test of a bot passes",
  Effect.gen(function* () {
    const { status, stderr, stdout } = yield* Effect.promise(() => run([RECIPE.pathname]))
    expect([status, stderr]).toEqual([0, ""])
    expect(stdout).toContain("a bot that does not wait is banned")
  }),
)

it("shows the recipe as it is tried", async () => {
  const page = await readFile(new URL("../../docs/venues.md", import.meta.url), "utf8")
  const program = await readFile(RECIPE, "utf8")
  expect(page).toContain(program.replace("../../../src/testing.ts", "paceline/testing").trim())
})
