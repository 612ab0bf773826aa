/** The orders that every client of a venue is offered, and what a client without delay carries of them. */
import { Effect, Schema } from "effect"
import { seededRandom, wholeUpTo } from "../../../src/platform/Random.ts"
import { emulatedVenues } from "../../../src/exchange/emulatedVenues.ts"
import { counterOf } from "../../../src/exchange/counters/ScopedCounters.ts"
import type { OrderParams } from "../../../src/domain/Order.ts"

export const VENUES = ["kraken", "binance", "coinbaseexchange"] as const
export type EmulatedName = (typeof VENUES)[number]

export interface OfferedOrder {
  readonly id: string
  /** When it is made, in milliseconds since the start. */
  readonly madeMs: number
  /** As ccxt names it. */
  readonly symbol: string
  readonly price: number
}

/** An order as a bot of ccxt reads it. */
export const BotOrder = Schema.Struct({
  symbol: Schema.String,
  price: Schema.Finite,
  /** Milliseconds since 1970. */
  createdAt: Schema.Finite,
})

/** How orders are made for a venue, and which of its limits holds them. */
export interface OfferedAt {
  readonly symbols: ReadonlyArray<string>
  /** The limit that binds; whether each symbol has a counter of its own. */
  readonly limit: string
  readonly isOfSymbol: boolean
  /** Whether a key's next order waits for the one before. */
  readonly isInOrder: boolean
  readonly paramsOf: (order: OfferedOrder) => OrderParams
}

export const offeredAt: Readonly<Record<EmulatedName, OfferedAt>> = {
  kraken: {
    symbols: ["BTC/USD", "BTC/EUR", "ETH/USD", "ETH/BTC", "LTC/USD", "SOL/USD"],
    limit: "engine",
    isOfSymbol: true,
    isInOrder: true,
    paramsOf: ({ price, symbol }) => ({
      pair: symbol.replace("/", "").replaceAll("BTC", "XBT"),
      type: "buy",
      ordertype: "limit",
      price: String(price),
      volume: "1",
    }),
  },
  binance: {
    symbols: ["BTC/USDT", "ETH/USDT", "BNB/USDT", "SOL/USDT", "LTC/USDT", "ETH/BTC", "LTC/BTC"],
    limit: "orders",
    isOfSymbol: false,
    isInOrder: false,
    paramsOf: ({ price, symbol }) => ({
      symbol: symbol.replace("/", ""),
      side: "BUY",
      type: "LIMIT",
      timeInForce: "GTC",
      quantity: "1",
      price: String(price),
    }),
  },
  coinbaseexchange: {
    symbols: ["BTC/USD", "BTC/EUR", "ETH/USD", "ETH/BTC", "LTC/USD", "SOL/USD"],
    limit: "private",
    isOfSymbol: false,
    isInOrder: false,
    paramsOf: ({ price, symbol }) => ({
      product_id: symbol.replace("/", "-"),
      side: "buy",
      type: "limit",
      size: "1",
      price: String(price),
    }),
  },
}

const limitOf = (venue: EmulatedName) => {
  const found = emulatedVenues[venue].limits.find(({ name }) => name === offeredAt[venue].limit)
  if (found === undefined) throw new Error(`${venue} has no such limit`)
  return found.limit
}

/** What the venue's limit lets through in so many seconds, burst included. */
const mostOf = (venue: EmulatedName, seconds: number): number => {
  const { isOfSymbol, symbols } = offeredAt[venue]
  const spec = limitOf(venue)
  const most =
    spec.rule === "bucket"
      ? spec.limit + (spec.decay * 1000 * seconds) / spec.decayMs
      : (spec.limit * 1000 * seconds) / spec.windowMs
  return most * (isOfSymbol ? symbols.length : 1)
}

export interface Asked {
  readonly venue: EmulatedName
  readonly seconds: number
  readonly seed: number
  /** Times what the limit lets through. */
  readonly load: number
  /** What the venue's clock shows at the start, beyond a beginning of its windows. */
  readonly phaseMs: number
}

/** An order's id as every venue takes it. */
export const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`

/** How long an order is worth sending. */
export const TTL_MS = 1000

/** Orders at random moments, each for a random symbol. The last is no longer worth sending when the time is over. */
export const offeredOrders = Effect.fnUntraced(function* ({ load, seconds, seed, venue }: Asked) {
  const random = yield* seededRandom(seed, `orders of ${venue}`)
  const { symbols } = offeredAt[venue]
  const meanGapMs = (1000 * seconds) / (load * mostOf(venue, seconds))
  const orders: Array<OfferedOrder> = []
  for (let madeMs = 0; ;) {
    madeMs -= meanGapMs * Math.log(1 - random.nextDoubleUnsafe())
    if (madeMs >= 1000 * seconds - TTL_MS) return orders
    const n = orders.length
    const symbol = symbols[wholeUpTo(random, symbols.length - 1)] ?? ""
    orders.push({ id: uuid(n), madeMs, symbol, price: 100 + n })
  }
})

/**
 * How many of the orders are carried by a client that sends each at the first millisecond in which the venue's exact counter lets it,
 * the oldest first, and whose orders arrive at once. With keys in the order of nonces each key waits for a round trip of its own.
 */
export const carried = Effect.fnUntraced(function* (
  { phaseMs, seconds, seed, venue }: Asked,
  orders: ReadonlyArray<OfferedOrder>,
  inOrder?: { readonly keys: number; readonly longestMs: number },
) {
  const random = yield* seededRandom(seed, "round trips")
  const { isOfSymbol } = offeredAt[venue]
  const counters = new Map<string, ReturnType<typeof counterOf>>()
  const counterFor = ({ symbol }: OfferedOrder) => {
    const scope = isOfSymbol ? symbol : ""
    const counter = counters.get(scope) ?? counterOf(limitOf(venue), -phaseMs)
    counters.set(scope, counter)
    return counter
  }
  const freeAtMs = Array.from({ length: inOrder?.keys ?? 1 }, () => 0)
  let waiting: Array<OfferedOrder> = []
  let next = 0
  let count = 0
  for (let nowMs = 0; nowMs < 1000 * seconds; nowMs += 1) {
    for (let order = orders[next]; order !== undefined && order.madeMs <= nowMs; order = orders[(next += 1)])
      waiting.push(order)
    waiting = waiting.filter((order) => {
      if (order.madeMs + TTL_MS <= nowMs) return false
      const free = freeAtMs.findIndex((atMs) => atMs <= nowMs)
      if (free < 0 || !counterFor(order).pass(1, nowMs)) return true
      if (inOrder !== undefined)
        freeAtMs[free] = nowMs + inOrder.longestMs * (random.nextDoubleUnsafe() + random.nextDoubleUnsafe())
      count += 1
      return false
    })
  }
  return count
})
