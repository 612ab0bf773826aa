/**
 * One run, real or simulated: a dispatcher between an order source and an exchange, a journal and the running
 * figures. Services make the difference: the exchange's client, the source, the journal, the progress.
 */
import { Cause, Clock, DateTime, Duration, Effect, Exit, Layer, Random, Result, Stream } from "effect"
import { RateLimiter } from "effect/persistence"
import { Dispatcher, type DispatchSnapshot, layer as dispatcherLayer } from "../dispatch/Dispatcher.ts"
import { reachOf } from "../dispatch/HttpDispatcher.ts"
import { ExchangeClock } from "../limits/ExchangeClock.ts"
import { LiveReach } from "../limits/LiveReach.ts"
import { isOnClock } from "../domain/LimitSpec.ts"
import { DispatchLog } from "../domain/DispatchEvent.ts"
import type { MadeOrder } from "../domain/Order.ts"
import { Journal } from "../journal/Journal.ts"
import type { JournalRecord } from "../journal/JournalRecord.ts"
import { fromJournal } from "../journal/LogEvent.ts"
import { makeToRecord } from "../journal/toRecord.ts"
import { nowMsUnsafe } from "../platform/Monotonic.ts"
import { seededRandom } from "../platform/Random.ts"
import { makeSummariser } from "../summary/Summariser.ts"
import type { Summary } from "../summary/Summary.ts"
import { ExchangeClient } from "../venues/ExchangeClient.ts"
import { exerciseRules } from "../venues/exercise/exercise.ts"
import { failureAtEnd, type RunFailure } from "./RunFailure.ts"
import { RunProgress } from "./RunProgress.ts"
import { runFooter, runHeader, type RunEnd } from "./runRecords.ts"
import type { RunSettings } from "./RunSettings.ts"
import { OrderSource } from "./sources/OrderSource.ts"

/** How a run ended, and its figures. */
export interface RunReport {
  readonly summary: Summary
  /** Lines of the source that held no order. */
  readonly badLines: number
  /** As the journal's last record says it. */
  readonly end: RunEnd
  /** Interrupted if the run was stopped; a failure also if the journal's end could not be written. */
  readonly exit: Exit.Exit<void, RunFailure>
}

/** Orders that wait for a lane when the source is as fast as we read it: enough that no lane ever waits. */
const READ_AHEAD_PER_KEY = 2

/** Waits while every key is kept quiet for what former runs have sent, or were told: orders that are made then would only grow old. */
const someKeyMaySend = (snapshot: Effect.Effect<DispatchSnapshot>): Effect.Effect<void> =>
  Effect.flatMap(snapshot, ({ lanes, outage }) => {
    const heldMs = outage?.kind === "asks-to-wait" ? outage.retryInMs : 0
    const quietMs = Math.max(
      heldMs,
      Math.min(...lanes.map((lane) => (lane.state === "active" ? lane.quietMs : 0))),
    )
    return quietMs === 0
      ? Effect.void
      : Effect.andThen(Effect.sleep(Duration.millis(Math.max(quietMs, 10))), someKeyMaySend(snapshot))
  })

/** Feeds the dispatcher until the source is exhausted, and waits for the last outcome. */
const feed = Effect.fnUntraced(function* (settings: RunSettings, onBadLine: () => void) {
  const dispatcher = yield* Dispatcher
  const journal = yield* Journal
  const progress = yield* RunProgress
  const source = yield* OrderSource
  // No orders whose outcomes the journal could not hold: they would expire into its buffer without end.
  const hand = (order: MadeOrder) => {
    const enqueue = Effect.andThen(journal.ready, dispatcher.enqueue(order))
    return source.isTimed
      ? enqueue
      : Effect.andThen(dispatcher.awaitBelow(settings.keys.length * READ_AHEAD_PER_KEY), enqueue)
  }
  if (!source.isTimed) yield* someKeyMaySend(dispatcher.snapshot)
  const handed = Stream.runForEach(source.orders, (read) => {
    if (Result.isSuccess(read)) return hand(read.success)
    onBadLine()
    progress.tell({ type: "bad-line", line: read.failure })
    return Effect.void
  }).pipe(
    // The source gave an id twice while the first was under way: its own check finds that out before us.
    Effect.catchTag(["DuplicateOrder", "InvalidOrder", "OrderCancelled"], Effect.die),
  )
  yield* !source.isTimed && source.duration !== undefined
    ? Effect.timeoutOption(handed, source.duration)
    : handed
  yield* dispatcher.drained
  if (!settings.failsUnaccepted) return
  const failure = failureAtEnd(yield* dispatcher.snapshot)
  if (failure !== undefined) return yield* failure
})

