// Bots of ccxt, paced, against the emulated venues with their documented limits, on the real clock.
import { readFile } from "node:fs/promises"
import { expect, it } from "@effect/vitest"
import { type Order as CcxtOrder, OrderNotFound } from "ccxt"
import { Duration, Effect } from "effect"
import { pace, type Paced } from "../../src/ccxt.ts"
import { demoCredentials, demoKeys } from "../../src/exchange/demoKeys.ts"
import { emulatedVenues } from "../../src/exchange/emulatedVenues.ts"
import { makeVenue } from "../../src/exchange/ExchangeServer.ts"
import { run } from "../cli/process.ts"
import { realTime } from "../support/realTime.ts"
import { ccxtAt, type Tried } from "./ccxtServer.ts"

type Emulated = Exclude<Tried, "bybit">

const venueOf = (name: Emulated) =>
  makeVenue({
    host: "127.0.0.1",
    port: 0,
    keys: demoKeys,
    maxDelay: Duration.millis(20),
    seed: 1,
    venue: emulatedVenues[name],
  })

/** A paced bot at an emulated venue. */
const paced = Effect.fnUntraced(function* (name: Emulated, secret: string = demoCredentials.secret) {
  const venue = yield* venueOf(name)
  const { key, passphrase } = demoCredentials
  const exchange = ccxtAt(name, venue.url)
  Object.assign(exchange, { apiKey: key, secret, password: passphrase, markets: undefined })
  yield* Effect.promise(() => exchange.loadMarkets())
  const bot = yield* Effect.acquireRelease(
    Effect.promise(() => pace(exchange)),
    ({ close }) => Effect.promise(close),
  )
  return { venue, bot }
})

const place = ({ createOrder }: Paced<CcxtOrder>, price: number) =>
  createOrder("ETH/BTC", "limit", "buy", 1, price)

/** More orders than the venue takes at once. */
const OVERLOAD = { kraken: 63, binance: 110, coinbaseexchange: 60 } as const

for (const name of ["kraken", "binance", "coinbaseexchange"] as const) {
  realTime(
    `a paced bot of ccxt's ${name} places more than the limits let pass at once, and is refused nothing`,
    Effect.gen(function* () {
      const { bot, venue } = yield* paced(name)
      const placed = yield* Effect.promise(() =>
        Promise.all(Array.from({ length: OVERLOAD[name] }, (_, n) => place(bot, 0.01 + n / 10_000))),
      )
      expect(new Set(placed.map(({ id }) => id)).size).toBe(OVERLOAD[name])
      const orders = OVERLOAD[name]
      expect(yield* venue.tally).toMatchObject({
        keys: [{ orders, verdicts: { accepted: orders } }, { orders: 0 }, { orders: 0 }],
        unsigned: 0,
        banned: 0,
      })
    }),
  )

  realTime(
    `a paced bot of ccxt's ${name} cancels an order once, and is told ccxt's error where there is none`,
    Effect.gen(function* () {
      const { bot } = yield* paced(name)
      const again = yield* Effect.promise(async () => {
        const { id = "" } = await place(bot, 0.01)
        await bot.cancelOrder(id, "ETH/BTC")
        return bot.cancelOrder(id, "ETH/BTC").catch((error: unknown) => error)
      })
      expect(again).toBeInstanceOf(OrderNotFound)
    }),
  )
}

realTime(
  "a paced bot with a wrong secret is told what Kraken said of it, which ccxt has no class for",
  Effect.gen(function* () {
    const { bot } = yield* paced("kraken", "d3Jvbmc=")
    const error = yield* Effect.promise(() => place(bot, 0.01).catch(String))
    expect(error).toContain("EAPI:Invalid signature")
    expect(error).not.toContain("d3Jvbmc=")
  }),
)

const RECIPE = new URL("../dispatch/programs/pacedBot.ts", import.meta.url)

realTime(
  "the recipe's bot is refused nothing",
  Effect.gen(function* () {
    const venue = yield* venueOf("kraken")
    const { key, secret } = demoCredentials
    const env = { EXCHANGE_URL: venue.url, API_KEY: key, API_SECRET: secret }
    const { status, stderr, stdout } = yield* Effect.promise(() => run([RECIPE.pathname], { env }))
    expect(stderr).toBe("")
    expect(stdout.trim().split("\n")).toHaveLength(63)
    expect(stdout).toMatch(/^(?:placed \S+\n)+$/)
    expect(status).toBe(0)
  }),
)

it("shows the recipe as it is tried", async () => {
  const page = await readFile(new URL("../../docs/ccxt.md", import.meta.url), "utf8")
  const program = await readFile(RECIPE, "utf8")
  expect(page).toContain(program.replace("../../../src/ccxt.ts", "paceline/ccxt").trim())
})
