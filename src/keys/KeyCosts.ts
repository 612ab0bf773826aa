/**
 * What limits may still count of one key's requests, of all limits: what is written down of it, and which request must wait
 * until that is written.
 *
 * A record says what is open and settled, and how much more may be open (`ahead`). A request that goes beyond that is not
 * covered: it leaves when the next record, which knows of it, is on the disk.
 */
import { type LimitSpec, longestCountMs, orderCost, orderScope, showLimit } from "../domain/LimitSpec.ts"
import type { MadeOrder } from "../domain/Order.ts"
import {
  type FormerCost,
  type FormerLimits,
  LimitCosts,
  type LimitCostsRecord,
  mostOf,
} from "./LimitCosts.ts"

/** More limits that a life does not have are not carried on: those that count the longest are. */
const MOST_CARRIED = 16

/** The limits of former lives that this one does not have. One that is not carried on counts as used up where it is back. */
export const carriedLimits = (
  limits: ReadonlyArray<LimitSpec>,
  records: ReadonlyArray<ReadonlyArray<LimitCostsRecord> | undefined>,
): ReadonlyArray<LimitSpec> => {
  const own = new Set(limits.map(showLimit))
  const specs = records.flatMap((record = []) => record.flatMap(({ spec }) => spec ?? []))
  const others = new Map(specs.map((spec) => [showLimit(spec), spec]))
  return [...others]
    .flatMap(([name, spec]) => (own.has(name) ? [] : [spec]))
    .toSorted((one, other) => longestCountMs([other]) - longestCountMs([one]))
    .slice(0, MOST_CARRIED)
}

/** What has been spent since a record. */
class Since {
  readonly #used = new Map<string, number>()
  /** The first request that the record does not cover. */
  firstUncovered = Number.POSITIVE_INFINITY
  isHalfUsed = false

  take(limit: number, scope: string, cost: number, ahead: number, nonce: number): void {
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
  /** This life's own first, then those that it carries on. */
  readonly #limits: ReadonlyArray<LimitCosts>
  readonly #own: number
  readonly #open = new Map<number, (latestMs: number) => void>()
  /** The record on the disk, and the one that is being written. */
  #written = new Since()
  #writing = this.#written

  /** @param keys so many share the limits that are not of each key for itself */
  constructor(
    specs: { readonly own: ReadonlyArray<LimitSpec>; readonly carried: ReadonlyArray<LimitSpec> },
    keys: number,
    /** Undefined where the key is new. */
    former: FormerLimits | undefined,
    /** Of other keys, which count it no more. */
    taken: ReadonlyArray<FormerLimits> = [],
  ) {
    this.#own = specs.own.length
    this.#limits = [...specs.own, ...specs.carried].map((spec) => new LimitCosts(spec, keys))
    const unknown = this.#limits.filter(
      (costs) => former !== undefined && !costs.inherit(former.limits, former.times),
    )
    this.unknown = unknown.map(({ spec }) => spec).filter((spec) => specs.own.includes(spec))
    for (const { limits, times } of taken) for (const costs of this.#limits) costs.share(limits, times)
    this.former = this.#limits.slice(0, this.#own).flatMap((costs, limit) => costs.former(limit))
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
  hold(nonce: number, order: Pick<MadeOrder, "params">, nowMs: number): void {
    if (this.#limits.length === 0) return
    const settles = this.#limits.flatMap((costs, n) => {
      const said = orderCost(costs.spec, order)
      // What fits no limit is sent only by a life without this one.
      const cost = Number.isNaN(said) ? mostOf(costs.spec) : Math.min(said, mostOf(costs.spec))
      if (cost === 0) return []
      const scope = orderScope(costs.spec, order)
      if (costs.isScarce) {
        this.#written.take(n, scope, cost, costs.ahead, nonce)
        if (this.#writing !== this.#written) this.#writing.take(n, scope, cost, costs.ahead, nonce)
      }
      return costs.hold(scope, cost, nowMs)
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
    return this.#limits.map((costs, n) => ({
      ...costs.record(isAhead, nowMs, offsetMs),
      ...(n < this.#own ? {} : { carried: true as const }),
    }))
  }

  /** That is on the disk. */
  onWritten(): void {
    this.#written = this.#writing
  }
}
