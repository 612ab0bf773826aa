/**
 * A venue: an exchange's protocol and rules as one value. It says how an order becomes a request and what an answer means,
 * and does nothing itself: `HttpVenueClient` sends, the dispatcher decides when, the emulator plays the other side.
 *
 * All of it is pure. A request depends on the order, the credentials and a {@link Stamp}; a {@link Reading} on the answer,
 * its order and the time.
 *
 * @example
 * const message = venue.at(url).orderOf(order, key, { nonce: "7", timeMs: Date.now() })
 * const { meaning } = venue.read(answer, order, Date.now())
 */
import type { Schema } from "effect"
import type { Credentials } from "../domain/ApiKey.ts"
import type { Nonces } from "../domain/LimitSpec.ts"
import type { NonceUnit } from "../domain/NonceUnit.ts"
import type { OrderParams } from "../domain/Order.ts"
import type { RejectReason, UnknownCause } from "../domain/Outcome.ts"
import type { ExchangeTime } from "../domain/Transit.ts"
import type { HttpMessage } from "../http/Connection.ts"
import type { Answer } from "../http/HttpRequest.ts"
import type { VenueLimit } from "./VenueLimit.ts"

/** An order as venues see it. */
export interface VenueOrder {
  readonly id: string
  /** The venue's own fields. */
  readonly params?: OrderParams | undefined
}

/** What tells a request from every other. A venue takes the one that it wants. */
export interface Stamp {
  /** Digits: greater than that of every request before with the same key, and the time in the venue's unit where nothing has forced it ahead. */
  readonly nonce: string
  /** Milliseconds since 1970 by the venue's clock, as far as it is known. Never ahead of it once it is known. */
  readonly timeMs: number
}

/** What the venue's own data of an accepted order says, such as a transaction id: text by name. */
export type VenueData = Readonly<Record<string, string>>

/** What an answer means for its order. */
export type Meaning =
  | { readonly kind: "accepted"; readonly data?: VenueData | undefined }
  /** Definitely not executed. `said` is what the venue said, in its own words; `limit` the name of the limit that it is over. */
  | {
      readonly kind: "refused"
      readonly reason: RejectReason
      readonly said?: string
      readonly limit?: string
    }
  /** Not executed, and nobody looked at the order: a ban of the address, or something before the venue. */
  | { readonly kind: "turned-away" }
  /** It may have been executed. `said` is what was said of it, if anything. */
  | {
      readonly kind: "unknown"
      readonly cause: Extract<UnknownCause, "undecodable" | "server-error">
      readonly said?: string
    }

/** Nothing may be sent in a scope for so many milliseconds. */
export interface VenueHold {
  readonly scope: "key" | "all"
  readonly ms: number
}

/** What the venue has counted of a limit, named by {@link VenueLimit.name}. */
export interface VenueCount {
  readonly limit: string
  readonly used: number
}

/** All that an answer says. Headers that every venue has, such as Retry-After, are read besides. */
export interface Reading {
  readonly meaning: Meaning
  readonly hold?: VenueHold | undefined
  readonly time?: ExchangeTime | undefined
  readonly counts?: ReadonlyArray<VenueCount>
}

/** A venue's requests, as they are sent to one address. */
export interface VenueRequests {
  /** Holds the credentials: it goes into the socket and nowhere else. */
  readonly orderOf: (order: VenueOrder, credentials: Credentials, stamp: Stamp) => HttpMessage
  /** A request that the venue itself answers, that uses no nonce of a key and counts in no limit of orders. */
  readonly pingOf?: (wallMs: number) => HttpMessage
}

export interface Venue {
  /** As `--venue` takes it; that of ccxt, where ccxt has the venue. */
  readonly name: string
  /** Where it takes orders, unless another address is given; undefined where there is no such place. */
  readonly url: URL | undefined
  /** Which credentials it needs, and what they look like. */
  readonly credentials: Schema.Codec<Credentials, unknown>
  /** Whether a key's nonces must rise in the order of arrival. Where they need not, requests carry the time. */
  readonly nonces: Nonces
  /** What its nonces count, where they rise. Default `ms`. */
  readonly nonceUnit?: NonceUnit | undefined
  /** Whether its requests can be executed: not where each asks the venue to check an order and no more. */
  readonly isLive: boolean
  /**
   * What it comes to later than this after the stamp's time, by its own clock, it refuses as if the stamp were wrong; left out where
   * it does not. Such an order goes back to the queue: nobody's clock needs mending.
   */
  readonly lateMs?: number
  /** What it counts, and at which cost. */
  readonly limits: ReadonlyArray<VenueLimit>
  /** Why the venue cannot take such an order, whatever the rest: in words that follow its id. Undefined where it can. */
  readonly problemOf: (order: VenueOrder) => string | undefined
  /**
   * One name of what it knows by several, such as a pair: they share a counter there, and by different names none here. Two that are
   * not the same may have one, too. Left out where it has one name for each.
   */
  readonly nameOf?: (text: string) => string
  readonly at: (url: URL) => VenueRequests
  /** @param wallMs our wall clock when the answer was complete */
  readonly read: (answer: Answer, order: VenueOrder, wallMs: number) => Reading
  /**
   * Whether an answer says by nothing which order it is about, so that it may be a late one to an earlier request of its
   * connection. It is then believed only if no other follows it for a while.
   */
  readonly isAnonymous: (answer: Answer) => boolean
  /** Whether this is the venue's own answer to a ping, not a page of something on the way. */
  readonly answersPing: (answer: Answer) => boolean
}
