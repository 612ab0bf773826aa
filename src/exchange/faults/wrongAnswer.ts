/** Answers that an honest exchange would not give, as pure functions: what they say, and their bytes. */
import type { ExchangeAnswer } from "../ExchangeAnswer.ts"
import type { Garbling, RetryAs, Status } from "./Fault.ts"

/** An answer in bytes, and the headers that come with it. */
export interface WrongAnswer {
  readonly status: number
  readonly body: Uint8Array
  readonly contentType: string
  readonly headers: Readonly<Record<string, string>>
}

const JSON_TYPE = "application/json"
const bytes = (text: string): Uint8Array => Buffer.from(text, "utf8")

/** Retry-After and its like count in whole seconds; told too short, they would be of no use. */
export const wholeSeconds = (ms: number): string => String(Math.ceil(ms / 1000))

/** What `Retry-After` says to come back after so long, told at `wallMs`, the wall clock's milliseconds. */
export const retryAfter = (ms: number, as: RetryAs, wallMs: number): string =>
  as === "seconds" ? wholeSeconds(ms) : new Date(Math.ceil((wallMs + ms) / 1000) * 1000).toUTCString()

/** What a server or a proxy says that has failed, at `wallMs`. */
export const failing = ({ code, retryAfterMs, retryAs }: Status, wallMs: number): WrongAnswer => ({
  status: code,
  body: bytes(`<html><body><h1>${code}</h1></body></html>`),
  contentType: "text/html",
  headers: retryAfterMs === undefined ? {} : { "retry-after": retryAfter(retryAfterMs, retryAs, wallMs) },
})

/** A success that makes no sense, in place of a text; `mistaken` is the same about another order. */
export const garbledText = (garbling: Garbling, text: string, mistaken: string): WrongAnswer => {
  const success = { status: 200, contentType: JSON_TYPE, headers: {} }
  switch (garbling) {
    case "text":
      return { ...success, body: bytes(text.slice(0, -3)) }
    case "id":
      return { ...success, body: bytes(mistaken) }
    case "encoding":
      return { ...success, body: Buffer.from(text, "utf16le") }
    case "html":
      return { ...success, body: bytes("<html><body>Welcome</body></html>"), contentType: "text/html" }
  }
}

/** The same for the order `reqId` of the exercise. */
export const garbled = (garbling: Garbling, reqId: string): WrongAnswer => {
  const acceptance = (id: string) => JSON.stringify({ status: "OK", req_id: id })
  return garbledText(garbling, acceptance(reqId), acceptance(`not-${reqId}`))
}

const head = ({ body, status }: ExchangeAnswer): string =>
  `HTTP/1.1 ${status} ${status === 200 ? "OK" : "Error"}\r\ncontent-type: ${JSON_TYPE}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`

/** A part of an answer: at least its first byte and never its last, by a share from 0 up to 1. */
export const someOf = (answer: ExchangeAnswer, share: number): Uint8Array => {
  const whole = bytes(head(answer) + answer.body)
  return whole.subarray(0, 1 + Math.floor(share * (whole.length - 1)))
}

/** All that an answer says before its body and a part of that: less than the length that it claims to have. */
export const shortOf = (answer: ExchangeAnswer, share: number): Uint8Array => {
  const body = bytes(answer.body)
  const kept = Math.floor(share * body.length)
  return Buffer.concat([bytes(head(answer)), body.subarray(0, kept)])
}
