/**
 * One run: an exchange if need be, a dispatcher, an order source, a journal and the running figures, put
 * together and taken apart in order.
 */
import {
  Clock,
  DateTime,
  Deferred,
  Duration,
  Effect,
  Exit,
  type FileSystem,
  Option,
  Random,
  Redacted,
  type Stdio,
  Stream,
  Cause,
} from "effect"
import { CommandFailed, type UsageError } from "../platform/errors.ts"
import { Dispatcher } from "../dispatch/Dispatcher.ts"
import { DispatchLog } from "../domain/DispatchEvent.ts"
import { claimFor, layerHttp, showUrl } from "../dispatch/HttpDispatcher.ts"
import type { DispatchFailure } from "../dispatch/SubmitFailure.ts"
import { make as makeExchange } from "../exchange/ExchangeServer.ts"
import { openJournal } from "../journal/Journal.ts"
import type { JournalRecord } from "../journal/JournalRecord.ts"
import { makeToRecord } from "../journal/toRecord.ts"
import { nowMsUnsafe } from "../platform/Monotonic.ts"
import { type BadLine, fromFile, fromStdin } from "./sources/NdjsonSource.ts"
import type { Order } from "../domain/Order.ts"
import { seededRandom } from "../platform/Random.ts"
import { randomSource } from "./sources/RandomSource.ts"
import { makeSieve, type PassedOver, readResumption, type Resumption } from "../recovery/Resumption.ts"
import { fromJournal } from "../journal/LogEvent.ts"
import { makeSummariser } from "../summary/Summariser.ts"
import type { Summary } from "../summary/Summary.ts"
import type { ProgressSink } from "./Progress.ts"
import { type RunEnd, runFooter } from "./runFooter.ts"
import { runHeader } from "./runHeader.ts"
import { EMBEDDED_MAX_DELAY_MS, type RunSettings } from "./RunSettings.ts"

/** The exchange to send to: the one named, or one of our own that lives as long as the scope. */
const exchangeOf = Effect.fnUntraced(function* (settings: RunSettings) {
  if (settings.url !== undefined) {
    const url = Redacted.value(settings.url)
    return { url, shown: showUrl(url) }
  }
  const exchange = yield* makeExchange({
    keys: settings.keys,
    limit: settings.limit,
    window: settings.window,
    maxDelay: Duration.millis(EMBEDDED_MAX_DELAY_MS),
    seed: settings.seed,
    faults: settings.faults,
    host: "127.0.0.1",
    port: 0,
  }).pipe(Effect.mapError((error) => new CommandFailed({ message: error.message })))
  return { url: new URL(exchange.url), shown: `our own at ${exchange.url}` }
})

/** The run's keys, claimed before anything else is begun; undefined where nothing outlives the run. */
const claimedOf = Effect.fnUntraced(function* (settings: RunSettings) {
  const { state: directory } = settings
  if (directory === undefined) return undefined
  const url = settings.url && Redacted.value(settings.url)
  return { directory, ...(yield* claimFor(directory, { ...settings, url })) }
})

const header = (
  settings: RunSettings,
  exchange: string,
  startedAt: string,
  resumption: Resumption | undefined,
): JournalRecord => {
  const { source } = settings
  return runHeader({
    ...settings,
    exchange,
    source: source.type === "random" ? "random" : source.from === "-" ? "standard input" : source.from,
    startedAt,
    duration: source.duration,
    load: source.type === "random" ? source.load : undefined,
    resumes: resumption?.lives,
  })
}

/** Orders that wait for a lane when the source is as fast as we read it: enough that no lane ever waits. */
const READ_AHEAD_PER_KEY = 2

const failed = (failure: DispatchFailure) => new CommandFailed({ message: failure.message })

/** Feeds the dispatcher until the source is exhausted, and waits for the last outcome. */
const feed = Effect.fnUntraced(function* (
  settings: RunSettings,
  onBadLine: (bad: BadLine) => Effect.Effect<void>,
  follows: (order: Order) => boolean,
  journalReady: Effect.Effect<void>,
) {
  const dispatcher = yield* Dispatcher
  const { source } = settings
  // A random source makes orders when it is time; a file is read as fast as orders leave, so that those
  // without a time of their own are made when it is their turn, and do not expire in a line of our making.
  // Neither makes orders whose outcomes the journal could not hold: they would expire into its buffer without end.
  const hand = (order: Order) => {
    const enqueue = Effect.andThen(journalReady, dispatcher.enqueue(order))
    return source.type === "random"
      ? enqueue
      : Effect.andThen(dispatcher.awaitBelow(settings.keys.length * READ_AHEAD_PER_KEY), enqueue)
  }
  const orders: Stream.Stream<Order, UsageError, FileSystem.FileSystem | Stdio.Stdio> =
    source.type === "random"
      ? randomSource({
          seed: settings.seed,
          load: source.load,
          keys: settings.keys.length,
          limit: settings.limit,
          window: settings.window,
          duration: source.duration,
        })
      : source.from === "-"
        ? fromStdin(onBadLine)
        : fromFile(source.from)
  const handed = Stream.runForEach(Stream.filter(orders, follows), hand).pipe(
    // The source gave an id twice while the first was under way: its own check finds that out before us.
    Effect.catchTag(["DuplicateOrder", "OrderCancelled"], Effect.die),
    Effect.catchTag(["NoUsableKey", "ExchangeUnreachable", "StateUnwritable"], (failure) =>
      Effect.fail(failed(failure)),
    ),
  )
  yield* source.type === "ndjson" && source.duration !== undefined
    ? Effect.timeoutOption(handed, source.duration)
    : handed
  yield* dispatcher.drained
  const { unreachableMs, accepted, created, rejected, unknown } = yield* dispatcher.snapshot
  // Orders that expired because nothing could be sent are no success, nor is an exchange that takes none.
  const neverReached = unreachableMs > 0 && accepted + rejected + unknown === 0
  if (unreachableMs > UNREACHABLE_AT_END_MS || neverReached) {
    return yield* new CommandFailed({
      message: `the exchange was unreachable for the last ${(unreachableMs / 1000).toFixed(unreachableMs < 1000 ? 1 : 0)} s of the run. Check its address, and that it is running`,
    })
  }
  if (accepted === 0 && rejected > 0 && rejected === created) {
    return yield* new CommandFailed({
      message: `the exchange refused every one of ${created} orders. Check --url, and what the exchange answers to a single request`,
    })
  }
  if (accepted === 0 && unknown > 0) {
    return yield* new CommandFailed({
      message: `no order was accepted, and of ${unknown} that were sent no usable answer came. Check --url: whether it is http or https, and what the exchange answers to a single request`,
    })
  }
})

