import { defaultClockMargin } from "./Limit.ts"

/** What is lost in rounding milliseconds since 1970. */
const ROUNDING_MS = 1e-3

/**
 * Where the exchange's clock can be, from answers that carry its time.
 *
 * An answer that says T was stamped between `sent` and `settled`, when the exchange's clock showed at least T and less than
 * T + resolution. So the offset, theirs less ours, lies in [T - settled, T + resolution - sent], whatever part of the round
 * trip each way took. All such intervals hold it at once; with time each grows by what the clocks may drift. Half a round
 * trip is never guessed.
 *
 * Where two contradict each other, a clock was stepped or an answer was wrong. Nobody knows which, so the offset may be in
 * either or between, until further answers tell; `steps` counts that, so that who has relied on the clock learns of it. A
 * step smaller than what is uncertain may pass unseen until then.
 */
export class ExchangeClock {
  readonly #drift: number
  #leastMs = Number.NEGATIVE_INFINITY
  #mostMs = Number.POSITIVE_INFINITY
  /** When the offset was between these. */
  #asOfMs = 0
  #steps = 0

  constructor(drift: number = defaultClockMargin.drift) {
    this.#drift = drift
  }

  /** An answer, settled now, says that the exchange's clock showed `exchangeMs`. */
  observe(exchangeMs: number, resolutionMs: number, sentMs: number, settledMs: number): void {
    const wandered = this.#drift * (settledMs - sentMs) + ROUNDING_MS
    const least = exchangeMs - settledMs - wandered
    const most = exchangeMs + resolutionMs - sentMs + wandered
    const oldLeast = this.#leastMs - this.#wandered(settledMs)
    const oldMost = this.#mostMs + this.#wandered(settledMs)
    const isContradiction = least > oldMost || most < oldLeast
    if (isContradiction) this.#steps += 1
    this.#leastMs = isContradiction ? Math.min(least, oldLeast) : Math.max(least, oldLeast)
    this.#mostMs = isContradiction ? Math.max(most, oldMost) : Math.min(most, oldMost)
    this.#asOfMs = settledMs
  }

  /** How often answers contradicted each other. */
  get steps(): number {
    return this.#steps
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
