/** Limits with scopes and costs, request by request of a whole run: none can have been exceeded ({@link LoggedLimits}). */
import { type LimitSpec, showLimit } from "../domain/LimitSpec.ts"
import { type LimitedRequest, LoggedLimits } from "../journal/LoggedLimits.ts"
import type { LimitCertificate } from "./Certificate.ts"
import type { JournalRequest } from "./JournalRequest.ts"
import type { Violations } from "./Violations.ts"

/** What is lost in rounding, and in times of whole microseconds. */
const ROUNDING = 0.001

export class LimitRules {
  readonly #specs: ReadonlyArray<LimitSpec>
  readonly #limits: LoggedLimits
  readonly #violations: Violations
  readonly #least: Array<LimitCertificate>
  readonly #underWay = new Map<JournalRequest, LimitedRequest>()

  constructor(specs: ReadonlyArray<LimitSpec>, violations: Violations) {
    this.#specs = specs
    this.#limits = new LoggedLimits(specs)
    this.#violations = violations
    this.#least = specs.map((spec) => ({ limit: showLimit(spec), of: spec.limit, spare: null, line: null }))
  }

  /** How many requests are kept in mind. */
  get kept(): number {
    return this.#underWay.size
  }

  /** Each limit, and the least that was spared of it. */
  get certificates(): ReadonlyArray<LimitCertificate> {
    return [...this.#least]
  }

  sent(request: JournalRequest): void {
    const { cost, id, key, scope = "", t } = request.sent.record
    const limited = { key, cost, scope, sentMs: request.sentMs }
    this.#underWay.set(request, limited)
    for (const [n, spare] of this.#limits.sent(limited).entries()) {
      const least = this.#least[n]
      const spec = this.#specs[n]
      if (least === undefined || spec === undefined || spare === undefined) continue
      if (least.spare === null || spare < least.spare)
        this.#least[n] = { ...least, spare: rounded(spare), line: request.sent.line }
      if (spare >= -ROUNDING) continue
      const problem = `${key} sent order ${id} at ${t} ms, when ${rounded(spec.limit - spare)} could be counted by the limit ${showLimit(spec)}`
      this.#violations.found("window", problem, request.sent)
    }
  }

  /** It is known by when a request has arrived. */
  known(request: JournalRequest, latestMs: number): void {
    const limited = this.#underWay.get(request)
    if (limited === undefined) return
    this.#underWay.delete(request)
    this.#limits.known(limited, latestMs)
  }
}

const rounded = (spare: number): number => Number(spare.toFixed(3)) + 0
