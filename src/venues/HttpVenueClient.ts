/** Any venue over HTTP: its orders as requests, and what their answers mean. */
import { Clock, Duration, Effect, Exit, Layer, Result } from "effect"
import { type ApiKey, withoutCredentials } from "../domain/ApiKey.ts"
import type { LimitsTold } from "../domain/LimitSpec.ts"
import { nonceText } from "../domain/NonceUnit.ts"
import { ConnectionBroken, ConnectionFailed, RequestTimeout } from "../domain/SubmitError.ts"
import { type Advice, readAdvice } from "../http/advice.ts"
import type { Answer, HttpEnding } from "../http/HttpRequest.ts"
import { makeHttpTransport } from "../http/HttpTransport.ts"
import { nowMsUnsafe } from "../platform/Monotonic.ts"
import { ExchangeClient, PingFailed } from "./ExchangeClient.ts"
import { type OrderAndKey, resultOf } from "./submitResult.ts"
import type { Meaning, Reading, Venue, VenueHold } from "./Venue.ts"

/** Where the venue's clock can be. An `ExchangeClock` is one. */
export interface VenueClock {
  /** The earliest that it can show at a moment of the monotonic clock; -Infinity while nothing is known. */
  readonly earliest: (atMs: number) => number
  /** The latest; Infinity while nothing is known. */
  readonly latest: (atMs: number) => number
}

export interface HttpVenueOptions {
  readonly venue: Venue
  /** Where requests go. */
  readonly url: URL
  /** How long a request may take, connecting included, before it is given up. */
  readonly requestTimeout: Duration.Duration
  /** The most requests that may be in flight: as many as every gate that keeps to the limits lets out. */
  readonly maxInFlight: number
  /** Where the venue's clock can be: the dispatcher's. Left out, requests carry the time of our own wall clock. */
  readonly clock?: VenueClock | undefined
}

/** Whatever callers without types call an order: an error about it can be made. */
export const nameOf = (name: unknown): string => (typeof name === "string" ? name : String(name))

/** Why there is no answer to an order. */
export const failureOf = (about: OrderAndKey, ending: Exclude<HttpEnding, { kind: "answered" }>) => {
  switch (ending.kind) {
    case "never-sent":
      return new ConnectionFailed({ ...about, code: ending.code })
    case "broken":
      return new ConnectionBroken({ ...about, code: ending.code })
    case "timeout":
      return new RequestTimeout(about)
  }
}

/** What the headers and the venue ask for together. */
const joined = (advice: Advice | undefined, hold: VenueHold | undefined): Advice | undefined => {
  if (hold === undefined || hold.ms <= 0) return advice
  const { exchangeMs, keyMs } = advice ?? { keyMs: 0, exchangeMs: 0 }
  return hold.scope === "key"
    ? { keyMs: Math.max(keyMs, hold.ms), exchangeMs }
    : { keyMs, exchangeMs: Math.max(exchangeMs, hold.ms) }
}

/** What a client knows of the venue's time. */
class Times {
  readonly #clock: Clock.Clock
  readonly #venue: VenueClock | undefined

  constructor(clock: Clock.Clock, venue: VenueClock | undefined) {
    this.#clock = clock
    this.#venue = venue
  }

  get wallMs(): number {
    return this.#clock.currentTimeMillisUnsafe()
  }

