import process from "node:process"
import { kraken } from "ccxt"
import { pace } from "../../../src/ccxt.ts"

const exchange = new kraken({
  apiKey: process.env["API_KEY"] ?? "",
  secret: process.env["API_SECRET"] ?? "",
})
// Where an emulator stands in for the venue.
const address = process.env["EXCHANGE_URL"]
if (address !== undefined) {
  const moved = JSON.stringify(exchange.urls).replaceAll(/https:\/\/[^/"]+/g, address)
  const urls: unknown = JSON.parse(moved)
  Object.assign(exchange, { urls })
}
await exchange.loadMarkets()

const paced = await pace(exchange)
exchange.createOrder = paced.createOrder
exchange.cancelOrder = paced.cancelOrder

// The bot, as it was.
const place = async (amount: number): Promise<void> => {
  try {
    const order = await exchange.createOrder("ETH/BTC", "limit", "buy", amount, 0.01)
    console.log(`placed ${order.id}`)
  } catch (error) {
    console.log(String(error))
  }
}
await Promise.all(Array.from({ length: 63 }, (_, n) => place(1 + n)))

await paced.close()