const dispatcherOf = (settings: RunSettings) => {
  const { design, keys, limit, limits, memory, nonces, parking, ttl, requestTimeout, window } = settings
  const reach = new LiveReach(reachOf(settings))
  const clock = settings.clock ?? (limits?.some(isOnClock) === true ? new ExchangeClock() : undefined)
  return Layer.unwrap(
    Effect.map(RateLimiter.make, (rateLimiter) =>
      dispatcherLayer({
        blockAfter: exerciseRules.blockAfter,
        ...design.habits,
        ...parking,
        keys,
        ttl,
        requestTimeout,
        reach,
        gate: design.gate({ limit, limits, nonces, window, reach, rateLimiter }),
        limits: limits && design.limits?.(limits, clock),
        clock,
        ...(memory === undefined ? {} : { recall: memory.recall }),
      }),
    ),
  ).pipe(Layer.provide(RateLimiter.layerStoreMemory))
}

const dispatch = Effect.fnUntraced(function* (settings: RunSettings, startMs: number, onBadLine: () => void) {
  const clock = yield* Clock.Clock
  const journal = yield* Journal
  const { every, tell } = yield* RunProgress
  const { failed, snapshot } = yield* Dispatcher
  if (every !== undefined) {
    const tellSnapshot = Effect.map(snapshot, (now) => {
      const atMs = nowMsUnsafe(clock)
      tell({ type: "snapshot", snapshot: now, atMs, sinceStartMs: atMs - startMs })
    })
    yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(every), tellSnapshot)))
  }
  const tellOfHold = Effect.map(snapshot, ({ heldMs, outage }) => {
    const isHeld = outage?.kind === "asks-to-wait" || outage?.kind === "turned-away"
    if (heldMs > 0 || isHeld) tell({ type: "held", heldMs, outage: isHeld ? outage : undefined })
  })
  yield* Effect.raceAllFirst([
    Effect.onInterrupt(feed(settings, onBadLine), () => Effect.sync(() => tell({ type: "stopping" }))),
    failed,
    journal.failed,
  ]).pipe(Effect.ensuring(tellOfHold))
})

const endOf = (exit: Exit.Exit<void, RunFailure>, inWords: RunSettings["inWords"]): RunEnd => {
  if (Exit.isSuccess(exit)) return { end: "done" }
  if (Cause.hasInterruptsOnly(exit.cause)) return { end: "stopped" }
  const failure = Cause.findError(exit.cause)
  return { end: "failed", error: Result.isSuccess(failure) ? inWords(failure.success) : "internal error" }
}

/**
 * Runs until the source is exhausted and every order has its outcome. However it ends (done, failed or stopped), it waits for
 * requests in flight, completes the journal, and reports how it ended; it fails only if it cannot begin the journal. Call it in
 * an uninterruptible region to get the report of a run that is interrupted: it can be interrupted while it dispatches.
 */
export const run = (settings: RunSettings) =>
  Effect.uninterruptible(
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      const journal = yield* Journal
      const progress = yield* RunProgress
      const source = yield* OrderSource
      const { keys, limit, memory } = settings
      const summariser = makeSummariser({ kind: "journal", keys: keys.length, limit })
      const footer = runFooter()
      let badLines = 0
      const write = (record: JournalRecord): void => {
        journal.write(record)
        summariser.add(fromJournal(record))
        footer.count(record)
      }

      const startMs = nowMsUnsafe(clock)
      const toRecord = makeToRecord(startMs, settings.limits?.some(isOnClock))
      const { ping } = yield* ExchangeClient
      const startedAt = DateTime.formatIso(yield* DateTime.now)
      write(runHeader(settings, source, startedAt, ping !== undefined))
      yield* Effect.interruptible(journal.flush)
      progress.tell({ type: "starting", exchange: settings.exchange, journal: journal.path, memory })
      const dispatching = dispatch(settings, startMs, () => void (badLines += 1)).pipe(
        Effect.provide(dispatcherOf(settings)),
        Effect.scoped,
        Effect.provideService(DispatchLog, {
          ready: journal.ready,
          record: (event) => {
            write(toRecord(event))
            progress.tell({ type: "event", event })
          },
          committed: journal.committed,
        }),
        Effect.provideService(Random.Random, yield* seededRandom(settings.seed, "outages")),
      )

      const exit = yield* Effect.exit(Effect.interruptible(dispatching))
      progress.tell({ type: "ended" })
      const end = endOf(exit, settings.inWords)
      write(footer.record(nowMsUnsafe(clock) - startMs, end, badLines))
      const flushed = yield* Effect.exit(journal.flush)
      const report: RunReport = {
        summary: summariser.finish(),
        badLines,
        end,
        exit: end.end === "failed" || Exit.isSuccess(flushed) ? exit : flushed,
      }
      return report
    }),
  )
