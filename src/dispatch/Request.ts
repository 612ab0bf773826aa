/**
 * One request of a lane, in a fiber of its own: it leaves once its record is kept, its answer tells of the key and decides what
 * becomes of its order, and where none comes, the request stays until a ping has shown that it has arrived or never will.
 *
 * Times are milliseconds of the monotonic clock.
 */
import { Cause, type Clock, Effect, Exit } from "effect"
import type { ApiKey } from "../domain/ApiKey.ts"
import type { OrderEnd } from "../domain/DispatchEvent.ts"
import { ClientFailed, type SubmitError } from "../domain/SubmitError.ts"
import type { LimitsTold } from "../domain/LimitSpec.ts"
import type { Ending, ExchangeTime } from "../domain/Transit.ts"
import type { Advice } from "../http/advice.ts"
import type { KeyMemory } from "../keys/KeyMemory.ts"
import type { Passage } from "../limits/Gate.ts"
import { nowMsUnsafe } from "../platform/Monotonic.ts"
import type { Acceptance, TransitWatch } from "../venues/ExchangeClient.ts"
import {
  type Attempt,
  attemptOf,
  type Consequence,
  consequenceOf,
  isOverLimit,
  mayBeTaken,
  signOf,
  withheld,
} from "./Attempt.ts"
import type { Report } from "./Circuit.ts"
import type { Entry, OpenRequest } from "./Entry.ts"
import type { LaneContext } from "./LaneContext.ts"
import { problemOf } from "./outside.ts"

/** What a request needs of its lane, and tells it. */
export interface RequestOwner {
  readonly key: ApiKey
  readonly memory: KeyMemory
  /** Whether a request whose record is kept may still leave: much may have happened while it was written down. */
  readonly mayLeave: (entry: Entry, nonce: number) => boolean
  readonly onAdvice: (advice: Advice, atMs: number) => void
  /** Learns what an attempt tells of the key. Answers whether its order may go back to the line whatever it has been through. */
  readonly learn: (done: Attempt) => boolean
  /** It is known what the exchange made of the request. */
  readonly onKnown: () => void
}

export class Request {
  readonly #entry: Entry
  readonly #open: OpenRequest
  readonly #passage: Passage
  readonly #report: Report
  readonly #owner: RequestOwner
  readonly #context: LaneContext
  readonly #clock: Clock.Clock
  /** Its client has ended, or was given up. */
  #isOver = false
  #isWithheld = false
  /** Its answer asked everybody to wait. */
  #asksToWait = false
  #settledMs: number | undefined
  #exchangeTime: ExchangeTime | undefined
  #limitsTold: LimitsTold | undefined

  constructor(
    entry: Entry,
    open: OpenRequest,
    passage: Passage,
    report: Report,
    owner: RequestOwner,
    context: LaneContext,
    clock: Clock.Clock,
  ) {
    this.#entry = entry
    this.#open = open
    this.#passage = passage
    this.#report = report
    this.#owner = owner
    this.#context = context
    this.#clock = clock
  }

  get #nowMs(): number {
    return nowMsUnsafe(this.#clock)
  }

