/** What the emulated Binance says of what there is to trade, and of orders. */
import type { EmulatedOrder } from "../emulatedOrders.ts"
import { RATE_LIMITS } from "./emulatedLimits.ts"

const QUOTES = ["USDT", "BTC"]
export const SYMBOLS: ReadonlyArray<string> = [
  "BTCUSDT",
  "ETHUSDT",
  "BNBUSDT",
  "SOLUSDT",
  "LTCUSDT",
  "ETHBTC",
  "LTCBTC",
]

const partsOf = (symbol: string): readonly [base: string, quote: string] => {
  const quote = QUOTES.find((each) => symbol.endsWith(each)) ?? ""
  return [symbol.slice(0, symbol.length - quote.length), quote]
}

const symbolInfo = (symbol: string) => {
  const [baseAsset, quoteAsset] = partsOf(symbol)
  return {
    symbol,
    status: "TRADING",
    baseAsset,
    baseAssetPrecision: 8,
    quoteAsset,
    quotePrecision: 8,
    quoteAssetPrecision: 8,
    orderTypes: ["LIMIT", "LIMIT_MAKER", "MARKET"],
    icebergAllowed: false,
    ocoAllowed: false,
    quoteOrderQtyMarketAllowed: true,
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: false,
    filters: [
      {
        filterType: "PRICE_FILTER",
        minPrice: "0.00000100",
        maxPrice: "1000000.00000000",
        tickSize: "0.00000100",
      },
      { filterType: "LOT_SIZE", minQty: "0.00000100", maxQty: "900000.00000000", stepSize: "0.00000100" },
    ],
    permissions: [],
    permissionSets: [["SPOT"]],
    defaultSelfTradePreventionMode: "EXPIRE_MAKER",
    allowedSelfTradePreventionModes: ["EXPIRE_MAKER"],
  }
}

export const binanceExchangeInfo = (serverTime: number) => ({
  timezone: "UTC",
  serverTime,
  rateLimits: RATE_LIMITS,
  exchangeFilters: [],
  symbols: SYMBOLS.map(symbolInfo),
})

const ASSETS = [...new Set(SYMBOLS.flatMap(partsOf))]

export const ACCOUNT = {
  canTrade: true,
  accountType: "SPOT",
  balances: ASSETS.map((asset) => ({ asset, free: "1000000.00000000", locked: "0.00000000" })),
}

/** An order as answers show it. */
export const shown = (
  { atMs, clientId, id, param }: EmulatedOrder,
  status: "NEW" | "EXPIRED" | "CANCELED",
) => ({
  symbol: param("symbol"),
  orderId: Number(id),
  orderListId: -1,
  clientOrderId: clientId,
  price: param("price") || "0.00000000",
  origQty: param("quantity") || "0.00000000",
  executedQty: "0.00000000",
  origQuoteOrderQty: param("quoteOrderQty") || "0.00000000",
  cummulativeQuoteQty: "0.00000000",
  status,
  timeInForce: param("timeInForce") || "GTC",
  type: param("type"),
  side: param("side"),
  workingTime: atMs,
  selfTradePreventionMode: "EXPIRE_MAKER",
})

/** The same, as it is shown when it is asked for. */
export const open = (order: EmulatedOrder) => ({
  ...shown(order, "NEW"),
  time: order.atMs,
  updateTime: order.atMs,
  isWorking: true,
})

/** What is answered to one that was just placed. */
export const placed = (order: EmulatedOrder, status: "NEW" | "EXPIRED") => {
  const { clientOrderId, orderId, orderListId, symbol, ...more } = shown(order, status)
  const ack = { symbol, orderId, orderListId, clientOrderId, transactTime: order.atMs }
  return order.param("newOrderRespType") === "ACK" ? ack : { ...ack, ...more, fills: [] }
}
