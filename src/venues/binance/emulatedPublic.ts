/** What the emulated Binance says that there is to trade. */

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

export const assetsOf = (symbols: ReadonlyArray<string>): ReadonlyArray<string> => [
  ...new Set(symbols.flatMap(partsOf)),
]

const RATE_LIMITS = [
  { rateLimitType: "REQUEST_WEIGHT", interval: "MINUTE", intervalNum: 1, limit: 6000 },
  { rateLimitType: "ORDERS", interval: "SECOND", intervalNum: 10, limit: 100 },
  { rateLimitType: "ORDERS", interval: "DAY", intervalNum: 1, limit: 200_000 },
]

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
