/**
 * Plays a client that lives more than once, in virtual time, with real journals and its keys' real state. Each life is
 * handed the same orders, from the first on, as by `run --orders FILE --resume FOLDER`.
 *
 * A crash says nothing and closes nothing. Its fibers cannot be made to vanish, so they go on in a world of their own:
 * from the crash on nothing that they do reaches the disk or the exchange. What had left goes on to the exchange.
 */
import { Clock, Duration, Effect, Exit, Fiber, FileSystem, Layer, Scope } from "effect"
import { StateFiles } from "../../src/keys/StateFiles.ts"
import type { DispatchLog } from "../../src/domain/DispatchEvent.ts"
import { defaultMargin } from "../../src/limits/AckWindow.ts"
import type { scopedLimits } from "../../src/limits/scopedLimits.ts"
import type { Recall } from "../../src/keys/KeyMemory.ts"
import type { ExchangeClient } from "../../src/venues/ExchangeClient.ts"
import { openJournal } from "../../src/journal/Journal.ts"
import { makeToRecord } from "../../src/journal/toRecord.ts"
import { nowMsUnsafe } from "../../src/platform/Monotonic.ts"
import { FormerOutcomes } from "../../src/recovery/FormerOutcomes.ts"
import { makeJournalReader } from "../../src/recovery/FormerJournal.ts"
import { type Arrival, makeSimulatedExchange } from "../../src/simulation/SimulatedExchange.ts"
import { playVirtual } from "../../test/support/virtualTime.ts"
import { Boot } from "../../src/keys/Boot.ts"
import { claimKeys } from "../../src/keys/claimKeys.ts"
import { KeyLocks } from "../../src/keys/KeyLocks.ts"
import { hostileClock } from "../../test/support/hostileClock.ts"
import { makeKeys, makeRig, order } from "../../test/support/rig.ts"
import { header } from "../../test/summary/records.ts"
import { type DiskTime, type LifeDisk, lifeDisk } from "./lifeDisk.ts"
import type { Life, Lives } from "./lives.ts"

/** What breaks the way a client lives on. */
export interface LivesVariant {
  /** Puts another memory of keys in the place of the real one. */
  readonly recall?: (real: Recall, hasOthers: boolean) => Recall
  /** The disk says that it has written keys' state before it has. */
  readonly answersFirst?: boolean
  /** Puts other ways to keep state in the place of the disk's. */
  readonly files?: Partial<StateFiles["Service"]>
  /** Which orders are sent, after journals whose text this is; the real ones where it is left out. */
  readonly follows?: (journals: ReadonlyArray<string>) => (id: string) => boolean
  /** Puts other limits in the place of the real ones. */
  readonly scoped?: typeof scopedLimits
  /** Spoils the log that stands between dispatcher and journal. */
  readonly log?: (log: DispatchLog) => DispatchLog
}

export interface LivesSeen {
  /** Ids of all orders that were handed over in any life. */
  readonly ids: ReadonlyArray<string>
  /** The journals of all lives, as they were found after their ends. */
  readonly journals: ReadonlyArray<string>
  readonly arrivals: ReadonlyArray<Arrival>
  /** Those of lives with the exchange's limits. */
  readonly lawful: ReadonlyArray<Arrival>
}

/** What the journals say of every order. Dies of a journal that cannot be read: crashes do not damage it. */
export const outcomesIn = (journals: ReadonlyArray<string>): FormerOutcomes => {
  const all = new FormerOutcomes()
  for (const [index, text] of journals.entries()) {
    const reader = makeJournalReader(all, `life ${index + 1}`)
    reader.push(Buffer.from(text))
    reader.end()
    const problem = reader.problem()
    if (problem !== undefined) throw problem
  }
  return all
}

const reallyFollows: NonNullable<LivesVariant["follows"]> = (journals) => {
  const known = outcomesIn(journals)
  return (id) => known.of(id) === undefined
}

/** Orders come with their gaps; then they come at leisure. */
const LEISURE_MS = 500
/** Far longer than any silence of these exchanges. */
const LONGEST = Duration.days(1)

type Ways = Pick<Life, "boundMs" | "windowMs" | "stall" | "only" | "hasOthers">

