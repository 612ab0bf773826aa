/** Limits as data, as the dispatcher asks them. */
import type { SentEvent } from "../domain/DispatchEvent.ts"
import { ACTION } from "../domain/Action.ts"
import {
  bucketOf,
  isOfKey,
  isSameCounter,
  type LimitSpec,
  orderCost,
  orderScope,
} from "../domain/LimitSpec.ts"
import { type MadeOrder, saidCost } from "../domain/Order.ts"
import { Bucket } from "./Bucket.ts"
import { ExchangeClock } from "./ExchangeClock.ts"
import { FixedWindow } from "./FixedWindow.ts"
import type { ScopedLimit } from "./JoinedLimits.ts"
import type { Limit } from "./Limit.ts"
import { SlidingCounter } from "./SlidingCounter.ts"
import { SlidingLog } from "./SlidingLog.ts"

const limitOf = (spec: LimitSpec, exchange: ExchangeClock): Limit => {
  switch (spec.rule) {
    case "log":
      return new SlidingLog(spec)
    case "fixed":
      return new FixedWindow({ ...spec, exchange })
    case "counter":
      return new SlidingCounter({ ...spec, exchange })
    case "bucket":
      return new Bucket(bucketOf(spec))
  }
}

/** All keys of a dispatcher belong to one account, and it sends from one address. */
export const scopedLimits = (
  specs: ReadonlyArray<LimitSpec>,
  /** What answers have told of it; nothing unless given, and then windows may begin at any time. */
  exchange: ExchangeClock = new ExchangeClock(),
): ReadonlyArray<ScopedLimit<MadeOrder>> =>
  specs.map((spec) => {
    const { costs, field } = spec
    return {
      make: () => limitOf(spec, exchange),
      fields: [...(costs === undefined ? [] : [ACTION]), ...(field === undefined ? [] : [field])],
      scopeOf: (order) => orderScope(spec, order),
      isCounterOf: (other) => isSameCounter(spec, other),
      keyScopeOf: isOfKey(spec) ? (key) => key : undefined,
      costOf: (order) => orderCost(spec, order),
    }
  })

/** What the journal tells of an order that limits count: its cost, and the parameters that they count by. */
export const countedOf = (
  limits: ReadonlyArray<ScopedLimit<MadeOrder>>,
): ((order: MadeOrder) => Pick<SentEvent, "cost" | "scope">) => {
  const fields = new Set(limits.flatMap(({ fields = [] }) => fields))
  if (limits.length === 0) return () => ({})
  return (order) => {
    const told = Object.entries(order.params).filter(([name]) => fields.has(name))
    const scope = told.length === 0 ? {} : { scope: new URLSearchParams(told).toString() }
    const cost = saidCost(order)
    return cost === undefined ? scope : { cost, ...scope }
  }
}
