/**
 * A client that is killed at any moment and started again: several lives with the same orders, the same exchange
 * and real journals on a disk of its own, all in virtual time.
 *
 * To kill it, its disk is frozen and no request starts any more. What had been written to its end is there; of the
 * write that was under way, any number of bytes is. What had left goes on to the exchange.
 */
import { Duration, Effect, Exit, FileSystem, Scope } from "effect"
import * as fc from "fast-check"
import type { DispatchLog } from "../../src/dispatch/DispatchEvent.ts"
import type { ExchangeClient } from "../../src/exchange/ExchangeClient.ts"
import { openJournal } from "../../src/journal/Journal.ts"
import { makeToRecord } from "../../src/journal/toRecord.ts"
import { nowMs } from "../../src/Monotonic.ts"
import { Fates } from "../../src/resume/Fates.ts"
import { makeLifeReader } from "../../src/resume/LifeReader.ts"
import type { Arrival, Journey } from "../../src/simulation/SimulatedExchange.ts"
import { runVirtual } from "../../src/simulation/VirtualTime.ts"
import { makeRig, order } from "../../test/support/rig.ts"
import { header } from "../../test/summary/records.ts"

export interface Lives {
  readonly keys: number
  readonly orders: number
  readonly ttlMs: number | undefined
  readonly journeys: ReadonlyArray<Journey>
  /** How long the disk takes for a write. */
  readonly writeMs: number
  /** One life after another; what follows them is a last life that runs to its end. */
  readonly deaths: ReadonlyArray<{
    /** How long it lived, in milliseconds. */
    readonly afterMs: number
    /** How much of the write that was under way is there, from 0 to 1. */
    readonly torn: number
    /** How long until the next life begins. */
    readonly pauseMs: number
  }>
}

const fates: fc.Arbitrary<Pick<Journey, "fate">> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: fc.record({
      fate: fc.constantFrom("refused-connection" as const, "lost-on-the-way-in", "lost-on-the-way-out"),
    }),
  },
  { weight: 1, arbitrary: fc.constantFrom({ fate: { status: 503 } }, { fate: "garbled" as const }) },
)

export const manyLives: fc.Arbitrary<Lives> = fc.record({
  keys: fc.integer({ min: 1, max: 3 }),
  orders: fc.integer({ min: 1, max: 40 }),
  ttlMs: fc.constantFrom(undefined, 50, 400),
  journeys: fc
    .array(
      fc
        .record({ incomingMs: fc.nat(50), outgoingMs: fc.nat(50), fate: fates })
        .map(({ fate, ...journey }) => ({ ...journey, ...fate })),
      { minLength: 1, maxLength: 20 },
    )
    .filter((all) => all.some(({ fate }) => fate === undefined)),
  writeMs: fc.constantFrom(0.1, 1, 20),
  deaths: fc.array(
    fc.record({
      afterMs: fc.oneof(fc.nat(40), fc.nat(800)),
      torn: fc.double({ min: 0, max: 1, noNaN: true }),
      pauseMs: fc.constantFrom(0, 1000),
    }),
    { maxLength: 4 },
  ),
})

/** What breaks the way a client is started again. */
export interface LivesVariant {
  /** Which orders are sent, after journals whose text this is; the real ones where it is left out. */
  readonly follows?: (journals: ReadonlyArray<string>) => (id: string) => boolean
  /** Spoils the log that stands between dispatcher and journal. */
  readonly log?: (log: DispatchLog) => DispatchLog
}

export interface LivesSeen {
  readonly ids: ReadonlyArray<string>
  /** The journals of all lives, as they were found after their ends. */
  readonly journals: ReadonlyArray<string>
  readonly arrivals: ReadonlyArray<Arrival>
}

/** What the journals say of every order. Dies of a journal that cannot be read: crashes do not damage it. */
export const fatesIn = (journals: ReadonlyArray<string>): Fates => {
  const all = new Fates()
  for (const [index, text] of journals.entries()) {
    const reader = makeLifeReader(all, `life ${index + 1}`)
    const lines = text.split("\n")
    const isTerminated = lines.at(-1) === ""
    if (isTerminated) lines.pop()
    const problems = [...lines.map((line) => reader.line(line)), reader.end(isTerminated)]
    const problem = problems.find((said) => said !== undefined)
    if (problem !== undefined) throw new Error(`life ${index + 1} ${problem}`)
  }
  return all
}

