/**
 * A key's state during a run: what its lane asks and tells, and the one fiber that writes it down.
 *
 * Two things are written before they are used: up to which nonce all may have been used, and until when requests may
 * leave (the lease). Both reach ten seconds ahead and are renewed when half of that is left, so a lane waits only if the
 * disk stands still for five seconds. A lane uses only what is written, so a later run knows of all that
 * happened.
 */
import { Clock, Deferred, Effect, Exit, Latch, type Scope } from "effect"
import { nonceSpan, type NonceUnit } from "../domain/NonceUnit.ts"
import { invariant } from "../platform/invariant.ts"
import { nowMsUnsafe, sleepUntil } from "../platform/Monotonic.ts"
import type { EndedRequest, Held, KeyMemory } from "./KeyMemory.ts"
import { latestArrival, type Reach } from "../domain/Transit.ts"
import type { LimitSpec } from "../domain/LimitSpec.ts"
import type { MadeOrder } from "../domain/Order.ts"
import { Boot } from "./Boot.ts"
import { type Beliefs, freeFromMs, inherit, type Inheritance } from "./coldStart.ts"
import type { ExchangeHold } from "./ExchangeHold.ts"
import { KeyCosts } from "./KeyCosts.ts"
import { encodeKeyRecord, type KeyRecord } from "./KeyRecord.ts"
import { countsMs, type FormerLimits, type FormerTimes, settledTimes } from "./LimitCosts.ts"
import { RecentArrivals } from "./RecentArrivals.ts"
import { endMs, fromMoment, type Moment, nowOf, toMoment } from "./remembered.ts"
import { StateUnwritable } from "./StateError.ts"
import { StateFiles, stateProblem } from "./StateFiles.ts"

/** How far ahead of their use the lease, and nonces taken from the wall clock, are written down. */
const AHEAD_MS = 10_000
/** So many nonces are written ahead if they have overtaken the wall clock: crashes in a row do not carry them far away. */
const NONCES_AHEAD = 1000

/** How long a request may be on its way, and how long its answer is awaited. */
export interface ReachTerms extends Reach {
  readonly requestTimeoutMs: number
}

export interface KeyStateOptions {
  /** The name in the store. */
  readonly file: string
  /** The store's name in messages. */
  readonly directory: string
  /** What is remembered; undefined if the key is new. */
  readonly former: KeyRecord | undefined
  /** Whose rate-limit errors are counted; undefined for an exchange that does not outlive the run. */
  readonly exchange: string | undefined
  /** What that exchange wants of all keys. */
  readonly exchangeHold: ExchangeHold
  /** Requests that a key may have in the exchange's window. */
  readonly limit: number
  /** The exchange's window with a margin. */
  readonly windowMs: number
  /** All limits, where that is not all; and how many keys share those that are not of each key for itself. */
  readonly limits?: ReadonlyArray<LimitSpec> | undefined
  /** Limits of former lives that this one does not have. */
  readonly carried?: ReadonlyArray<LimitSpec>
  readonly sharers?: number
  readonly levelMs?: FormerTimes["levelMs"]
  /** What is counted with this key from now on that others have sent. */
  readonly taken?: ReadonlyArray<FormerLimits>
  readonly reach: ReachTerms
  /** What nonces count. Default `ms`. */
  readonly nonceUnit?: NonceUnit | undefined
  /** The last nonce of former runs, in that unit. */
  readonly lastNonce: number
}

const orNull = (ms: number): number | null => (Number.isFinite(ms) ? ms : null)

/** The record, without the fields that never change. */
type LastWord = Pick<KeyRecord, "arrivalsMs" | "lastNonce" | "stopped"> & {
  readonly unansweredUntilMs: number
}

/** A limit of which former lives have kept nothing, and until when it counts as used up. */
export interface UnknownLimit {
  readonly spec: LimitSpec
  readonly untilMs: number
}

