/** Bans as emulated venues impose them: who goes wrong again and again is turned away for a time, each time for twice as long. */

interface BanRule {
  /** After so many strikes one after another. */
  readonly strikes: number
  readonly firstMs: number
  readonly longestMs: number
}

interface Visitor {
  strikes: number
  bans: number
  untilMs: number
}

export class EmulatedBans {
  readonly #rule: BanRule
  readonly #visitors = new Map<string, Visitor>()

  constructor(rule: BanRule) {
    this.#rule = rule
  }

  #of(who: string): Visitor {
    const known = this.#visitors.get(who)
    if (known !== undefined) return known
    const visitor = { strikes: 0, bans: 0, untilMs: Number.NEGATIVE_INFINITY }
    this.#visitors.set(who, visitor)
    return visitor
  }

  /** When the latest ban ends or ended. */
  until(who: string): number {
    return this.#of(who).untilMs
  }

  /** One more thing that was wrong. @returns whether he is banned for it */
  strike(who: string, nowMs: number): boolean {
    const { firstMs, longestMs, strikes } = this.#rule
    const visitor = this.#of(who)
    visitor.strikes += 1
    if (visitor.strikes < strikes) return false
    visitor.untilMs = nowMs + Math.min(firstMs * 2 ** visitor.bans, longestMs)
    visitor.bans += 1
    visitor.strikes = 0
    return true
  }

  /** Something was right: strikes are counted from 0 again. */
  forgive(who: string): void {
    this.#of(who).strikes = 0
  }
}