  get monotonicMs(): number {
    return nowMsUnsafe(this.#clock)
  }

  /** A time that the venue's clock has reached, as far as is known. */
  get venueMs(): number {
    const earliest = this.#venue?.earliest(this.monotonicMs) ?? Number.NEGATIVE_INFINITY
    return Number.isFinite(earliest) ? Math.floor(earliest) : this.wallMs
  }

  /** How long ago a stamp may be by the venue's clock, now; by our own while nothing is known of it. */
  sinceMs(stampMs: number): number {
    const latest = this.#venue?.latest(this.monotonicMs) ?? Number.POSITIVE_INFINITY
    return (Number.isFinite(latest) ? latest : this.wallMs) - stampMs
  }
}

/** What a refusal means, with what the venue does not tell apart: a clock that is wrong, and a request that came late. */
const withLateness = (
  meaning: Meaning,
  sinceMs: number,
  { lateMs = Number.POSITIVE_INFINITY }: Venue,
): Meaning =>
  meaning.kind === "refused" && meaning.reason === "clock" && sinceMs > lateMs
    ? { kind: "turned-away" }
    : meaning

const make = Effect.fnUntraced(function* (options: HttpVenueOptions) {
  const { maxInFlight, requestTimeout, url, venue } = options
  const times = new Times(yield* Clock.Clock, options.clock)
  const http = yield* makeHttpTransport({
    url,
    requestTimeoutMs: Duration.toMillis(requestTimeout),
    maxInFlight,
  })
  const { orderOf, pingOf } = venue.at(url)
  const { nonceUnit = "ms" } = venue
  const adviceOf = ({ headers, status }: Answer) => readAdvice(status, headers, times.wallMs)

  const submit: ExchangeClient["Service"]["submit"] = (order, key, nonce, watch) =>
    Effect.suspend(() => {
      const about = { orderId: nameOf(order.id), key: nameOf(key.label) }
      const named = { id: about.orderId, params: order.params }
      let timeMs = 0
      return http.send({
        message: () => {
          timeMs = times.venueMs
          return orderOf(named, key, { nonce: nonceText(nonce, nonceUnit), timeMs })
        },
        watch,
        isAnonymous: venue.isAnonymous,
        conclude: (ending) => {
          if (ending.kind !== "answered") return Exit.fail(failureOf(about, ending))
          const { answer } = ending
          const reading = venue.read(answer, named, times.wallMs)
          const { hold, time } = reading
          const meaning = withLateness(reading.meaning, times.sinceMs(timeMs), venue)
          if (time !== undefined) watch.onTime?.(time)
          watch.onLimits?.(toldBy(venue, reading))
          const advice = joined(adviceOf(answer), hold)
          if (advice !== undefined) watch.onAdvice?.(advice)
          return exitOf(resultOf(about, answer.status, meaning, hiding(key)))
        },
      })
    })

  const { problemOf } = venue
  if (pingOf === undefined) return ExchangeClient.of({ submit, problemOf, nonceUnit })

  const ping: ExchangeClient["Service"]["ping"] = Effect.suspend(() => {
    let writtenMs = 0
    let settledMs = 0
    return http
      .sendApart({
        message: () => pingOf(times.wallMs),
        watch: {
          onWritten: (atMs) => {
            writtenMs = atMs
          },
          onSettled: (atMs) => {
            settledMs = atMs
          },
        },
        conclude: (ending) => {
          const isUnreachable = ending.kind === "never-sent"
          if (ending.kind !== "answered")
            return Exit.fail(new PingFailed({ code: codeOf(ending), isUnreachable }))
          const { answer } = ending
          const { hold, meaning, time } = venue.read(answer, PING, times.wallMs)
          const waitMs = joined(adviceOf(answer), hold)?.exchangeMs ?? 0
          // An exchange that asks to be left alone is not asked for more.
          if (waitMs === 0 && venue.answersPing(answer)) return Exit.succeed(time)
          const isTurnedAway = meaning.kind === "turned-away"
          return Exit.fail(new PingFailed({ code: codeOf(ending), isUnreachable, isTurnedAway, waitMs }))
        },
      })
      .pipe(Effect.map((time) => ({ roundTripMs: settledMs - writtenMs, time })))
  })

  return ExchangeClient.of({ submit, ping, problemOf, nonceUnit })
})

/** What an answer says of limits, by those that its venue documents. */
const toldBy = ({ limits }: Venue, { counts = [], meaning }: Reading): LimitsTold => {
  const named = (name: string | undefined) => limits.find((limit) => limit.name === name)?.limit
  return {
    counts: counts.flatMap(({ limit: name, used }) => {
      const limit = named(name)
      return limit === undefined ? [] : [{ limit, used }]
    }),
    refusedBy: meaning.kind === "refused" ? named(meaning.limit) : undefined,
  }
}

/** An answer to a ping is about no order. */
const PING = { id: "" }

const hiding =
  (key: ApiKey) =>
  (text: string): string =>
    withoutCredentials(text, key)

const exitOf = <A, E>(result: Result.Result<A, E>): Exit.Exit<A, E> =>
  Result.match(result, { onFailure: Exit.fail, onSuccess: Exit.succeed })

const codeOf = (ending: HttpEnding): string => {
  switch (ending.kind) {
    case "answered":
      return `status ${ending.answer.status}`
    case "timeout":
      return "timeout"
    case "never-sent":
    case "broken":
      return ending.code
  }
}

/** An {@link ExchangeClient} of a venue. Its connections close with the layer's scope. */
export const layer = (options: HttpVenueOptions): Layer.Layer<ExchangeClient> =>
  Layer.effect(ExchangeClient, make(options))
