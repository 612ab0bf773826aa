/**
 * What limits may still count of one key's requests, of all limits: what is written down of it, and which request must wait
 * until that is written.
 *
 * A record says what is open and settled, and how much more may be open (`ahead`). A request that goes beyond that is not
 * covered: it leaves when the next record, which knows of it, is on the disk.
 */
import type { LimitSpec } from "../domain/LimitSpec.ts"
import { type FormerCost, type FormerLimits, LimitCosts, type LimitCostsRecord } from "./LimitCosts.ts"

/** What a request takes of one limit: which, by its place among them. */
export interface SpentCost {
  readonly limit: number
  readonly scope: string
  readonly cost: number
}

/** What has been spent since a record. */
class Since {
  readonly #used = new Map<string, number>()
  /** The first request that the record does not cover. */
  firstUncovered = Number.POSITIVE_INFINITY
  isHalfUsed = false

  take({ cost, limit, scope }: SpentCost, ahead: number, nonce: number): void {
    const name = `${limit}:${scope}`
    const used = (this.#used.get(name) ?? 0) + cost
    this.#used.set(name, used)
    if (used > ahead) this.firstUncovered = Math.min(this.firstUncovered, nonce)
    if (used > ahead / 2) this.isHalfUsed = true
  }
}

export class KeyCosts {
  /** What the exchange may still count of former lives. */
  readonly former: ReadonlyArray<FormerCost>
  /** The limits of which their record says nothing. */
  readonly unknown: ReadonlyArray<LimitSpec>
  readonly #limits: ReadonlyArray<LimitCosts>
  readonly #open = new Map<number, (latestMs: number) => void>()
  /** The record on the disk, and the one that is being written. */
  #written = new Since()
  #writing = this.#written

  /** @param keys so many share the limits that are not of each key for itself */
  constructor(
    specs: ReadonlyArray<LimitSpec>,
    keys: number,
    /** Undefined where the key is new. */
    former: FormerLimits | undefined,
    /** Of other keys, which count it no more. */
    taken: ReadonlyArray<FormerLimits> = [],
  ) {
    const known = specs.map((spec) => ({ spec, costs: new LimitCosts(spec, keys) }))
    this.#limits = known.map(({ costs }) => costs)
    this.unknown = known.flatMap(({ costs, spec }) =>
      former === undefined || costs.inherit(former.limits, former.times) ? [] : [spec],
    )
    for (const { limits, times } of taken) for (const costs of this.#limits) costs.share(limits, times)
    this.former = this.#limits.flatMap((costs, limit) => costs.former(limit))
  }

  /** Requests with nonces below this one are covered. */
  get firstUncovered(): number {
    return this.#written.firstUncovered
  }

  /** Whether the next record should be written soon. */
  get isHalfUsed(): boolean {
    return this.#writing.isHalfUsed
  }

  /** A request leaves, with a nonce greater than all before. */
  hold(nonce: number, spent: ReadonlyArray<SpentCost>, nowMs: number): void {
    const settles = spent.flatMap((one) => {
      const costs = this.#limits[one.limit]
      if (costs === undefined) return []
      if (costs.isScarce) {
        this.#written.take(one, costs.ahead, nonce)
        if (this.#writing !== this.#written) this.#writing.take(one, costs.ahead, nonce)
      }
      return costs.hold(one.scope, one.cost, nowMs)
    })
    this.#open.set(nonce, (latestMs) => {
      for (const settle of settles) settle(latestMs)
    })
  }

  /** It has arrived by then, or never will (-Infinity). Once. */
  settle(nonce: number, latestMs: number): void {
    this.#open.get(nonce)?.(latestMs)
    this.#open.delete(nonce)
  }

  clearFormer(latestMs: number): void {
    for (const costs of this.#limits) costs.clearFormer(latestMs)
  }

  /** What is to be written now. @param isAhead whether more is sent before the next record */
  record(isAhead: boolean, nowMs: number, offsetMs: number): ReadonlyArray<LimitCostsRecord> {
    this.#writing = new Since()
    return this.#limits.map((costs) => costs.record(isAhead, nowMs, offsetMs))
  }

  /** That is on the disk. */
  onWritten(): void {
    this.#written = this.#writing
  }
}
