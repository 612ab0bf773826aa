/** A venue on loopback, as far as ccxt's clients of it need one, and those clients with a market each. */
import { createServer, type IncomingMessage } from "node:http"
import { binance, bybit, coinbaseexchange, kraken } from "ccxt"
import { Effect } from "effect"

const CREDENTIALS = { apiKey: "MARK-KEY", secret: "bWFyazpzZWNyZXQ=", password: "MARK-PASSPHRASE" }

/** A request as it came in. */
export interface Came {
  readonly atMs: number
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage["headers"]
  readonly form: URLSearchParams
  readonly body: string
}

/** What a venue answers; nothing where the connection is to break. */
export type Answers = (came: Came) => { readonly status?: number; readonly body: unknown } | undefined

/** Listens on loopback until the scope closes; keeps what came. */
export const venueServer = (answers: Answers) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly url: string; readonly came: Array<Came>; readonly close: () => void }>(
      (resume) => {
        const came: Array<Came> = []
        const server = createServer((request, response) => {
          let body = ""
          request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk))
          request.on("end", () => {
            const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost")
            const each: Came = {
              atMs: performance.now(),
              method: request.method ?? "",
              path: pathname,
              query: searchParams,
              headers: request.headers,
              form: new URLSearchParams(body),
              body,
            }
            came.push(each)
            const answer = answers(each)
            if (answer === undefined) {
              request.socket.resetAndDestroy()
              return
            }
            const text = typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body)
            response.writeHead(answer.status ?? 200, { "content-type": "application/json" }).end(text)
          })
        })
        server.listen(0, "127.0.0.1", () => {
          const address = server.address()
          const port = typeof address === "object" && address !== null ? address.port : 0
          const close = () => {
            server.close()
            server.closeAllConnections()
          }
          resume(Effect.succeed({ url: `http://127.0.0.1:${port}`, came, close }))
        })
      },
    ),
    ({ close }) => Effect.sync(close),
  )

/** Every address of an exchange, at another. */
const moved = (value: unknown, origin: string): unknown => {
  if (typeof value === "string") return value.replace(/^https?:\/\/[^/]+/, origin)
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, moved(each, origin)]))
    : value
}

const MARKET = {
  symbol: "BTC/USD",
  base: "BTC",
  quote: "USD",
  baseId: "BTC",
  quoteId: "USD",
  type: "spot",
  spot: true,
  active: true,
  contract: false,
  info: { orderTypes: ["LIMIT", "MARKET"] },
  precision: { amount: 1e-8, price: 0.01 },
  limits: { amount: {}, price: {}, cost: {} },
}

const made = { kraken, binance, coinbaseexchange, bybit }
/** Exchanges of ccxt with a market each. */
export type Tried = keyof typeof made

/** A bot's own exchange, with its addresses moved and its market loaded. */
export const ccxtAt = (name: Tried, origin: string) => {
  const exchange = new made[name]({ ...CREDENTIALS })
  Object.assign(exchange, { urls: moved(exchange.urls, origin) })
  exchange.setMarkets([
    {
      ...MARKET,
      id: { kraken: "XBTUSD", binance: "BTCUSD", coinbaseexchange: "BTC-USD", bybit: "BTCUSD" }[name],
    },
  ])
  return exchange
}
