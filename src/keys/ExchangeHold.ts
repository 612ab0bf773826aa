/**
 * Until when an exchange wants nothing of anybody: kept once for the exchange, so that a life with other keys knows of it.
 *
 * Every run at the exchange writes the one file, each as soon as it is told, and under its lock.
 */
import { createHash } from "node:crypto"
import { Clock, Deferred, Effect, Exit, Latch, type Option, Schedule, Schema, type Scope } from "effect"
import { Boot } from "./Boot.ts"
import { KeyLocks } from "./KeyLocks.ts"
import { endMs, Moment, nowOf, toMoment } from "./remembered.ts"
import { type StateUnusable, StateUnwritable } from "./StateError.ts"
import { readState, StateFiles, stateProblem } from "./StateFiles.ts"
import { decodeState, encodeState } from "./stateText.ts"

const HoldRecord = Schema.Struct({
  /** Its address without the query. */
  exchange: Schema.String,
  until: Moment,
  /** The boot that `until` belongs to; null if boots cannot be told apart. */
  bootId: Schema.NullOr(Schema.String),
})

const FORM = { kind: "exchange-hold", version: 1 }
const decodeHold = (state: unknown): Option.Option<typeof HoldRecord.Type> =>
  Schema.decodeUnknownOption(HoldRecord)(state)

/** Another run has the lock for the time of a write. */
const LOCK_TRIES = Schedule.spaced("5 millis").pipe(Schedule.upTo({ times: 1000 }))

const nameOf = (exchange: string): string =>
  `exchange-${createHash("sha256").update(exchange).digest("hex").slice(0, 32)}`

export interface ExchangeHold {
  /** Nothing may be sent before: a former run was told so. Monotonic milliseconds. */
  readonly untilMs: number
  /** The exchange has announced that nothing may be sent before then. */
  readonly onHold: (untilMs: number) => void
  /** Fails when it cannot be written down; it never succeeds. */
  readonly failed: Effect.Effect<never, StateUnwritable>
}

/** An exchange that does not outlive the run. */
export const noExchangeHold: ExchangeHold = {
  untilMs: Number.NEGATIVE_INFINITY,
  onHold: () => {},
  failed: Effect.never,
}

/** Reads what is remembered of the exchange, and from then on writes down at once what it announces. */
export const openExchangeHold = Effect.fnUntraced(function* (
  exchange: string,
  directory: string,
): Effect.fn.Return<ExchangeHold, StateUnusable, Boot | KeyLocks | StateFiles | Scope.Scope> {
  const clock = yield* Clock.Clock
  const store = yield* StateFiles
  const locks = yield* KeyLocks
  const boot = yield* Boot
  const name = nameOf(exchange)
  const file = `${name}.json`
  const read = Effect.map(
    readState({ directory, file, of: exchange }, (text) => decodeState(FORM, text, decodeHold)),
    (record) =>
      record === undefined ? Number.NEGATIVE_INFINITY : endMs(record.until, record.bootId, boot, clock),
  )
  const rememberedMs = yield* read
  let toldMs = rememberedMs
  let writtenMs = rememberedMs
  const told = Latch.makeUnsafe()
  const failure = Deferred.makeUnsafe<never, StateUnwritable>()

  const write = Effect.gen(function* () {
    yield* Effect.retry(locks.lock(name), { while: ({ _tag }) => _tag === "Locked", schedule: LOCK_TRIES })
    const untilMs = toldMs
    // Another run may have been told of a later end.
    if ((yield* read) < untilMs) {
      const until = toMoment(untilMs, nowOf(clock, boot))
      yield* store.set(file, encodeState(FORM, { exchange, until, bootId: boot.id ?? null }))
    }
    writtenMs = untilMs
  }).pipe(
    Effect.scoped,
    Effect.uninterruptible,
    Effect.mapError((error) => {
      const problem =
        error._tag === "PlatformError"
          ? stateProblem(error)
          : error._tag === "Locked"
            ? `another process keeps ${name}.lock`
            : error.message
      return new StateUnwritable({ directory, problem })
    }),
  )
  const writeWhatIsNew = Effect.suspend(() => (toldMs > writtenMs ? write : Effect.void))
  // Registered before the fiber, so run after it has ended.
  yield* Effect.addFinalizer(() => Effect.ignore(writeWhatIsNew))
  yield* told.await.pipe(
    Effect.andThen(told.close),
    Effect.andThen(writeWhatIsNew),
    Effect.forever,
    Effect.tapCause((cause) => Effect.sync(() => Deferred.doneUnsafe(failure, Exit.failCause(cause)))),
    Effect.forkScoped,
  )
  return {
    untilMs: rememberedMs,
    onHold: (untilMs) => {
      if (untilMs <= toldMs) return
      toldMs = untilMs
      told.openUnsafe()
    },
    failed: Deferred.await(failure),
  }
})
