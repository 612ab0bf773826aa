/**
 * How long a request may be on its way, as far as is known now. A bound that is given is believed until something speaks
 * against it; then the reach widens at once by what was seen, and comes back slowly.
 *
 * What speaks against it: an answer later than twice the bound after the request was written; a timer of our own that fires
 * late, because a machine too busy for us is as a rule too busy for an exchange beside us; a refusal for the limit.
 *
 * A request that was sent on the belief in the narrower reach has taken its permit back too early by no more than the
 * widening. So nobody sends for as long as the reach has widened by: then every permit that is back would be back by the
 * wider reach, too.
 *
 * Times are milliseconds of the monotonic clock.
 */
import { Clock, Effect, Latch } from "effect"
import type { DispatchEvent, ReachCause, RequestTrace } from "../domain/DispatchEvent.ts"
import { type Reach, slackMs, speaksAgainst } from "../domain/Transit.ts"
import { nowMsUnsafe, sleepUntil } from "../platform/Monotonic.ts"

export interface ReachChange {
  readonly atMs: number
  /** The bound from now on. */
  readonly boundMs: number
  readonly cause: ReachCause
}

export interface ReachOptions {
  /** The bound that was given; undefined where none is known, which nothing speaks against. */
  readonly boundMs: number | undefined
  readonly requestTimeoutMs: number
}

/** For so long must nothing speak against a narrower reach, or margin, before it comes back by half. */
export const CALM_MS = 10_000
/** What is left of a widening and is not worth a record. */
export const NEGLIGIBLE_MS = 0.5

/** Rounded up to what a journal can hold. */
const wholeMicros = (ms: number): number => Math.ceil(ms * 1000) / 1000

export class LiveReach implements Reach {
  readonly requestTimeoutMs: number
  readonly #givenMs: number | undefined
  #wideningMs = 0
  /** The most that spoke against the given bound since the reach last changed for calm. */
  #lately = 0
  #longestRoundTripMs = 0
  #heldUntilMs = Number.NEGATIVE_INFINITY
  #onChange: (change: ReachChange) => void = () => {}
  /** Open while there is something to come back from. */
  readonly #isWide = Latch.makeUnsafe()

  constructor({ boundMs, requestTimeoutMs }: ReachOptions) {
    this.#givenMs = boundMs
    this.requestTimeoutMs = requestTimeoutMs
  }

  get boundMs(): number | undefined {
    return this.#givenMs === undefined ? undefined : this.#givenMs + this.#wideningMs
  }

  /** Nobody sends before this, for the sake of permits that came back by a narrower reach. */
  get heldUntilMs(): number {
    return this.#heldUntilMs
  }

  /** How long after it was given up a request has reached the exchange, whether it has been read there or not. */
  get travelMs(): number {
    return this.boundMs ?? Math.min(this.#longestRoundTripMs, this.requestTimeoutMs)
  }

  /** How long after the answer to a ping what had reached the exchange before it may still be counted. */
  get slackMs(): number {
    return slackMs(this.boundMs, this.#longestRoundTripMs, this.requestTimeoutMs)
  }

  /** Has every change told, as it happens. */
  tell(onChange: (change: ReachChange) => void): void {
    this.#onChange = onChange
  }

  /** Whether a request's answer comes so late that it is evidence against the bound. */
  isLate({ settledMs, writtenMs }: Pick<RequestTrace, "settledMs" | "writtenMs">): boolean {
    const { boundMs } = this
    return writtenMs !== undefined && boundMs !== undefined && speaksAgainst(settledMs, writtenMs, boundMs)
  }

  /** Learns from the answer to a request, if that is what happened. */
  onEvent(event: DispatchEvent): void {
    if (event.type !== "outcome" && event.type !== "returned") return
    const { atMs, request } = event
    if (request === undefined) return
    const isAnswered =
      event.type === "outcome"
        ? event.outcome.outcome !== "unknown"
        : event.reason !== "not-sent" && event.reason !== "withheld"
    if (isAnswered) this.onAnswered(request.writtenMs, request.settledMs, atMs)
  }

  /** A request was answered. */
  onAnswered(writtenMs: number | undefined, settledMs: number, atMs: number): void {
    if (writtenMs === undefined) return
    const roundTripMs = settledMs - writtenMs
    this.#longestRoundTripMs = Math.max(this.#longestRoundTripMs, roundTripMs)
    const { boundMs } = this
    // However wide the reach is, this speaks against a bound of less than half.
    if (this.#givenMs !== undefined)
      this.#lately = Math.max(
        this.#lately,
        Math.min(wholeMicros(roundTripMs / 2 - this.#givenMs), this.requestTimeoutMs),
      )
    if (boundMs !== undefined && this.isLate({ writtenMs, settledMs }))
      this.#widen(this.#wideningMs + roundTripMs - 2 * boundMs, atMs, "answer")
  }

  /** A ping was answered. */
  onPing(roundTripMs: number): void {
    this.#longestRoundTripMs = Math.max(this.#longestRoundTripMs, roundTripMs)
  }

  /** A timer of our own fired so much later than it was set to. */
  onLateTimer(lateMs: number, atMs: number): void {
    this.#widen(lateMs, atMs, "timer")
  }

  /** The exchange refused a request for its limit. `slotMs` is the window's length by the limit. */
  onRefusal(slotMs: number, atMs: number): void {
    this.#widen(this.#wideningMs + slotMs, atMs, "refusal")
  }

  #widen(wideningMs: number, atMs: number, cause: ReachCause): void {
    if (this.#givenMs === undefined) return
    const wanted = Math.min(wholeMicros(wideningMs), this.requestTimeoutMs)
    this.#lately = Math.max(this.#lately, wanted)
    const byMs = wanted - this.#wideningMs
    if (byMs <= 0) return
    this.#heldUntilMs = Math.max(this.#heldUntilMs, atMs + byMs)
    this.#change(wanted, atMs, cause)
    this.#isWide.openUnsafe()
  }

  #change(wideningMs: number, atMs: number, cause: ReachCause): void {
    this.#wideningMs = wideningMs
    const { boundMs } = this
    if (boundMs !== undefined) this.#onChange({ atMs, boundMs, cause })
  }

  /** Comes back by half whenever nothing has spoken against that for a while. Runs for ever. */
  readonly comingBack: Effect.Effect<never> = Clock.clockWith((clock) =>
    Effect.forever(
      Effect.andThen(
        this.#isWide.await,
        Effect.andThen(
          // A timer may fire early.
          Effect.suspend(() => sleepUntil(nowMsUnsafe(clock) + CALM_MS)),
          Effect.sync(() => this.#comeBack(nowMsUnsafe(clock))),
        ),
      ),
    ),
  )

  #comeBack(atMs: number): void {
    const half = wholeMicros(this.#wideningMs / 2)
    const wideningMs = Math.max(half < NEGLIGIBLE_MS ? 0 : half, this.#lately)
    this.#lately = 0
    if (wideningMs < this.#wideningMs) this.#change(wideningMs, atMs, "calm")
    if (this.#wideningMs === 0) this.#isWide.closeUnsafe()
  }
}
