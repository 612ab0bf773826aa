import type { DispatchEvent } from "../domain/DispatchEvent.ts"
import type { ExchangeTime } from "../domain/Transit.ts"
import { defaultClockMargin } from "./Limit.ts"

/** What is lost in rounding, here and in a journal of whole microseconds. */
const ROUNDING_MS = 5e-3

/** What an exchange stamps and what it counts by may be clocks of several hosts, so far apart. Steps that small do no harm, either. */
const STAMPED_WITHIN_MS = 10

/**
 * Where the exchange's clock can be, from answers that carry its time.
 *
 * An answer that says T was stamped between `sent` and `settled`, when the exchange's clock showed at least T and less than
 * T + resolution. So the offset, theirs less ours, lies in [T - settled, T + resolution - sent], whatever part of the round
 * trip each way took. All such intervals hold it at once; with time each grows by what the clocks may drift. Half a round
 * trip is never guessed.
 *
 * Where two contradict each other, a clock was stepped or an answer was wrong. From then on nothing is known but what the last
 * answer says at least, and `steppedMs` tells whoever has relied on the clock. A step smaller than what is uncertain may pass
 * unseen until then.
 */
export class ExchangeClock {
  readonly #drift: number
  #leastMs = Number.NEGATIVE_INFINITY
  #mostMs = Number.POSITIVE_INFINITY
  /** When the offset was between these. */
  #asOfMs = 0
  #steppedMs = Number.NEGATIVE_INFINITY

  constructor(drift: number = defaultClockMargin.drift) {
    this.#drift = drift
  }

  /** Learns from an answer, or the answer to a ping, what it says of the time. */
  onEvent(event: DispatchEvent): void {
    if (event.type === "ping") this.#onTime(event.exchangeTime, event.begunMs, event.atMs)
    if ((event.type === "outcome" || event.type === "returned") && event.request !== undefined) {
      const { exchangeTime, sentMs, settledMs } = event.request
      this.#onTime(exchangeTime, sentMs, settledMs)
    }
  }

  #onTime(time: ExchangeTime | undefined, sentMs: number, settledMs: number): void {
    if (time === undefined) return
    const { atMs, resolutionMs } = time
    this.observe(atMs - STAMPED_WITHIN_MS, resolutionMs + 2 * STAMPED_WITHIN_MS, sentMs, settledMs)
  }

  /** An answer, settled now, says that the exchange's clock showed `exchangeMs`. */
  observe(exchangeMs: number, resolutionMs: number, sentMs: number, settledMs: number): void {
    const wandered = this.#drift * (settledMs - sentMs) + ROUNDING_MS
    const least = exchangeMs - settledMs - wandered
    const most = exchangeMs + resolutionMs - sentMs + wandered
    const oldLeast = this.#leastMs - this.#wandered(settledMs)
    const oldMost = this.#mostMs + this.#wandered(settledMs)
    const isContradiction = least > oldMost || most < oldLeast
    if (isContradiction && !this.#isStepped) this.#steppedMs = settledMs
    this.#leastMs = this.#isStepped ? least : Math.max(least, oldLeast)
    this.#mostMs = this.#isStepped ? Number.POSITIVE_INFINITY : Math.min(most, oldMost)
    this.#asOfMs = settledMs
  }

  /** When answers contradicted each other for the first time; -Infinity while they have not. */
  get steppedMs(): number {
    return this.#steppedMs
  }

  get #isStepped(): boolean {
    return this.#steppedMs > Number.NEGATIVE_INFINITY
  }

  /** The earliest that the exchange's clock can have shown at a moment of ours; -Infinity while nothing is known. */
  earliest(atMs: number): number {
    return atMs + this.#leastMs - this.#wandered(atMs)
  }

  /** The latest that it can have shown; Infinity while nothing is known. */
  latest(atMs: number): number {
    return atMs + this.#mostMs + this.#wandered(atMs)
  }

  /** The moment of ours, after the last answer, from which the exchange's clock certainly shows `exchangeMs` or more. */
  certainlyAt(exchangeMs: number): number {
    const leftMs = exchangeMs - this.#asOfMs - this.#leastMs
    return this.#asOfMs + Math.max(0, leftMs) / (1 - this.#drift)
  }

  #wandered(atMs: number): number {
    return this.#drift * Math.abs(atMs - this.#asOfMs)
  }
}
