/**
 * All limits of an exchange at once, with a counter for each of their scopes. A request passes all of them and counts in each, or
 * it passes none and counts nowhere.
 */
import { bucketOf, type LimitSpec } from "../../domain/LimitSpec.ts"
import { BucketCounter } from "./BucketCounter.ts"
import type { Counter } from "./Counter.ts"
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
export const counterOf = (spec: LimitSpec, phaseMs: number): Counter => {
  switch (spec.rule) {
    case "log":
      return new LogCounter(spec)
    case "fixed":
      return new WindowCounter({ ...spec, phaseMs })
    case "counter":
      return new SlidingWindowCounter({ ...spec, phaseMs })
    case "bucket":
      return new BucketCounter(bucketOf(spec))
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

/** So many scopes of a limit are kept at least; more make those that count nothing be forgotten. */
const KEPT_SCOPES = 1000

export class ScopedCounters {
  readonly #limits: ReadonlyArray<LimitSpec>
  readonly #phaseMs: number
  readonly #counters: ReadonlyArray<Map<string, Counter>>
  #lastMs = Number.NEGATIVE_INFINITY

  /** @param phaseMs what the clock of all requests shows when windows of any length begin */
  constructor(limits: ReadonlyArray<LimitSpec>, phaseMs = 0) {
    this.#limits = limits
    this.#phaseMs = phaseMs
    this.#counters = limits.map(() => new Map<string, Counter>())
  }

  /** Judges a request that arrives. A clock that steps back stands still for the counters. */
  pass(request: CountedRequest, atMs: number): boolean {
    const nowMs = Math.max(this.#lastMs, atMs)
    this.#lastMs = nowMs
    const counters = this.#limits.map((spec, n) => ({
      counter: this.#counterOf(spec, n, request, nowMs),
      cost: costOf(spec, request),
    }))
    return (
      counters.every(({ cost, counter }) => counter.retryAfter(cost, nowMs) <= 0) &&
      counters.every(({ cost, counter }) => counter.pass(cost, nowMs))
    )
  }

  #counterOf(spec: LimitSpec, n: number, request: CountedRequest, nowMs: number): Counter {
    const counters = this.#counters[n] ?? new Map<string, Counter>()
    const scope = scopeOf(spec, request)
    const known = counters.get(scope)
    if (known !== undefined) return known
    if (counters.size >= KEPT_SCOPES && counters.size % KEPT_SCOPES === 0)
      for (const [idle, counter] of counters) if (counter.used(nowMs) === 0) counters.delete(idle)
    const counter = counterOf(spec, this.#phaseMs)
    counters.set(scope, counter)
    return counter
  }
}