/** Out of contact for less than this at the end of a run may be a single request's bad luck. */
const UNREACHABLE_AT_END_MS = 1000

/** How a run ended, and its figures. */
export interface RunReport {
  /** The journal's file. */
  readonly log: string
  readonly summary: Summary
  readonly badLines: number
  /** Orders that former lives had done, or left unknown; undefined where the run began anew. */
  readonly passedOver: PassedOver | undefined
}

const endOf = (exit: Exit.Exit<unknown, { readonly message: string }>): RunEnd => {
  if (Exit.isSuccess(exit)) return { end: "done" }
  if (Cause.hasInterruptsOnly(exit.cause)) return { end: "stopped" }
  const error = Option.match(Cause.findErrorOption(exit.cause), {
    onSome: (failure) => failure.message,
    onNone: () => "internal error",
  })
  return { end: "failed", error }
}

/**
 * Runs until the source is exhausted and every order has its outcome. However it ends, stopped or failed or
 * done, what is in flight is awaited, the journal is complete, and `onEnd` gets the figures.
 */
export const run = <E, R>(
  settings: RunSettings,
  progress: ProgressSink,
  onEnd: (report: RunReport) => Effect.Effect<void, E, R>,
) =>
  Effect.scoped(
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      const claimed = yield* claimedOf(settings)
      // Only now: a former run that still had the keys would go on to send, and to write what we had read already.
      const resumption = settings.resume && (yield* readResumption(settings.resume))
      const exchange = yield* exchangeOf(settings)
      const journal = yield* openJournal(settings.log, {
        durable: settings.durable ?? false,
        orAnother: settings.logOrAnother ?? false,
      })
      const startMs = nowMsUnsafe(clock)
      const startedAt = DateTime.formatIso(yield* DateTime.now)
      const summariser = makeSummariser({
        source: "journal",
        keys: settings.keys.length,
        limit: settings.limit,
      })
      const footer = runFooter()
      let badLines = 0
      const sieve = resumption && makeSieve(resumption.fates)

      const write = (record: JournalRecord): void => {
        journal.write(record)
        summariser.add(fromJournal(record))
        footer.count(record)
      }
      const toRecord = makeToRecord(startMs)
      const log: DispatchLog = {
        ready: journal.ready,
        record: (event) => {
          write(toRecord(event))
          progress.record(event)
        },
        committed: journal.committed,
      }
      write(header(settings, exchange.shown, startedAt, resumption))
      yield* journal.flush
      yield* progress.starting(exchange.shown)
      if (claimed !== undefined) yield* progress.remembered(claimed.directory, claimed.remembered)

      const { keys, limit, window, bound, ttl, gate, requestTimeout } = settings
      const dispatcher = layerHttp({
        url: exchange.url,
        keys,
        limit,
        window,
        bound,
        ttl,
        gate,
        requestTimeout,
        ...(claimed === undefined ? {} : { recall: claimed.recall }),
      })

      const onBadLine = (bad: BadLine) =>
        Effect.suspend(() => {
          badLines += 1
          return progress.badLine(bad)
        })
      const dispatching = Effect.gen(function* () {
        const { failed: dispatchFailed, snapshot } = yield* Dispatcher
        const stopping = yield* Deferred.make<void>()
        yield* Effect.forkScoped(progress.show(snapshot, Deferred.await(stopping)))
        yield* Effect.raceAllFirst([
          Effect.onInterrupt(feed(settings, onBadLine, sieve?.follows ?? (() => true), journal.ready), () =>
            Deferred.succeed(stopping, undefined),
          ),
          Effect.mapError(dispatchFailed, failed),
          journal.failed,
        ])
      }).pipe(
        Effect.provide(dispatcher),
        Effect.scoped,
        Effect.provideService(DispatchLog, log),
        Effect.provideService(Random.Random, yield* seededRandom(settings.seed, "outages")),
      )

      // The end is written and told in every case; only then does the run end the way it was going to.
      yield* Effect.uninterruptibleMask((restore) =>
        Effect.gen(function* () {
          const exit = yield* Effect.exit(restore(dispatching))
          yield* progress.ended
          write(footer.record(nowMsUnsafe(clock) - startMs, endOf(exit), badLines))
          const flushed = yield* Effect.exit(journal.flush)
          yield* onEnd({
            log: journal.path,
            summary: summariser.finish(),
            badLines,
            passedOver: sieve?.passedOver(),
          })
          // An interruption would swallow a typed error; as a defect it still reaches the user.
          if (Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)) yield* Effect.orDie(flushed)
          yield* exit
          yield* flushed
        }),
      )
    }),
  )
