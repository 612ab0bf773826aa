/**
 * A key's state while its run lives: what its lane asks and tells, and the one fiber that writes it down.
 *
 * Two things are written ahead of their use, together: that all nonces up to some one may have been used, and that
 * requests may leave until some time (the lease). Both reach ten seconds ahead and are renewed when half of that is
 * left, so a lane waits for the disk only when the disk stands still for five seconds. What is used is always
 * written, so a later life that reads the file knows at least as much as has happened.
 */
import { Clock, Deferred, Effect, Exit, Latch, type Scope } from "effect"
import { KeyValueStore } from "effect/persistence"
import { invariant } from "../platform/invariant.ts"
import { nowMsUnsafe, sleepUntil } from "../platform/Monotonic.ts"
import type { KeyMemory } from "./KeyMemory.ts"
import { latestArrival, type Reach } from "../domain/Transit.ts"
import { Boot } from "./Boot.ts"
import { type Beliefs, inherit } from "./coldStart.ts"
import { encodeKeyRecord, type KeyRecord } from "./KeyRecord.ts"
import { StateUnwritable } from "./StateError.ts"
import { storeProblem } from "./storeProblem.ts"

/** How far ahead of its use time is written down, and nonces as the wall clock gives them. */
const AHEAD_MS = 10_000
/** Where nonces are ahead of the wall clock already, so many more: crashes in a row do not carry them further away. */
const NONCES_AHEAD = 1000

export interface KeyStateOptions {
  /** The name in the store. */
  readonly file: string
  /** What the store is called in messages. */
  readonly directory: string
  /** What is remembered; undefined where the key is new. */
  readonly former: KeyRecord | undefined
  /** Whose rate-limit errors are counted; undefined for an exchange that does not outlive the run. */
  readonly exchange: string | undefined
  /** The exchange's window with a margin. */
  readonly windowMs: number
  readonly reach: Reach
}

const orNull = (ms: number): number | null => (Number.isFinite(ms) ? ms : null)

/**
 * Goes on from what is remembered. When it succeeds, the first nonces and the first lease are written down; when the
 * scope closes, it is written that the run has ended and what exactly it has used.
 */
export const openKeyState = (
  options: KeyStateOptions,
): Effect.Effect<KeyMemory, StateUnwritable, Boot | KeyValueStore.KeyValueStore | Scope.Scope> =>
  Effect.gen(function* () {
    const { directory, exchange, file, former, reach } = options
    const clock = yield* Clock.Clock
    const store = yield* KeyValueStore.KeyValueStore
    const boot = yield* Boot
    const own: Beliefs = { windowMs: options.windowMs, reachMs: reach.boundMs ?? reach.requestTimeoutMs }
    const inherited = inherit(former, own, {
      bootId: boot.id,
      nowMs: nowMsUnsafe(clock) + boot.offsetMs,
    })

    /** Opened when something is to be written before its time. */
    const wake = Latch.makeUnsafe()
    /** Opened whenever something was written. */
    const renewed = Latch.makeUnsafe()
    const failure = Deferred.makeUnsafe<never, StateUnwritable>()
    const errors: Record<string, number> = { ...former?.rateLimitErrors }
    const errorsBefore = exchange === undefined ? 0 : (errors[exchange] ?? 0)
    let lastNonce = former?.lastNonce ?? 0
    let wantedNonce = 0
    let inFlight = 0
    // What was written down, and holds. Milliseconds of the monotonic clock, as all below.
    let reserved = { nonce: 0, untilMs: Number.NEGATIVE_INFINITY }
    let arrivedByMs = inherited.arrivedByMs - boot.offsetMs
    let unansweredMs = Number.NEGATIVE_INFINITY

    const write = (
      state: Pick<KeyRecord, "lastNonce" | "stopped"> & { readonly unansweredUntilMs: number },
    ): Effect.Effect<void, StateUnwritable> => {
      // As long as something of former lives may be in the window, what they believed is passed on.
      const beliefs = nowMsUnsafe(clock) + boot.offsetMs < inherited.quietUntilMs ? inherited : own
      const record: KeyRecord = {
        ...state,
        rateLimitErrors: errors,
        bootId: boot.id ?? null,
        arrivedByMs: orNull(arrivedByMs + boot.offsetMs),
        unansweredUntilMs: orNull(state.unansweredUntilMs + boot.offsetMs),
        windowMs: beliefs.windowMs,
        reachMs: beliefs.reachMs,
      }
      return Effect.mapError(
        store.set(file, encodeKeyRecord(record)),
        (error) => new StateUnwritable({ directory, problem: storeProblem(error) }),
      )
    }

    const renew = Effect.suspend(() => {
      wake.closeUnsafe()
      const next = {
        nonce: Math.max(
          // Never less than what may be in use while this is being written.
          reserved.nonce,
          Math.floor(clock.currentTimeMillisUnsafe()) + AHEAD_MS,
          Math.max(lastNonce, wantedNonce) + NONCES_AHEAD,
        ),
        untilMs: nowMsUnsafe(clock) + AHEAD_MS,
      }
      return Effect.map(
        write({ stopped: false, lastNonce: next.nonce, unansweredUntilMs: next.untilMs }),
        () => {
          reserved = next
          renewed.openUnsafe()
        },
      )
    })

    const due = Effect.suspend(() =>
      Effect.raceFirst(wake.await, sleepUntil(reserved.untilMs - AHEAD_MS / 2)),
    )

    yield* renew
    // Registered before the fiber, so run after it has ended: nothing is written behind the last word.
    yield* Effect.addFinalizer(() =>
      Effect.suspend(() => {
        const untilMs = inFlight > 0 ? nowMsUnsafe(clock) : unansweredMs
        // Without the last word the next life waits as after a crash, and skips the nonces written ahead.
        return Effect.ignore(write({ stopped: true, lastNonce, unansweredUntilMs: untilMs }))
      }),
    )
    yield* Effect.forkScoped(
      Effect.tapCause(Effect.forever(Effect.andThen(due, renew)), (cause) =>
        Effect.sync(() => Deferred.doneUnsafe(failure, Exit.failCause(cause))),
      ),
    )

    const reservedNonce = (): number =>
      nowMsUnsafe(clock) < reserved.untilMs ? reserved.nonce : Number.NEGATIVE_INFINITY

    const reserve = (nonce: number): Effect.Effect<void> =>
      Effect.suspend(() => {
        if (nonce <= reservedNonce()) return Effect.void
        wantedNonce = Math.max(wantedNonce, nonce)
        renewed.closeUnsafe()
        wake.openUnsafe()
        return Effect.andThen(renewed.await, reserve(nonce))
      })

    return {
      quietUntilMs: inherited.quietUntilMs - boot.offsetMs,
      lastNonce,
      rateLimitErrors: errorsBefore,
      reservedNonce,
      reserve,
      onSent: (nonce) => {
        lastNonce = nonce
        inFlight += 1
        if (reserved.nonce - nonce < NONCES_AHEAD / 2) wake.openUnsafe()
      },
      onRateLimitError: () => {
        if (exchange === undefined) return
        errors[exchange] = (errors[exchange] ?? 0) + 1
        wake.openUnsafe()
      },
      onEnded: (transit) => {
        inFlight -= 1
        invariant(inFlight >= 0, "more requests have ended than were sent")
        if (transit.end?.ending === "lost") unansweredMs = Math.max(unansweredMs, transit.end.atMs)
        else arrivedByMs = Math.max(arrivedByMs, latestArrival(transit, reach) ?? arrivedByMs)
      },
      failed: Deferred.await(failure),
    }
  })
