/** What an answer's meaning is to whoever sent the order: an acceptance or a typed error. Pure. */
import { Result } from "effect"
import {
  InvalidNonce,
  InvalidTimestamp,
  KeyBlocked,
  RateLimited,
  Refused,
  ServerError,
  type SubmitError,
  TurnedAway,
  UndecodableAnswer,
  UnknownApiKey,
} from "../domain/SubmitError.ts"
import type { Acceptance } from "./ExchangeClient.ts"
import type { Meaning, VenueData } from "./Venue.ts"

/** An order and the key that it was sent with, as errors name them. */
export interface OrderAndKey {
  readonly orderId: string
  readonly key: string
}

const DETAIL_LENGTH = 200

/** A message fit for a terminal: printable, short, and not ending in half a character. */
export const detailOf = (message: string): string =>
  message
    .slice(0, DETAIL_LENGTH)
    .replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S}]+/gu, " ")
    .trim()

const dataOf = (data: VenueData, hide: (text: string) => string): VenueData =>
  Object.fromEntries(Object.entries(data).map(([name, text]) => [name, detailOf(hide(text))]))

const refusalOf = (
  about: OrderAndKey,
  status: number,
  { reason, said = "" }: Extract<Meaning, { kind: "refused" }>,
  hide: (text: string) => string,
): SubmitError => {
  switch (reason) {
    case "rate-limit":
      return new RateLimited(about)
    case "blocked":
      return new KeyBlocked(about)
    case "nonce":
      return new InvalidNonce(about)
    case "api-key":
      return new UnknownApiKey(about)
    case "clock":
      return new InvalidTimestamp({ ...about, detail: detailOf(hide(said)) })
    case "exchange":
      return new Refused({ ...about, status, detail: detailOf(hide(said)) })
  }
}

/**
 * An answer's meaning as its sender is told it. Some servers repeat the request in what they say: `hide` takes its
 * credentials out.
 */
export const resultOf = (
  about: OrderAndKey,
  status: number,
  meaning: Meaning,
  hide: (text: string) => string,
): Result.Result<Acceptance, SubmitError> => {
  switch (meaning.kind) {
    case "accepted": {
      const acceptance = { status: "OK" as const, req_id: about.orderId }
      return Result.succeed(
        meaning.data === undefined ? acceptance : { ...acceptance, data: dataOf(meaning.data, hide) },
      )
    }
    case "refused":
      return Result.fail(refusalOf(about, status, meaning, hide))
    case "turned-away":
      return Result.fail(new TurnedAway({ ...about, status }))
    case "unknown":
      return Result.fail(
        meaning.cause === "server-error"
          ? new ServerError({ ...about, status })
          : new UndecodableAnswer({
              ...about,
              status,
              ...(meaning.said ? { detail: detailOf(hide(meaning.said)) } : {}),
            }),
      )
  }
}
