/**
 * What a log says of an exchange's limits: by how much each was spared at every send, in its own unit.
 *
 * At a send the exchange's counter is run on the latest arrivals that were still possible ({@link LoggedReach}): what had not
 * ended counts as arriving at that moment. No arrival can find more counted than that, as docs/limits.md proves. Where windows
 * are on a clock of the exchange's, a journal does not tell where they begin, so they may begin anywhere. This shares no code
 * with the limits that the client keeps.
 *
 * Feed it a journal's records in their order. Times are milliseconds.
 */
import { ACTION, actionNamed } from "../domain/Action.ts"
import { type BucketSpec, bucketOf, costOf, type LimitSpec } from "../domain/LimitSpec.ts"
import { ROUNDING_MS } from "./LoggedReach.ts"

/** What limits ask of a request. */
export interface LimitedRequest {
  /** The key's label. */
  readonly key: string
  /** What the order says that it costs; undefined where it says nothing. */
  readonly cost: number | undefined
  /** The order's parameters that limits count by, as a query has them. */
  readonly scope: string
  readonly sentMs: number
}

/** A request that has ended, or several as one. */
interface Settled {
  readonly latestMs: number
  readonly cost: number
}

/** The exchange's clock counts whole milliseconds. */
const CLOCK_MS = 1 - ROUNDING_MS

/** How one rule counts what has arrived in the order of these times, and the last arrival that may count no more. */
interface Counting {
  readonly capacity: number
  readonly counted: (settled: ReadonlyArray<Settled>, nowMs: number) => number
  /** The same in fewer entries, of which none is later than `untilMs`. */
  readonly shortened: (settled: ReadonlyArray<Settled>, untilMs: number) => ReadonlyArray<Settled>
}

const sumOf = (settled: ReadonlyArray<Settled>): number => settled.reduce((sum, { cost }) => sum + cost, 0)

/** What arrived more than a window ago counts no more. */
const inAnyWindow = (limit: number, windowMs: number): Counting => {
  const since = (settled: ReadonlyArray<Settled>, nowMs: number) =>
    settled.filter(({ latestMs }) => nowMs < latestMs + windowMs + CLOCK_MS)
  return { capacity: limit, counted: (settled, nowMs) => sumOf(since(settled, nowMs)), shortened: since }
}

/**
 * This window's count and of the last one's the share that a window up to now covers. The window may have begun any time ago;
 * the estimate is greatest where one more request is just within it, or within the last.
 */
const inTwoWindows = (limit: number, windowMs: number): Counting => {
  const agesOf = (settled: ReadonlyArray<Settled>, nowMs: number) =>
    settled.map(({ cost, latestMs }) => ({ cost, ageMs: Math.max(0, nowMs - latestMs - CLOCK_MS) }))
  return {
    capacity: limit,
    counted: (settled, nowMs) => {
      const ages = agesOf(settled, nowMs)
      const begun = [0, ...ages.flatMap(({ ageMs }) => [ageMs, ageMs - windowMs])]
      const estimate = (begunMs: number) => {
        const weight = 1 - begunMs / windowMs
        return ages.reduce(
          (sum, { ageMs, cost }) =>
            sum + (ageMs <= begunMs ? cost : ageMs <= begunMs + windowMs ? cost * weight : 0),
          0,
        )
      }
      return Math.max(...begun.filter((ms) => ms >= 0 && ms < windowMs).map(estimate))
    },
    shortened: (settled, nowMs) =>
      settled.filter(({ latestMs }) => nowMs < latestMs + 2 * windowMs + CLOCK_MS),
  }
}

/** A level that each arrival raises and time lowers. In steps it may be one step above what it is evenly. */
const inBucket = (spec: BucketSpec): Counting => {
  const { capacity, perSecond, step = 0 } = bucketOf(spec)
  const isWhole = step === 0 || (1 % step === 0 && capacity % step === 0)
  const fill = (settled: ReadonlyArray<Settled>, nowMs: number): Settled => {
    let level = 0
    let atMs = Number.NEGATIVE_INFINITY
    for (const { cost, latestMs } of settled) {
      const arrivedMs = Math.min(nowMs, latestMs + CLOCK_MS)
      level = (level === 0 ? 0 : Math.max(0, level - ((arrivedMs - atMs) * perSecond) / 1000)) + cost
      atMs = arrivedMs
    }
    return { cost: level, latestMs: atMs }
  }
  return {
    capacity: isWhole ? capacity : capacity - step,
    counted: (settled, nowMs) => {
      const { cost, latestMs } = fill(settled, nowMs)
      return cost === 0 ? 0 : Math.max(0, cost - ((nowMs - latestMs) * perSecond) / 1000)
    },
    shortened: (settled, untilMs) => {
      const later = settled.findIndex(({ latestMs }) => latestMs > untilMs)
      const early = later === -1 ? settled : settled.slice(0, later)
      if (early.length < 2) return settled
      const { cost, latestMs } = fill(early, Number.POSITIVE_INFINITY)
      return [{ cost, latestMs: latestMs - CLOCK_MS }, ...settled.slice(early.length)]
    },
  }
}

