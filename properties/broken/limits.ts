/** Limits as they are easily misunderstood. Each is wrong, and a law must say so. */
import type { LimitSpec } from "../../src/domain/LimitSpec.ts"
import { scopedLimits } from "../../src/limits/scopedLimits.ts"

/** Knows the first of them. */
export const knowingOne = (specs: ReadonlyArray<LimitSpec>) => scopedLimits(specs.slice(0, 1))

/** As if each key had every limit for itself. */
export const eachKeyForItself = (specs: ReadonlyArray<LimitSpec>) =>
  scopedLimits(specs).map((limit) => ({ ...limit, keyScopeOf: (key: string) => key }))

/** Every request costs one. */
export const withoutCosts = (specs: ReadonlyArray<LimitSpec>) =>
  scopedLimits(specs).map((limit) => ({ ...limit, costOf: () => 1 }))

/** Counts a request by when it was sent. */
export const bySendTimes = (specs: ReadonlyArray<LimitSpec>) =>
  scopedLimits(specs).map((limit) => ({
    ...limit,
    make: () => {
      const made = limit.make()
      const hold = made.hold.bind(made)
      const settle = made.settle.bind(made)
      return Object.assign(made, {
        hold: (cost: number, nowMs: number) => {
          const mark = hold(cost, nowMs)
          settle(cost, nowMs)
          return mark
        },
        settle: () => {},
      })
    },
  }))
