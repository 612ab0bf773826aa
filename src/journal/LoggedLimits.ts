/**
 * What a log says of an exchange's limits: by how much each was spared at every send, in its own unit.
 *
 * At a send the exchange's counter is run on the latest arrivals that were still possible ({@link LoggedReach}): what had not
 * ended counts as arriving at that moment. No arrival can find more counted than that, as docs/limits.md proves. Windows on the
 * exchange's clock begin where its times in the log prove it until then ({@link LoggedClock}), and anywhere where these prove
 * nothing.
 *
 * Feed it a journal's records in their order. Times are milliseconds.
 */
import { ACTION, actionNamed } from "../domain/Action.ts"
import { costOf, type LimitSpec, showLimit } from "../domain/LimitSpec.ts"
import { LoggedClock, type LoggedTime } from "./LoggedClock.ts"
import { loggedCounter, type LoggedCounter } from "./LoggedCounters.ts"

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

/** A limit, and the closest that a run came to exceeding it, in the limit's own unit. */
export interface LeastSpare<A> {
  /** As `--limit` takes it. */
  readonly limit: string
  /** How much it lets through. */
  readonly of: number
  /** The least that was left of that when a request had left; null where it counted none. */
  readonly spare: number | null
  /** That request. */
  readonly request: A | undefined
}

/** What a request takes of a limit. */
interface Held {
  readonly cost: number
  readonly sentMs: number
}

/** So many arrivals that wait are worth shortening. */
const MANY = 64

/** One counter. */
class Scope {
  readonly #counter: LoggedCounter
  readonly #underWay = new Set<Held>()
  #held = 0
  #shortenAt = MANY
  #relies = false

  constructor(counter: LoggedCounter) {
    this.#counter = counter
  }

  /** How much is kept that does not go by itself. */
  get waiting(): number {
    return this.#counter.waiting
  }

  /** What is spared of the limit when this request leaves. */
  sent(request: Held): number {
    this.#underWay.add(request)
    this.#held += request.cost
    const room = this.#counter.capacity - this.#held
    const spare = room - this.#counter.countedAt(request.sentMs)
    this.#relies = isSpared(spare) && !isSpared(room - this.#countedAnywhere(request.sentMs))
    return spare
  }

  /** The last request was within the limit only because of when windows begin. */
  get relies(): boolean {
    return this.#relies
  }

  #countedAnywhere(nowMs: number): number {
    return (this.#counter.countedAnywhere ?? this.#counter.countedAt).call(this.#counter, nowMs)
  }

  known(request: Held, latestMs: number): void {
    if (!this.#underWay.delete(request)) return
    this.#held -= request.cost
    if (latestMs === Number.NEGATIVE_INFINITY || request.cost === 0) return
    this.#counter.add({ latestMs, cost: request.cost })
    if (this.#counter.waiting < this.#shortenAt) return
    // What ends from now on cannot have arrived before it left.
    this.#counter.shorten(Math.min(latestMs, ...Array.from(this.#underWay, ({ sentMs }) => sentMs)))
    this.#shortenAt = Math.max(MANY, 2 * this.#counter.waiting)
  }

  isIdle(nowMs: number): boolean {
    return this.#underWay.size === 0 && this.#countedAnywhere(nowMs) === 0
  }
}

/** So many scopes are worth a search for those that count nothing. */
const MANY_SCOPES = 1000

/** What is lost in rounding, and in times of whole microseconds. */
const ROUNDING = 0.001

/** Whether a limit cannot have been exceeded that had so much to spare. */
export const isSpared = (spare: number): boolean => spare >= -ROUNDING

const rounded = (spare: number): number => Number(spare.toFixed(3)) + 0

class LoggedLimit<A> {
  readonly spec: LimitSpec
  readonly #scopes = new Map<string, Scope>()
  readonly #clock: LoggedClock
  #searchAt = MANY_SCOPES
  #least: LeastSpare<A>

  constructor(spec: LimitSpec, clock: LoggedClock) {
    this.spec = spec
    this.#clock = clock
    this.#least = { limit: showLimit(spec), of: spec.limit, spare: null, request: undefined }
  }

  get least(): LeastSpare<A> {
    return this.#least
  }

  spared(request: A, spare: number): void {
    if (this.#least.spare === null || spare < this.#least.spare)
      this.#least = { ...this.#least, spare: rounded(spare), request }
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
    const made = new Scope(loggedCounter(this.spec, this.#clock))
    this.#scopes.set(name, made)
    return made
  }
}

/** All limits of a run. `A` is what its reader knows a request by. */
export class LoggedLimits<A> {
  readonly #limits: ReadonlyArray<LoggedLimit<A>>
  readonly #held = new Map<A, ReadonlyArray<{ readonly scope: Scope; readonly held: Held }>>()
  readonly #clock: LoggedClock
  #waiting = 0
  #relies = false

  constructor(limits: ReadonlyArray<LimitSpec>) {
    this.#clock = new LoggedClock(limits.flatMap((spec) => (spec.rule === "fixed" ? [spec.windowMs] : [])))
    this.#limits = limits.map((spec) => new LoggedLimit(spec, this.#clock))
  }

  /** An answer to what was sent at `fromMs` was there at `toMs`, and says what the exchange's clock showed; its record is of `nowMs`. */
  told(time: LoggedTime, fromMs: number, toMs: number, nowMs: number): void {
    this.#clock.told(time, fromMs, toMs, nowMs)
  }

  /** Whether any request that was judged was within a limit only because of what the exchange's times prove. */
  get relies(): boolean {
    return this.#relies
  }

  /** Whether the exchange's times contradict each other: from then on they prove nothing. */
  get isContradictory(): boolean {
    return this.#clock.isContradictory
  }

  /** How much is kept in mind besides what limits let through. */
  get kept(): number {
    return this.#held.size + this.#waiting
  }

  /** Each limit, and the least that was spared of it at requests that were judged. */
  get least(): ReadonlyArray<LeastSpare<A>> {
    return this.#limits.map(({ least }) => least)
  }

  /**
   * A request leaves: what is spared of each limit then, this request included; less than 0 where the limit may be exceeded, and
   * undefined where it does not count the request. One that is not judged counts, and its own spare is not asked for.
   */
  sent(request: A, asked: LimitedRequest, isJudged = true): ReadonlyArray<number | undefined> {
    const counted = this.#limits.map((limit) => ({
      limit,
      scope: limit.scopeOf(asked),
      held: { cost: limit.costOf(asked), sentMs: asked.sentMs },
    }))
    this.#held.set(request, counted)
    return counted.map(({ held, limit, scope }) => {
      const spare = scope.sent(held)
      if (held.cost === 0) return undefined
      if (isJudged) limit.spared(request, spare)
      this.#relies ||= isJudged && scope.relies
      return spare
    })
  }

  /** It is known by when a request has arrived; -Infinity where it never left. Said twice, it says nothing more. */
  known(request: A, latestMs: number): void {
    for (const { held, scope } of this.#held.get(request) ?? []) {
      const before = scope.waiting
      scope.known(held, latestMs)
      this.#waiting += scope.waiting - before
    }
    this.#held.delete(request)
  }
}