/** A file of a disk that can be frozen in the middle of a write. */
const makeDisk = (writeMs: number) => {
  let isFrozen = false
  let written = ""
  let underWay = ""
  const unused = Effect.die("a journal does not do this")
  const file: FileSystem.File = {
    [FileSystem.FileTypeId]: FileSystem.FileTypeId,
    stat: unused,
    sync: unused,
    seek: () => unused,
    read: () => unused,
    readAlloc: () => unused,
    truncate: () => unused,
    write: () => unused,
    writeAll: (bytes) =>
      Effect.suspend(() => {
        if (isFrozen) return Effect.sleep(writeMs)
        underWay = new TextDecoder().decode(bytes)
        return Effect.andThen(
          Effect.sleep(writeMs),
          Effect.sync(() => {
            if (isFrozen) return
            written += underWay
            underWay = ""
          }),
        )
      }),
  }
  return {
    layer: FileSystem.layerNoop({ open: () => Effect.succeed(file) }),
    /** Nothing is written any more; gives what is there. */
    freeze: (torn: number): string => {
      isFrozen = true
      return written + underWay.slice(0, Math.floor(torn * (underWay.length + 1)))
    },
  }
}

const LIMIT = 3
const WINDOW_MS = 100
const REQUEST_TIMEOUT_MS = 300
/** Far longer than any of these orders needs. */
const LONGEST = Duration.hours(1)

export const playLives = (world: Lives, variant: LivesVariant = {}): Promise<LivesSeen> => {
  const ids = Array.from({ length: world.orders }, (_, n) => `o-${n}`)
  const journals: Array<string> = []
  const follows =
    variant.follows ??
    ((before) => {
      const known = fatesIn(before)
      return (id) => known.of(id) === undefined
    })
  const options = {
    keys: world.keys,
    config: { limit: LIMIT, windowMs: WINDOW_MS, blockAfter: 1000 },
    ttlMs: world.ttlMs,
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    journey: (n: number) => world.journeys[n % world.journeys.length] ?? { incomingMs: 0, outgoingMs: 0 },
    dispatcher: { firstContact: LONGEST, unreachableAfter: LONGEST, parkAfter: 1000 },
  }
  const program = Effect.gen(function* () {
    const { exchange } = yield* makeRig(options)

    /** One life; `death` undefined for one that runs to its end. */
    const live = Effect.fnUntraced(function* (death: Lives["deaths"][number] | undefined) {
      let isDead = false
      const disk = makeDisk(world.writeMs)
      const journal = yield* Effect.provide(openJournal("log"), disk.layer)
      journal.write(header())
      yield* journal.flush
      const toRecord = makeToRecord(yield* nowMs)
      const log: DispatchLog = {
        ready: journal.ready,
        record: (event) => journal.write(toRecord(event)),
        committed: journal.committed,
      }
      const client: ExchangeClient["Service"] = {
        submit: (...request) => (isDead ? Effect.never : exchange.client.submit(...request)),
      }
      const rig = yield* makeRig({ ...options, client: () => client, log: variant.log?.(log) ?? log })
      const mine = ids.filter(follows(journals))
      const sending = Effect.andThen(
        Effect.ignore(Effect.forEach(mine, (id) => rig.dispatcher.enqueue(order(id)), { discard: true })),
        rig.dispatcher.drained,
      )
      if (death === undefined) {
        yield* sending
        yield* rig.stop
        yield* journal.flush
        journals.push(disk.freeze(0))
        return
      }
      yield* Effect.timeoutOption(sending, death.afterMs)
      isDead = true
      journals.push(disk.freeze(death.torn))
      yield* Effect.sleep(death.pauseMs)
    })

    const former = yield* Scope.make()
    for (const death of world.deaths) yield* Scope.provide(live(death), former)
    yield* Scope.provide(live(undefined), former)
    // What lost requests still do to the exchange belongs to the story.
    yield* Effect.sleep(Duration.seconds(10))
    yield* Scope.close(former, Exit.void)
    return { ids, journals, arrivals: exchange.arrivals }
  })
  return Effect.runPromise(runVirtual(Effect.scoped(program)))
}