  /** Follows it in a fiber that outlasts the lane. */
  get follow(): Effect.Effect<void> {
    return this.#detached(
      Effect.flatMap(this.#recorded, (isKept) => {
        const { nonce } = this.#open
        const mayLeave = isKept && this.#entry.state !== "ended" && this.#owner.mayLeave(this.#entry, nonce)
        return mayLeave ? this.#call : this.#settle(withheld({ ...this.#open, settledMs: this.#nowMs }))
      }),
    )
  }

  /** Where following a request dies, its order still has an outcome, and the dispatcher does not go on as if nothing were. */
  #detached(effect: Effect.Effect<void>): Effect.Effect<void> {
    const followed = Effect.catchCause(effect, (cause) => Effect.sync(() => this.#onDefect(cause)))
    return Effect.asVoid(Effect.forkIn(followed, this.#context.requests, { startImmediately: true }))
  }

  #onDefect(cause: Cause.Cause<never>): void {
    const { ledger, onDefect } = this.#context
    const { key } = this.#open
    const settledMs = this.#nowMs
    if (this.#entry.state !== "ended" && this.#entry.request === this.#open) {
      const problem = problemOf(Cause.squash(cause))
      const error = new ClientFailed({ orderId: this.#entry.order.id, key, problem })
      const end: OrderEnd = {
        outcome: { outcome: "unknown", cause: "undecodable" },
        request: { ...this.#open, settledMs },
      }
      ledger.end(this.#entry, end, settledMs, Exit.fail(error))
    }
    onDefect(cause)
  }

  /**
   * What leaves is written down first: a later life must know of every order that may have left. The process may have stood
   * still meanwhile, and the permission to use the nonce run out. Answers whether all of it is kept.
   */
  get #recorded(): Effect.Effect<boolean> {
    const { memory } = this.#owner
    const { nonce } = this.#open
    const recorded = Effect.flatMap(this.#context.log.committed, (isKept) =>
      isKept && nonce > memory.reservedNonce()
        ? Effect.as(memory.reserve(nonce), true)
        : Effect.succeed(isKept),
    )
    return Effect.onInterrupt(recorded, () =>
      Effect.sync(() => this.#tellMemory("never-sent", this.#nowMs, false)),
    )
  }

  get #call(): Effect.Effect<void> {
    const { client, watchdog } = this.#context
    const { key } = this.#owner
    const { nonce } = this.#open
    this.#open.sentMs = this.#nowMs
    this.#entry.hasLeft = true
    return Effect.withFiber((fiber) => {
      // A client that cannot be interrupted is left to itself.
      const giveUp = Effect.suspend(() => {
        fiber.interruptUnsafe()
        return this.#detached(this.#end(undefined))
      })
      const awaited = watchdog.await(giveUp)
      const submitted = Effect.suspend(() => client.submit(this.#entry.order, key, nonce, this.#watch))
      return Effect.flatMap(Effect.exit(submitted), (exit) => {
        watchdog.dismiss(awaited)
        return this.#isOver ? Effect.void : this.#end(exit)
      })
    })
  }

  get #watch(): TransitWatch {
    const { sentMs } = this.#open
    /** A moment that the client tells, where it can be one of this request. */
    const moment = (atMs: number) => {
      const nowMs = this.#nowMs
      return atMs >= sentMs && atMs <= nowMs ? atMs : nowMs
    }
    return {
      mayStart: () => {
        this.#isWithheld = this.#isOver || !this.#owner.mayLeave(this.#entry, this.#open.nonce)
        return !this.#isWithheld
      },
      onWritten: (atMs) => {
        if (this.#isOver || this.#open.writtenMs !== undefined) return
        this.#open.writtenMs = moment(atMs)
        this.#passage.onWritten(this.#open.writtenMs)
      },
      onSettled: (atMs) => {
        this.#settledMs = moment(atMs)
      },
      onTime: (time) => {
        if (Number.isFinite(time.atMs) && time.resolutionMs > 0) this.#exchangeTime = time
      },
      onLimits: (told) => {
        this.#limitsTold = told
      },
      onAdvice: (advice) => {
        if (this.#isOver) return
        this.#asksToWait ||= advice.exchangeMs > 0
        this.#owner.onAdvice(advice, this.#nowMs)
      },
    }
  }

  /** @param exit undefined where the client did not come to an end */
  #end(exit: Exit.Exit<Acceptance, SubmitError> | undefined): Effect.Effect<void> {
    this.#isOver = true
    const atMs = this.#nowMs
    const exchangeTime = this.#exchangeTime
    const request = { ...this.#open, settledMs: this.#settledMs ?? atMs, exchangeTime }
    return this.#settle(
      attemptOf(exit, this.#isWithheld, request, atMs, this.#entry.order.id, this.#owner.key),
    )
  }

  #settle(done: Attempt): Effect.Effect<void> {
    const { ending, request } = done
    this.#tellMemory(ending, request.settledMs, mayBeTaken(done))
    // An answer is held against the bound as it was before anything is learnt from it.
    const isLate = ending === "answered" && this.#context.reach.isLate(request)
    const returnsFreely = this.#owner.learn(done)
    const told = this.#limitsTold
    if (isOverLimit(done.result)) this.#passage.onRefused?.(done.atMs, told?.refusedBy)
    if (told !== undefined) this.#passage.onCounts?.(told.counts, done.atMs)
    // Before the order goes back to the line: whoever takes it next must know.
    return Effect.flatMap(this.#report(signOf(done)), () => {
      // Its caller, or a stop, may have ended the order before it left.
      if (this.#entry.state !== "ended") this.#decide(done, returnsFreely)
      // Last, because it may let the lane go on at once: it must have learnt from this answer by then.
      this.#passage.onEnded(ending, request.settledMs, isLate)
      if (ending === "lost") return this.#clear
      this.#owner.onKnown()
      return Effect.void
    })
  }

  /** The key's memory learns how the request ended, also where it is interrupted before it was let go. */
  #tellMemory(ending: Ending, atMs: number, isTaken: boolean): void {
    const { nonce, sentMs, writtenMs } = this.#open
    const end = { ending, atMs }
    this.#owner.memory.onEnded({ nonce, sentMs, writtenMs, end, clearedMs: undefined, mayBeTaken: isTaken })
  }

  /** A lost request may still arrive, until a ping has shown that it has, or never will. */
  get #clear(): Effect.Effect<void> {
    return Effect.map(this.#context.pinger.cleared, (clearedMs) => {
      this.#owner.memory.onCleared(clearedMs, this.#open.nonce)
      this.#passage.onCleared(clearedMs)
      this.#owner.onKnown()
    })
  }

  #decide(done: Attempt, returnsFreely: boolean): void {
    const { isStopping, maxReturns } = this.#context
    const isWanted = !isStopping() && !this.#entry.withdrawn
    const standing = { isWanted, returnsFreely, asksToWait: this.#asksToWait, maxReturns }
    this.#carryOut(consequenceOf(done, this.#entry, standing), done)
  }

  #carryOut(consequence: Consequence, { atMs, request }: Attempt): void {
    const { ledger, line, log, whyCancelled } = this.#context
    const entry = this.#entry
    switch (consequence.kind) {
      case "end":
        return ledger.end(entry, consequence.end, atMs, consequence.told)
      case "cancel":
        return ledger.cancel(entry, atMs, entry.withdrawn ? "withdrawn" : whyCancelled())
      case "return": {
        if (consequence.countsAsReturn) entry.returns += 1
        ledger.comeBack(entry)
        log.record({ type: "returned", atMs, id: entry.order.id, reason: consequence.reason, request })
        line.putBack(entry)
      }
    }
  }
}
