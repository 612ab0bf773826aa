/**
 * All limits of an exchange at once, with a counter for each of their scopes. A request passes all of them and counts in each, or
 * it passes none and counts nowhere.
 */
import { bucketOf, type LimitSpec } from "../../domain/LimitSpec.ts"
import { BucketCounter } from "./BucketCounter.ts"
import type { Counter } from "./Counter.ts"
import { CountersByScope } from "./CountersByScope.ts"
import { LogCounter } from "./LogCounter.ts"
import { SlidingWindowCounter } from "./SlidingWindowCounter.ts"
import { WindowCounter } from "./WindowCounter.ts"

/** What limits ask of a request. All keys belong to one account. */
export interface CountedRequest {
  readonly key: string
  /** Where it comes from. */
  readonly address: string
  /** The order's own parameters. */
  readonly param: (name: string) => string | undefined
}

/** A counter of its own. @param phaseMs what the clock shows when windows begin */
export const counterOf = (spec: LimitSpec, phaseMs: number, countsRefusals = false): Counter => {
  switch (spec.rule) {
    case "log":
      return new LogCounter({ ...spec, countsRefusals })
    case "fixed":
      return new WindowCounter({ ...spec, phaseMs, countsRefusals })
    case "counter":
      return new SlidingWindowCounter({ ...spec, phaseMs, countsRefusals })
    case "bucket":
      return new BucketCounter({ ...bucketOf(spec), countsRefusals })
  }
}

const scopeOf = ({ field, scope }: LimitSpec, request: CountedRequest): string => {
  if (field !== undefined) return request.param(field) ?? ""
  if (scope === "account") return ""
  return scope === "key" ? request.key : request.address
}

/** What it costs: what it says itself, a whole number, or else what its action costs. An action that is not counted costs nothing. */
const costOf = ({ costs = {} }: LimitSpec, { param }: CountedRequest): number => {
  const { cancel = 1, place = 1 } = costs
  const ofAction = param("action") === "cancel" ? cancel : place
  const said = param("cost") ?? ""
  return ofAction > 0 && /^\d{1,15}$/.test(said) ? Number(said) : ofAction
}

export class ScopedCounters {
  readonly #limits: ReadonlyArray<{ readonly spec: LimitSpec; readonly counters: CountersByScope }>
  #lastMs = Number.NEGATIVE_INFINITY

  /** @param phaseMs what the clock of all requests shows when windows of any length begin */
  constructor(limits: ReadonlyArray<LimitSpec>, phaseMs = 0) {
    this.#limits = limits.map((spec) => ({
      spec,
      counters: new CountersByScope(() => counterOf(spec, phaseMs)),
    }))
  }

  /** Judges a request that arrives. A clock that steps back stands still for the counters. */
  pass(request: CountedRequest, atMs: number): boolean {
    const nowMs = Math.max(this.#lastMs, atMs)
    this.#lastMs = nowMs
    const all = this.#limits.map(({ counters, spec }) => ({
      counter: counters.of(scopeOf(spec, request), nowMs),
      cost: costOf(spec, request),
    }))
    return (
      all.every(({ cost, counter }) => counter.retryAfter(cost, nowMs) <= 0) &&
      all.every(({ cost, counter }) => counter.pass(cost, nowMs))
    )
  }

  /** What has been counted of each limit in a request's scopes. */
  used(
    request: CountedRequest,
    atMs: number,
  ): ReadonlyArray<{ readonly limit: LimitSpec; readonly used: number }> {
    const nowMs = Math.max(this.#lastMs, atMs)
    return this.#limits.map(({ counters, spec }) => ({
      limit: spec,
      used: counters.of(scopeOf(spec, request), nowMs).used(nowMs),
    }))
  }
}