/** All times are milliseconds of the monotonic clock; a boot's offset is added where they are written. */
class KeyState implements KeyMemory {
  readonly quietUntilMs: number
  readonly outUntilMs: ReadonlyArray<number>
  readonly unansweredWindowMs: number | undefined
  readonly formerCosts: KeyMemory["formerCosts"]
  readonly unknownLimits: ReadonlyArray<UnknownLimit>
  readonly lastNonce: number
  readonly rateLimitErrors: number
  readonly recentErrorsMs: ReadonlyArray<number>
  readonly held: KeyMemory["held"]
  readonly failed: Effect.Effect<never, StateUnwritable>
  readonly #options: KeyStateOptions
  readonly #clock: Clock.Clock
  readonly #store: StateFiles["Service"]
  readonly #boot: Boot["Service"]
  readonly #own: Beliefs
  readonly #inherited: Inheritance
  /** Where the key's window is the only limit, only what is carried on. */
  readonly #costs: KeyCosts
  /** Opened to have something written early. */
  readonly #wake = Latch.makeUnsafe()
  /** Opened whenever something was written. */
  readonly #renewed = Latch.makeUnsafe()
  readonly #failure = Deferred.makeUnsafe<never, StateUnwritable>()
  readonly #errors: Record<string, number>
  readonly #recentErrors: Record<string, ReadonlyArray<Moment>>
  readonly #holds: Record<string, { readonly key?: Moment; readonly all?: Moment }>
  #usedNonce: number
  /** The largest nonce that the exchange has taken, or may have: one that it has refused is as good as never used. */
  #takenNonce: number
  #wantedNonce = 0
  /** The nonces of requests that have not ended. */
  readonly #inFlight = new Set<number>()
  /** The key has left service: nothing is written ahead for it any more. */
  #isRetired = false
  /** What is on the disk. */
  #reserved = { nonce: 0, untilMs: Number.NEGATIVE_INFINITY }
  #arrivedByMs: number
  /** Those of former runs are among them, as far as they are known. */
  readonly #arrivals: RecentArrivals
  /** Requests that were lost and may still arrive, and when the last of them was given up. */
  #unanswered = 0
  #unansweredMs = Number.NEGATIVE_INFINITY
  /** The same may be true of requests of former lives. */
  #isFormerUnanswered: boolean
  /** Until then what former runs have sent may be in the window, and what they believed counts. Since the boot. */
  #inheritedUntilMs: number

