/** What the emulated Binance wants of a request before it looks at its limits: its weight, its time, its fields. */
import type { RejectReason } from "../../domain/Outcome.ts"
import { type EmulatedAnswer, type EmulatedRequest, jsonAnswer } from "../Emulated.ts"
import { SYMBOLS } from "./emulatedAnswers.ts"

export interface Route {
  readonly weight: number
  /** Of one that names no symbol; else the same. */
  readonly weightOfAll?: number
  readonly isSigned?: boolean
}

/** All paths that it serves. */
export const ROUTES: Readonly<Record<string, Route>> = {
  "GET /api/v3/ping": { weight: 1 },
  "GET /api/v3/time": { weight: 1 },
  "GET /api/v3/exchangeInfo": { weight: 20 },
  "POST /api/v3/order": { weight: 1, isSigned: true },
  "POST /api/v3/order/test": { weight: 1, isSigned: true },
  "DELETE /api/v3/order": { weight: 1, isSigned: true },
  "GET /api/v3/order": { weight: 4, isSigned: true },
  "GET /api/v3/openOrders": { weight: 6, weightOfAll: 80, isSigned: true },
  "GET /api/v3/account": { weight: 20, isSigned: true },
  "GET /api/v3/rateLimit/order": { weight: 40, isSigned: true },
  // Neither counts in the weights of the paths above: clients ask them for what there is to trade.
  "GET /sapi/v1/capital/config/getall": { weight: 0, isSigned: true },
  "GET /sapi/v1/margin/allPairs": { weight: 0 },
  "GET /sapi/v1/margin/isolated/allPairs": { weight: 0, isSigned: true },
  "GET /fapi/v1/exchangeInfo": { weight: 0 },
  "GET /dapi/v1/exchangeInfo": { weight: 0 },
}

export const routeOf = ({ method, path }: EmulatedRequest): Route | undefined => ROUTES[`${method} ${path}`]

/** Whether a request places, tests or cancels an order. */
export const isOrder = ({ method, path }: EmulatedRequest): boolean =>
  (method === "POST" || method === "DELETE") && /^\/api\/v3\/order(?:\/test)?$/.test(path)

export const refuse = (
  status: number,
  code: number,
  msg: string,
  refused: RejectReason = "exchange",
  headers: EmulatedAnswer["headers"] = {},
): EmulatedAnswer => ({ ...jsonAnswer(status, { code, msg }, headers), refused })

export type Param = (name: string) => string

/** A request's parameters, in its query or its body. */
export const paramOf = ({ body, query }: EmulatedRequest): Param => {
  const inQuery = new URLSearchParams(query)
  const inBody = new URLSearchParams(body)
  return (name) => inQuery.get(name) ?? inBody.get(name) ?? ""
}

/** What of a request is signed. */
export const payloadOf = ({ body, query }: EmulatedRequest): string =>
  [query, body].map((text) => text.replaceAll(/(?:^|&)signature=[^&]*/g, "").replace(/^&/, "")).join("")

const missing = (name: string) =>
  refuse(400, -1102, `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`)

/** What is wrong with a signed request's time; times may be in microseconds. */
export const timeProblem = (param: Param, nowMs: number): EmulatedAnswer | undefined => {
  const text = param("timestamp")
  if (!/^\d{1,16}$/.test(text)) return { ...missing("timestamp"), refused: "clock" }
  const recvWindow = Number(param("recvWindow") || 5000)
  if (!(recvWindow <= 60_000)) return refuse(400, -1131, "recvWindow must be less than 60000", "clock")
  const timestamp = text.length >= 16 ? Number(text) / 1000 : Number(text)
  if (timestamp >= nowMs + 1000)
    return refuse(400, -1021, "Timestamp for this request was 1000ms ahead of the server's time.", "clock")
  return nowMs - timestamp > recvWindow
    ? refuse(400, -1021, "Timestamp for this request is outside of the recvWindow.", "clock")
    : undefined
}

const MANDATORY = ["symbol", "side", "type"]
const BY_TYPE: Readonly<Record<string, ReadonlyArray<string>>> = {
  LIMIT: ["timeInForce", "quantity", "price"],
  LIMIT_MAKER: ["quantity", "price"],
  MARKET: [],
}

/** What is wrong with the fields of an order to be placed. */
export const fieldProblem = (param: Param): EmulatedAnswer | undefined => {
  const wanted = [...MANDATORY, ...(BY_TYPE[param("type")] ?? [])]
  const absent = wanted.find((name) => param(name) === "")
  if (absent !== undefined) return missing(absent)
  if (!SYMBOLS.includes(param("symbol"))) return refuse(400, -1121, "Invalid symbol.")
  if (BY_TYPE[param("type")] === undefined) return refuse(400, -1116, "Invalid orderType.")
  if (param("quantity") === "" && param("quoteOrderQty") === "")
    return refuse(400, -1102, "Param 'quantity' or 'quoteOrderQty' must be sent, but both were empty/null!")
  return ["BUY", "SELL"].includes(param("side")) ? undefined : refuse(400, -1117, "Invalid side.")
}
