/**
 * A run over HTTP. It makes what it needs in a safe order: first it claims its keys, so that no other run has them; then it reads
 * what former runs did with their orders; then it reaches the exchange, and last it opens the journal.
 */
import { Context, type Duration, Effect, Layer, Redacted, Result, type Scope, Stream } from "effect"
import { claimFor, showUrl } from "../dispatch/HttpDispatcher.ts"
import type { LimitSettings } from "../domain/LimitSpec.ts"
import { Journal, openJournal } from "../journal/Journal.ts"
import { makeRemaining, recover } from "../recovery/Recovery.ts"
import { ExchangeClock } from "../limits/ExchangeClock.ts"
import { layer as httpExchangeLayer } from "../venues/exercise/HttpExchangeClient.ts"
import { layer as httpVenueLayer } from "../venues/HttpVenueClient.ts"
import type { Venue } from "../venues/Venue.ts"
import { run } from "./Run.ts"
import type { RunSettings } from "./RunSettings.ts"
import { ndjsonOrders, OrderSource, randomOrders } from "./sources/OrderSource.ts"
import { misfitOf } from "./sources/venueOrders.ts"

/** Where a run's orders come from. */
export type SourceSettings =
  | {
      readonly type: "random"
      /** Times the exercise's rate. */
      readonly load: number
      readonly duration: Duration.Duration
    }
  | {
      readonly type: "ndjson"
      /** A file's path, or `-` for standard input. */
      readonly from: string
      /** When to stop reading, or undefined for the end of the file. */
      readonly duration: Duration.Duration | undefined
    }

export interface HttpRunSettings<E = never> extends Pick<
  RunSettings,
  | "keys"
  | "seed"
  | "ttl"
  | keyof LimitSettings
  | "bound"
  | "design"
  | "requestTimeout"
  | "parking"
  | "inWords"
> {
  /**
   * The exchange's address, which may hold a token and is never shown whole; or an effect that starts an exchange for this
   * run alone and gives its address.
   */
  readonly exchange: Redacted.Redacted<URL> | Effect.Effect<string, E, Scope.Scope>
  /** How it is spoken to; left out for the exercise. */
  readonly venue?: Venue | undefined
  readonly source: SourceSettings
  /** The journal's file. */
  readonly log: string
  /** Whether the journal may take another name if that file exists. */
  readonly logOrAnother?: boolean
  /** The directory of the keys' state; undefined if nothing outlives the run. */
  readonly state?: string | undefined
  /** Whether a record is on the disk itself before its request leaves. */
  readonly durable?: boolean
  /** Journals of former runs, and folders of them, to resume; left out if the run begins anew. */
  readonly resume?: ReadonlyArray<string> | undefined
  /** Whether orders that those runs ended as rejected are sent again. */
  readonly retryRejected?: boolean
}

/** Claims the run's keys, before anything else; undefined if nothing outlives the run. */
const claimed = Effect.fnUntraced(function* <E>(settings: HttpRunSettings<E>) {
  const { exchange, state: directory } = settings
  if (directory === undefined) return undefined
  const url = Redacted.isRedacted(exchange) ? Redacted.value(exchange) : undefined
  return { directory, ...(yield* claimFor(directory, { ...settings, url })) }
})

/** The exchange's address, and what may be shown of it. */
const exchangeOf = Effect.fnUntraced(function* <E>({ exchange }: HttpRunSettings<E>) {
  if (Redacted.isRedacted(exchange)) {
    const url = Redacted.value(exchange)
    return { url, shown: showUrl(url) }
  }
  const address = yield* exchange
  return { url: new URL(address), shown: `our own at ${address}` }
})

const sourceOf = Effect.fnUntraced(function* <E>(settings: HttpRunSettings<E>) {
  const { keys, limit, limits, seed, source, venue, window } = settings
  return source.type === "random"
    ? randomOrders({ ...source, seed, keys: keys.length, limit, limits, window })
    : yield* ndjsonOrders(source.from, source.duration, misfitOf(venue, limits))
})

/** More connections help nobody: so many orders are not on their way to any exchange. */
const MOST_IN_FLIGHT = 1000

/** The client of the run's exchange, and what it asks for the venue's time. */
const clientOf = Effect.fnUntraced(function* <E>(settings: HttpRunSettings<E>, url: URL) {
  const { keys, limit, nonceUnit, requestTimeout, venue } = settings
  const options = { url, requestTimeout, maxInFlight: limit * keys.length }
  if (venue === undefined)
    return { client: yield* Layer.build(httpExchangeLayer({ ...options, nonceUnit })), clock: undefined }
  const maxInFlight = Math.min(options.maxInFlight, MOST_IN_FLIGHT)
  const clock = new ExchangeClock()
  return { client: yield* Layer.build(httpVenueLayer({ ...options, maxInFlight, venue, clock })), clock }
})

/** Makes all that a run needs, for as long as the scope; then `run` runs it, see `Run.run`. */
export const prepareHttpRun = Effect.fnUntraced(function* <E>(settings: HttpRunSettings<E>) {
  const memory = yield* claimed(settings)
  // Not before the keys are ours: a former run that still had them would go on to send and to write.
  const checkOnly = settings.venue?.isLive === false
  const recovery =
    settings.resume &&
    (yield* recover(settings.resume, { retryRejected: settings.retryRejected ?? false }, checkOnly))
  const remaining = recovery && makeRemaining(recovery.outcomes)
  const { shown, url } = yield* exchangeOf(settings)
  const { durable = false, log, logOrAnother = false } = settings
  const journal = yield* openJournal(log, { durable, orAnother: logOrAnother })
  const source = yield* sourceOf(settings)
  const { client, clock } = yield* clientOf(settings, url)
  const services = client.pipe(
    Context.add(Journal, journal),
    Context.add(OrderSource, {
      ...source,
      orders:
        remaining === undefined
          ? source.orders
          : Stream.filter(source.orders, (read) => Result.isFailure(read) || remaining.holds(read.success)),
    }),
  )
  return {
    /** The journal's file. */
    log: journal.path,
    run: run({
      ...settings,
      exchange: shown,
      venue: settings.venue?.name,
      checkOnly,
      clock,
      memory,
      resumes: recovery?.lives,
      failsUnaccepted: true,
    }).pipe(Effect.provideContext(services)),
    /** Orders that former runs had done or left unknown; undefined if the run began anew. */
    passedOver: Effect.sync(() => remaining?.passedOver()),
  }
})