const countingOf = (spec: LimitSpec): Counting => {
  switch (spec.rule) {
    case "log":
    case "fixed":
      return inAnyWindow(spec.limit, spec.windowMs)
    case "counter":
      return inTwoWindows(spec.limit, spec.windowMs)
    case "bucket":
      return inBucket(spec)
  }
}

/** So many entries of a scope are worth shortening. */
const MANY = 64

/** What a request takes of a limit. */
interface Held {
  readonly cost: number
  readonly sentMs: number
}

/** One counter. */
class Scope {
  readonly #counting: Counting
  readonly #underWay = new Set<Held>()
  #held = 0
  #settled: ReadonlyArray<Settled> = []
  #shortenAt = MANY

  constructor(counting: Counting) {
    this.#counting = counting
  }

  /** What is spared of the limit when this request leaves. */
  sent(request: Held): number {
    this.#underWay.add(request)
    this.#held += request.cost
    return this.#counting.capacity - this.#held - this.#counting.counted(this.#settled, request.sentMs)
  }

  known(request: Held, latestMs: number): void {
    if (!this.#underWay.delete(request)) return
    this.#held -= request.cost
    if (latestMs === Number.NEGATIVE_INFINITY || request.cost === 0) return
    const after = this.#settled.findLastIndex((other) => other.latestMs <= latestMs)
    this.#settled = this.#settled.toSpliced(after + 1, 0, { latestMs, cost: request.cost })
    if (this.#settled.length < this.#shortenAt) return
    // What ends from now on cannot have arrived before it left.
    const untilMs = Math.min(latestMs, ...Array.from(this.#underWay, ({ sentMs }) => sentMs))
    this.#settled = this.#counting.shortened(this.#settled, untilMs)
    this.#shortenAt = Math.max(MANY, 2 * this.#settled.length)
  }

  isIdle(nowMs: number): boolean {
    return this.#underWay.size === 0 && this.#counting.counted(this.#settled, nowMs) === 0
  }
}

/** So many scopes are worth a search for those that count nothing. */
const MANY_SCOPES = 1000

class LoggedLimit {
  readonly spec: LimitSpec
  readonly #counting: Counting
  readonly #scopes = new Map<string, Scope>()
  #searchAt = MANY_SCOPES

  constructor(spec: LimitSpec) {
    this.spec = spec
    this.#counting = countingOf(spec)
  }

  costOf({ cost, scope }: LimitedRequest): number {
    const { costs } = this.spec
    return costOf(this.spec, actionNamed(costs && new URLSearchParams(scope).get(ACTION)), cost)
  }

  scopeOf({ key, scope, sentMs }: LimitedRequest): Scope {
    const name =
      this.spec.field === undefined
        ? this.spec.scope === "key"
          ? key
          : ""
        : (new URLSearchParams(scope).get(this.spec.field) ?? "")
    const known = this.#scopes.get(name)
    if (known !== undefined) return known
    if (this.#scopes.size >= this.#searchAt) {
      for (const [idle, counter] of this.#scopes) if (counter.isIdle(sentMs)) this.#scopes.delete(idle)
      this.#searchAt = Math.max(MANY_SCOPES, 2 * this.#scopes.size)
    }
    const made = new Scope(this.#counting)
    this.#scopes.set(name, made)
    return made
  }
}

/** All limits of a run. */
export class LoggedLimits {
  readonly #limits: ReadonlyArray<LoggedLimit>
  readonly #held = new Map<LimitedRequest, ReadonlyArray<{ readonly scope: Scope; readonly held: Held }>>()

  constructor(limits: ReadonlyArray<LimitSpec>) {
    this.#limits = limits.map((spec) => new LoggedLimit(spec))
  }

  /**
   * A request leaves: what is spared of each limit then, this request included; less than 0 where the limit may be exceeded, and
   * undefined where it does not count the request.
   */
  sent(request: LimitedRequest): ReadonlyArray<number | undefined> {
    const counted = this.#limits.map((limit) => ({
      scope: limit.scopeOf(request),
      held: { cost: limit.costOf(request), sentMs: request.sentMs },
    }))
    this.#held.set(request, counted)
    return counted.map(({ held, scope }) => {
      const spare = scope.sent(held)
      return held.cost === 0 ? undefined : spare
    })
  }

  /** It is known by when a request has arrived; -Infinity where it never left. Said twice, it says nothing more. */
  known(request: LimitedRequest, latestMs: number): void {
    for (const { held, scope } of this.#held.get(request) ?? []) scope.known(held, latestMs)
    this.#held.delete(request)
  }
}