  constructor(
    options: KeyStateOptions,
    clock: Clock.Clock,
    store: StateFiles["Service"],
    boot: Boot["Service"],
  ) {
    const { exchange, exchangeHold, former, limit, reach, windowMs } = options
    this.#options = options
    this.#clock = clock
    this.#store = store
    this.#boot = boot
    this.#own = { windowMs, reachMs: reach.boundMs ?? reach.requestTimeoutMs }
    this.#inherited = inherit(former, this.#own, {
      bootId: boot.id,
      nowMs: this.#sinceBootMs(),
      doubtMs: boot.doubtMs,
    })
    this.#errors = { ...former?.rateLimitErrors }
    this.#recentErrors = { ...former?.recentErrors }
    this.#holds = { ...former?.holds }
    const now = nowOf(clock, boot)
    const sameBoot = boot.id !== undefined && former?.bootId === boot.id
    const told = exchange === undefined ? undefined : this.#holds[exchange]
    const heldUntil = (moment: Moment | undefined) =>
      moment === undefined || former === undefined
        ? Number.NEGATIVE_INFINITY
        : endMs(moment, former.bootId, boot, clock)
    this.held = { key: heldUntil(told?.key), all: Math.max(exchangeHold.untilMs, heldUntil(told?.all)) }
    // What the wall clock shows as later than now came just now.
    this.recentErrorsMs = (exchange === undefined ? [] : (this.#recentErrors[exchange] ?? [])).map((moment) =>
      Math.min(now.monotonicMs, fromMoment(moment, sameBoot, now)),
    )
    this.#usedNonce = options.lastNonce
    this.#takenNonce = this.#usedNonce
    this.#arrivedByMs = this.#inherited.arrivedByMs - boot.offsetMs
    this.#isFormerUnanswered = former !== undefined && former.unansweredUntilMs !== null
    this.#costs = this.#costsFrom(former, sameBoot)
    this.formerCosts = this.#costs.former
    const { unknown } = this.#costs
    this.unknownLimits = unknown.map((spec) => ({ spec, untilMs: this.#arrivedByMs + countsMs(spec) }))
    const windowLeftMs = this.#isByLimits ? Math.max(0, ...unknown.map(countsMs)) : this.#inherited.windowMs
    this.quietUntilMs = this.#isByLimits
      ? this.#arrivedByMs + windowLeftMs
      : freeFromMs(this.#inherited, limit) - boot.offsetMs
    this.outUntilMs = this.#isByLimits
      ? []
      : (this.#inherited.leaveMs ?? []).map((atMs) => atMs - boot.offsetMs)
    this.#arrivals = new RecentArrivals(
      this.outUntilMs.map((atMs) => atMs - this.#inherited.windowMs),
      Math.max(windowMs, this.#inherited.windowMs),
    )
    this.#inheritedUntilMs = this.#inherited.quietUntilMs
    this.unansweredWindowMs = this.#isFormerUnanswered ? windowLeftMs : undefined
    this.lastNonce = this.#usedNonce
    this.rateLimitErrors = exchange === undefined ? 0 : (this.#errors[exchange] ?? 0)
    this.failed = Effect.raceFirst(Deferred.await(this.#failure), exchangeHold.failed)
  }

  #costsFrom(former: KeyRecord | undefined, sameBoot: boolean): KeyCosts {
    const { carried = [], levelMs = () => Number.NEGATIVE_INFINITY, limits = [] } = this.#options
    const { sharers = 1, taken } = this.#options
    const times = {
      settledMs: settledTimes(sameBoot, this.#arrivedByMs, this.#boot),
      levelMs,
      arrivedByMs: this.#arrivedByMs,
      isUnanswered: this.#isFormerUnanswered,
    }
    const inherited = former && { limits: former.limits, times }
    return new KeyCosts({ own: limits, carried }, sharers, inherited, taken)
  }

  get #isByLimits(): boolean {
    return this.#options.limits !== undefined
  }

  #sinceBootMs(): number {
    return nowMsUnsafe(this.#clock) + this.#boot.offsetMs
  }

  /** Whether requests of former runs may be in the window. */
  get #isInherited(): boolean {
    return this.#isFormerUnanswered || this.#sinceBootMs() < this.#inheritedUntilMs
  }

  #write({ unansweredUntilMs, ...word }: LastWord, isAhead: boolean): Effect.Effect<void, StateUnwritable> {
    const { directory, file, nonceUnit } = this.#options
    const { id, offsetMs } = this.#boot
    // As long as they are, their window and reach are kept as well.
    const beliefs = this.#isInherited ? this.#inherited : this.#own
    const limits = this.#costs.record(isAhead, nowMsUnsafe(this.#clock), offsetMs)
    const record: KeyRecord = {
      ...word,
      ...(nonceUnit === "ns" ? { nonceUnit } : {}),
      rateLimitErrors: this.#errors,
      recentErrors: this.#recentErrors,
      holds: this.#holds,
      bootId: id ?? null,
      arrivedByMs: orNull(this.#arrivedByMs + offsetMs),
      unansweredUntilMs: orNull(unansweredUntilMs + offsetMs),
      windowMs: beliefs.windowMs,
      reachMs: beliefs.reachMs,
      ...(limits.length > 0 ? { limits } : {}),
    }
    return Effect.mapError(
      this.#store.set(file, encodeKeyRecord(record)),
      (error) => new StateUnwritable({ directory, problem: stateProblem(error) }),
    )
  }

  /** Writes the next nonces and the next lease ahead; of a key that has left service, exactly what it has used. */
  readonly renew: Effect.Effect<void, StateUnwritable> = Effect.suspend(() => {
    this.#wake.closeUnsafe()
    if (this.#isAtRest) {
      this.#reserved = { nonce: Number.NEGATIVE_INFINITY, untilMs: Number.POSITIVE_INFINITY }
      return this.#writeExactly(false)
    }
    const { nonceUnit = "ms" } = this.#options
    const next = {
      nonce: Math.max(
        // Never less than what a lane may use while this is being written.
        this.#reserved.nonce,
        nonceSpan(this.#clock.currentTimeMillisUnsafe() + AHEAD_MS, nonceUnit),
        Math.max(this.#usedNonce, this.#wantedNonce) + NONCES_AHEAD,
      ),
      untilMs: nowMsUnsafe(this.#clock) + AHEAD_MS,
    }
    const word = { stopped: false, lastNonce: next.nonce, unansweredUntilMs: next.untilMs, arrivalsMs: null }
    return Effect.map(this.#write(word, true), () => {
      this.#reserved = next
      this.#costs.onWritten()
      this.#renewed.openUnsafe()
    })
  })

  /** Renews whenever half of what was written ahead is left, until it cannot be written. */
  readonly keepRenewing: Effect.Effect<never, StateUnwritable> = Effect.suspend(() =>
    this.#isAtRest
      ? this.#wake.await
      : Effect.raceFirst(this.#wake.await, sleepUntil(this.#reserved.untilMs - AHEAD_MS / 2)),
  ).pipe(
    Effect.andThen(this.renew),
    Effect.forever,
    Effect.tapCause((cause) => Effect.sync(() => Deferred.doneUnsafe(this.#failure, Exit.failCause(cause)))),
  )

  /**
   * Writes that the run has ended, and exactly what it has used. Without this last record the next run waits as after a
   * crash, and skips the nonces written ahead.
   */
  readonly stop: Effect.Effect<void> = Effect.suspend(() => Effect.ignore(this.#writeExactly(true)))

  get #isAtRest(): boolean {
    return this.#isRetired && this.#inFlight.size === 0
  }

  /** The same with what is in flight. */
  get #mayBeTaken(): number {
    let largest = this.#takenNonce
    for (const nonce of this.#inFlight) largest = Math.max(largest, nonce)
    return largest
  }

  #writeExactly(stopped: boolean): Effect.Effect<void, StateUnwritable> {
    const mayBeMore = this.#inFlight.size > 0 || this.#isFormerUnanswered
    const unansweredUntilMs = mayBeMore ? nowMsUnsafe(this.#clock) : this.#unansweredMs
    const arrivalsMs = Number.isFinite(unansweredUntilMs) ? null : this.#knownArrivalsMs()
    return this.#write({ stopped, lastNonce: this.#mayBeTaken, unansweredUntilMs, arrivalsMs }, false)
  }

  /** Since the boot; null while there may be others in the window, of former runs. */
  #knownArrivalsMs(): ReadonlyArray<number> | null {
    // Where limits count, each keeps its own.
    if (this.#isByLimits || (this.#isInherited && this.#inherited.leaveMs === undefined)) return null
    return this.#arrivals.inWindow(nowMsUnsafe(this.#clock)).map((atMs) => atMs + this.#boot.offsetMs)
  }

  readonly reservedNonce = (): number =>
    nowMsUnsafe(this.#clock) < this.#reserved.untilMs
      ? Math.min(this.#reserved.nonce, this.#costs.firstUncovered - 1)
      : Number.NEGATIVE_INFINITY

  readonly reserve = (nonce: number): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (nonce <= this.reservedNonce()) return Effect.void
      this.#wantedNonce = Math.max(this.#wantedNonce, nonce)
      this.#renewed.closeUnsafe()
      this.#wake.openUnsafe()
      return Effect.andThen(this.#renewed.await, this.reserve(nonce))
    })

  readonly onSent = (nonce: number, order?: Pick<MadeOrder, "params">): void => {
    this.#usedNonce = nonce
    this.#inFlight.add(nonce)
    if (order !== undefined) this.#costs.hold(nonce, order, nowMsUnsafe(this.#clock))
    if (this.#reserved.nonce - nonce < NONCES_AHEAD / 2 || this.#costs.isHalfUsed) this.#wake.openUnsafe()
  }

  readonly onRateLimitError = (recentErrorsMs: ReadonlyArray<number>): void => {
    const { exchange } = this.#options
    if (exchange === undefined) return
    const now = nowOf(this.#clock, this.#boot)
    this.#errors[exchange] = (this.#errors[exchange] ?? 0) + 1
    this.#recentErrors[exchange] = recentErrorsMs.map((atMs) => toMoment(atMs, now))
    this.#wake.openUnsafe()
  }

  readonly onHold = (untilMs: number, held: Held): void => {
    const { exchange, exchangeHold } = this.#options
    if (held === "all") {
      exchangeHold.onHold(untilMs)
      return
    }
    if (exchange === undefined) return
    this.#holds[exchange] = {
      ...this.#holds[exchange],
      key: toMoment(untilMs, nowOf(this.#clock, this.#boot)),
    }
    this.#wake.openUnsafe()
  }

  readonly onEnded = (request: EndedRequest): void => {
    const { end, mayBeTaken, nonce } = request
    invariant(this.#inFlight.delete(nonce), "a request ends that was not sent, or ends twice")
    if (mayBeTaken) this.#takenNonce = Math.max(this.#takenNonce, nonce)
    if (end?.ending === "lost") {
      this.#unanswered += 1
      this.#unansweredMs = Math.max(this.#unansweredMs, end.atMs)
    } else {
      this.#arrived(latestArrival(request, this.#options.reach))
      // No limit rests on a bound.
      this.#costs.settle(nonce, end?.ending === "answered" ? end.atMs : Number.NEGATIVE_INFINITY)
    }
    if (this.#isAtRest) this.#wake.openUnsafe()
  }

  readonly onRetired = (): void => {
    this.#isRetired = true
    if (this.#isAtRest) this.#wake.openUnsafe()
  }

  readonly onCleared = (latestMs: number, nonce: number): void => {
    this.#unanswered -= 1
    this.#costs.settle(nonce, latestMs)
    invariant(this.#unanswered >= 0, "more requests were cleared than were lost")
    this.#arrived(latestMs)
    if (this.#unanswered === 0) this.#unansweredMs = Number.NEGATIVE_INFINITY
  }

  readonly onFormerCleared = (clearedMs: number): number => {
    const latestMs = Math.max(clearedMs, this.#inherited.arrivedByMs - this.#boot.offsetMs)
    this.#isFormerUnanswered = false
    this.#costs.clearFormer(latestMs)
    this.#inheritedUntilMs = Math.max(
      this.#inheritedUntilMs,
      latestMs + this.#boot.offsetMs + this.#inherited.windowMs,
    )
    this.#arrivedBy(latestMs)
    return latestMs
  }

  #arrivedBy(latestMs: number): void {
    this.#arrivedByMs = Math.max(this.#arrivedByMs, latestMs)
  }

  /** A request has arrived by then; -Infinity of one that never left. */
  #arrived(latestMs: number | undefined): void {
    invariant(latestMs !== undefined, "a request has ended, and nobody knows when it has arrived")
    if (latestMs === Number.NEGATIVE_INFINITY) return
    this.#arrivedBy(latestMs)
    if (!this.#isByLimits) this.#arrivals.add(latestMs, nowMsUnsafe(this.#clock))
  }
}

export type KeptKey = KeyMemory & Pick<KeyState, "unknownLimits">

/**
 * Goes on from what is remembered. Writes the first nonces and the first lease before it succeeds, and, when the scope
 * closes, that the run has ended and exactly what it has used.
 */
export const openKeyState = Effect.fnUntraced(function* (
  options: KeyStateOptions,
): Effect.fn.Return<KeptKey, StateUnwritable, Boot | StateFiles | Scope.Scope> {
  const state = new KeyState(options, yield* Clock.Clock, yield* StateFiles, yield* Boot)
  yield* state.renew
  // Registered before the fiber, so run after it has ended: nothing is written after the last record.
  yield* Effect.addFinalizer(() => state.stop)
  yield* Effect.forkScoped(state.keepRenewing)
  return state
})