export const playLives = (world: Lives, variant: LivesVariant = {}): Promise<LivesSeen> => {
  const program = Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const arrivals: Array<Arrival> = []
    const unlawful = new Set<string>()
    const journals: Array<string> = []
    const files = new Map<string, string>()
    const writes = { state: 0, journal: 0 }
    let requests = 0
    let given = 0
    let boots = 1
    let offsetMs = 1_000_000
    const config = { limit: world.limit, windowMs: world.windowMs, blockAfter: 1000 }
    const { limits, params = [] } = world
    const { client } = yield* makeSimulatedExchange({
      config,
      limits,
      requestTimeoutMs: world.requestTimeoutMs,
      journey: () => world.journeys[requests++ % world.journeys.length] ?? { incomingMs: 0, outgoingMs: 0 },
      onArrival: (arrival) => arrivals.push(arrival),
    })

    const diskFor = ({ stall }: Ways): LifeDisk => {
      const startMs = nowMsUnsafe(clock)
      return lifeDisk({
        files,
        answersFirst: variant.answersFirst ?? false,
        timeOf: (what): DiskTime => {
          const times = what === "state" ? world.stateDisk : world.journalDisk
          const { answerMs, writeMs } = times[writes[what]++ % times.length] ?? { writeMs: 0, answerMs: 0 }
          const stands = stall !== undefined && (what === "state" || stall.journalToo) ? stall : undefined
          const sinceMs = nowMsUnsafe(clock) - startMs - (stands?.fromMs ?? Number.POSITIVE_INFINITY)
          const stalledMs = sinceMs < 0 ? 0 : Math.max(0, (stands?.forMs ?? 0) - sinceMs)
          return { answerMs, writeMs: writeMs + stalledMs }
        },
      })
    }

    /** Begins a life as a run does: its keys, what former lives have done, its journal, its dispatcher. */
    const begin = Effect.fnUntraced(function* (
      { boundMs, hasOthers = false, only, windowMs }: Ways,
      disk: LifeDisk,
    ) {
      const limits = hasOthers ? world.others : world.limits
      const all = makeKeys(world.keys)
      const keys = only === undefined ? all : all.filter((_, n) => n === only % all.length)
      const window = Duration.millis(windowMs)
      const { recall } = yield* claimKeys({
        keys,
        directory: "nowhere",
        exchange: "the exchange",
        limit: world.limit,
        limits,
        windowMs: Duration.toMillis(Duration.sum(window, defaultMargin(window))),
        reach: { boundMs, requestTimeoutMs: world.requestTimeoutMs },
      }).pipe(
        Effect.provide(
          Layer.mergeAll(
            Layer.succeed(Boot, { id: `boot-${boots}`, offsetMs, doubtMs: 0 }),
            // Lives do not overlap here.
            Layer.succeed(KeyLocks, { lock: () => Effect.void }),
            Layer.succeed(StateFiles, { ...disk.store, ...variant.files }),
          ),
        ),
      )
      const follows = (variant.follows ?? reallyFollows)(journals)
      const journal = yield* Effect.provideService(openJournal("log"), FileSystem.FileSystem, disk.fileSystem)
      journal.write(header())
      yield* journal.flush
      yield* Effect.addFinalizer(() => Effect.ignore(journal.flush))
      const toRecord = makeToRecord(nowMsUnsafe(clock))
      const log: DispatchLog = {
        ready: journal.ready,
        record: (event) => journal.write(toRecord(event)),
        committed: journal.committed,
      }
      const ownClient: ExchangeClient["Service"] = {
        ...(client.ping === undefined || !world.pings
          ? {}
          : {
              ping: Effect.andThen(
                Effect.suspend(() => (disk.isAlive() ? Effect.void : Effect.never)),
                client.ping,
              ),
            }),
        submit: (order, key, nonce, watch) =>
          Effect.suspend(() => {
            if (hasOthers) unlawful.add(`${key.label} ${nonce}`)
            return disk.isAlive()
              ? client.submit(order, key, nonce, {
                  ...watch,
                  mayStart: () => disk.isAlive() && watch.mayStart?.() !== false,
                })
              : Effect.never
          }),
      }
      const { dispatcher } = yield* makeRig({
        keys,
        config: { ...config, windowMs },
        limits,
        ...(variant.scoped && { scoped: variant.scoped }),
        boundMs,
        ttlMs: world.ttlMs,
        requestTimeoutMs: world.requestTimeoutMs,
        client: () => ownClient,
        log: variant.log?.(log) ?? log,
        dispatcher: {
          recall: variant.recall?.(recall, hasOthers) ?? recall,
          firstContact: LONGEST,
          unreachableAfter: LONGEST,
          parkAfter: 1000,
        },
      })
      return { dispatcher, follows }
    })

    const live = Effect.fnUntraced(function* (life: Life, disk: LifeDisk) {
      const { dispatcher, follows } = yield* begin(life, disk)
      let fed = 0
      for (let n = 0; disk.isAlive(); n++) {
        const id = `o-${n}`
        if (!follows(id)) continue
        given = Math.max(given, n + 1)
        yield* Effect.ignore(dispatcher.offer(order(id, undefined, params[n % params.length])))
        yield* Effect.sleep(Duration.millis(life.gaps[fed++] ?? LEISURE_MS))
      }
    })

    /** The last life: it is handed whatever any life was, and stops when all is done. */
    const liveOut = Effect.fnUntraced(function* (disk: LifeDisk) {
      const ways = { boundMs: undefined, windowMs: world.windowMs, stall: undefined }
      const { dispatcher, follows } = yield* begin(ways, disk)
      for (let n = 0; n < given; n++) {
        if (follows(`o-${n}`))
          yield* Effect.ignore(dispatcher.enqueue(order(`o-${n}`, undefined, params[n % params.length])))
      }
      yield* dispatcher.drained
    })

    for (const life of world.lives) {
      const disk = diskFor(life)
      const scope = yield* Scope.make()
      const living = yield* Effect.forkIn(Scope.provide(live(life, disk), scope), scope, {
        startImmediately: true,
      })
      yield* Effect.sleep(Duration.millis(life.lastsMs))
      const stop = Effect.andThen(Fiber.interrupt(living), Scope.close(scope, Exit.void))
      if (life.ends === "stop") yield* stop
      else if (life.ends !== "crash") {
        const stopping = yield* Effect.forkScoped(stop)
        yield* Effect.timeoutOption(Fiber.await(stopping), life.ends.killedAfterMs)
      }
      journals.push(disk.crash(life.torn))
      yield* Effect.sleep(Duration.millis(life.pauseMs))
      if (life.reboots) {
        boots += 1
        offsetMs = 1000 - nowMsUnsafe(clock)
      }
    }
    const disk = diskFor({ boundMs: undefined, windowMs: world.windowMs, stall: undefined })
    yield* Effect.scoped(liveOut(disk))
    journals.push(disk.crash(0))
    // What lost requests still do to the exchange belongs to the story.
    yield* Effect.sleep(Duration.millis(4 * world.requestTimeoutMs))
    const lawful = arrivals.filter(({ key, nonce }) => !unlawful.has(`${key} ${nonce}`))
    return { ids: Array.from({ length: given }, (_, n) => `o-${n}`), journals, arrivals, lawful }
  })
  return playVirtual(hostileClock(program, world))
}
