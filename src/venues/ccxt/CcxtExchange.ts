/** What is used of a ccxt exchange, as ccxt types it: its package is needed for its users alone. */
import type { CcxtResult } from "./meaning.ts"

/** What ccxt gives whoever sends for it. */
export interface CcxtInit {
  readonly method: string
  readonly headers?: Readonly<Record<string, unknown>> | undefined
  readonly body?: unknown
  /** Where the exchange is set up to go through a proxy. */
  readonly agent?: unknown
}

/** What ccxt wants of an answer. */
export interface CcxtResponse {
  readonly status: number
  readonly statusText: string
  readonly headers: Readonly<Record<string, string>>
  readonly text: () => Promise<string>
  /** Ours: told what ccxt makes of it. */
  readonly onRead?: ((result: CcxtResult<unknown>) => void) | undefined
}

/**
 * An exchange of ccxt.
 *
 * @typeParam A an order as it answers it
 */
export interface CcxtExchange<A = unknown> {
  id: string
  apiKey: string
  secret: string
  password: string
  enableRateLimit: boolean
  verbose: boolean
  api: object
  options: object
  markets: object | undefined
  has: Readonly<Record<string, unknown>>
  httpProxy?: unknown
  httpsProxy?: unknown
  socksProxy?: unknown
  proxyUrl?: unknown
  agent?: unknown
  httpsAgent?: unknown
  fetchIsNative: boolean
  fetchImplementation: (url: string, init: CcxtInit) => Promise<CcxtResponse>
  fetchImplementationLoading?: Promise<unknown> | undefined
  handleRestResponse(response: CcxtResponse, ...rest: ReadonlyArray<never>): Promise<unknown>
  nonce(): number
  defineRestApi(api: object, methodName: string): void
  fetchTime(): Promise<number | undefined>
  createOrder(
    symbol: string,
    type: string,
    side: string,
    amount: number | undefined,
    price?: number,
    params?: object,
  ): Promise<A>
  cancelOrder(id: string, symbol?: string, params?: object): Promise<A>
}
