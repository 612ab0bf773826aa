/**
 * A bot that uses ccxt as it is: it places the orders that its standard input tells, and goes on after an error.
 *
 *     node ccxtBot.ts NAME ADDRESS STYLE [RATE_LIMIT]
 *
 * STYLE `turn`: it awaits each order before the next, and leaves out those that are no longer worth sending. STYLE `all`: it places each at once,
 * as with Promise.all, and ccxt's throttler holds them. RATE_LIMIT takes the place of ccxt's own, in milliseconds.
 */
import process from "node:process"
import { createInterface } from "node:readline"
import { binance, coinbaseexchange, type Exchange, kraken } from "ccxt"
import { Schema } from "effect"
import { demoCredentials } from "../../../src/exchange/demoKeys.ts"
import { BotOrder, TTL_MS } from "./offered.ts"

const made = { kraken, binance, coinbaseexchange }
const [name = "", address = "", style = "", rateLimit] = process.argv.slice(2)

/** Addresses with another origin. */
const moved = (urls: unknown): unknown => {
  if (typeof urls === "string") return urls.replace(/^https:\/\/[^/]+/, address)
  return typeof urls === "object" && urls !== null
    ? Object.fromEntries(Object.entries(urls).map(([key, each]) => [key, moved(each)]))
    : urls
}

const exchangeOf = (): Exchange => {
  const { key, passphrase, secret } = demoCredentials
  const Made = Object.entries(made).find(([each]) => each === name)?.[1] ?? kraken
  const exchange: Exchange = new Made({
    apiKey: key,
    secret,
    password: passphrase,
    enableRateLimit: true,
    ...(rateLimit === undefined ? {} : { rateLimit: Number(rateLimit) }),
  })
  Object.assign(exchange.urls, { api: moved(exchange.urls["api"]) })
  return exchange
}

const readLine = Schema.decodeUnknownSync(Schema.fromJsonString(BotOrder))
const exchange = exchangeOf()
await exchange.loadMarkets()
process.stdout.write("ready\n")
for await (const line of createInterface({ input: process.stdin })) {
  const { createdAt, price, symbol } = readLine(line)
  if (style === "turn" && Date.now() - createdAt >= TTL_MS) continue
  const placed = exchange.createOrder(symbol, "limit", "buy", 1, price).catch(() => undefined)
  if (style === "turn") await placed
}
