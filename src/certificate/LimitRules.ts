/** Limits with scopes and costs, request by request of a whole run: none can have been exceeded ({@link LoggedLimits}). */
import { type LimitSpec, showLimit } from "../domain/LimitSpec.ts"
import type { LoggedTime } from "../journal/LoggedClock.ts"
import { isSpared, LoggedLimits } from "../journal/LoggedLimits.ts"
import type { LimitCertificate } from "./Certificate.ts"
import type { JournalRequest } from "./JournalRequest.ts"
import type { OnLine, Violations } from "./Violations.ts"

export class LimitRules {
  readonly #specs: ReadonlyArray<LimitSpec>
  readonly #limits: LoggedLimits<JournalRequest>
  readonly #violations: Violations
  /** The first request that was within a limit only because of what the exchange's times prove. */
  #relying: JournalRequest["sent"] | undefined
  #isTold = false

  constructor(specs: ReadonlyArray<LimitSpec>, violations: Violations) {
    this.#specs = specs
    this.#limits = new LoggedLimits(specs)
    this.#violations = violations
  }

  /** How many requests are kept in mind. */
  get kept(): number {
    return this.#limits.kept
  }

  /** Each limit, and the least that was spared of it. */
  get certificates(): ReadonlyArray<LimitCertificate> {
    return this.#limits.least.map(({ request, ...least }) => ({ ...least, line: request?.sent.line ?? null }))
  }

  sent(request: JournalRequest): void {
    const { cost, id, key, scope = "", t } = request.sent.record
    const spares = this.#limits.sent(request, { key, cost, scope, sentMs: request.sentMs })
    for (const [n, spec] of this.#specs.entries()) {
      const spare = spares[n] ?? 0
      if (isSpared(spare)) continue
      const counted = Number((spec.limit - spare).toFixed(3))
      const problem = `${key} sent order ${id} at ${t} ms, when ${counted} could be counted by the limit ${showLimit(spec)}`
      this.#violations.found("window", problem, request.sent)
    }
    if (this.#limits.relies) this.#relying ??= request.sent
  }

  /** A record may say what the exchange's clock showed. Times that contradict each other prove nothing of what relied on them. */
  told(at: OnLine, time: LoggedTime, fromMs: number, toMs: number): void {
    this.#limits.told(time, fromMs, toMs, at.record.t)
    if (this.#isTold || !this.#limits.isContradictory || this.#relying === undefined) return
    this.#isTold = true
    const problem = `what the exchange's clock showed contradicts what it showed before, and order ${this.#relying.record.id} was within the limits only by its time`
    this.#violations.found("window", problem, at, this.#relying)
  }

  /** It is known by when a request has arrived. */
  known(request: JournalRequest, latestMs: number): void {
    this.#limits.known(request, latestMs)
  }
}
