/**
 * The two rules of orders: none is sent twice, and every one is accounted for.
 *
 * An order's second `sent` follows only on a `returned` of its first. Every `sent` has one end, which repeats what
 * it said; every order has one outcome; and the footer counted what is there.
 */
import { elapsedMs } from "../journal/elapsed.ts"
import { endingOf, type RequestRecord } from "../journal/endingOf.ts"
import type { Footer, OutcomeRecord } from "../journal/JournalRecord.ts"
import type { Certificate } from "./Certificate.ts"
import { endsRequest, type JournalRequest } from "./JournalRequest.ts"
import { SeenIds } from "./SeenIds.ts"
import type { OnLine, Violations } from "./Violations.ts"

/** Names of orders in flight that a certificate lists. */
const LISTED = 100

export type OrderCounts = Pick<Certificate, "requests" | "inFlight" | "waiting" | "forgottenIds" | "outcomes">

export class OrderRules {
  readonly #violations: Violations
  /** Requests without an end, by the order's id. */
  readonly #inFlight = new Map<string, JournalRequest>()
  /** The last request of each order that went back to the line, by the order's id. */
  readonly #waiting = new Map<string, JournalRequest>()
  readonly #ids = new SeenIds()
  readonly #outcomes = { accepted: 0, rejected: 0, expired: 0, unknown: 0, cancelled: 0 }
  #requests = 0

  constructor(violations: Violations) {
    this.#violations = violations
  }

  /** How many orders are kept in mind, ids apart. */
  get kept(): number {
    return this.#inFlight.size + this.#waiting.size
  }

  sent(request: JournalRequest): void {
    this.#requests += 1
    const { sent } = request
    const { attempt, createdAt, id } = sent.record
    const inFlight = this.#inFlight.get(id)
    const former = this.#waiting.get(id)
    const isKnown = this.#ids.seen(id)
    if (inFlight !== undefined) {
      const problem = `order ${id} was sent again before its first request had an end`
      this.#violations.found("once", problem, sent, inFlight.sent)
    } else if (former !== undefined) {
      const before = former.sent.record
      if (attempt !== before.attempt + 1 || createdAt !== before.createdAt) {
        const after = `after attempt ${before.attempt}, created at ${before.createdAt}`
        const problem = `order ${id} is sent as attempt ${attempt}, created at ${createdAt}, ${after}`
        this.#unaccounted(problem, sent, former.sent)
      }
    } else if (isKnown) {
      this.#violations.found("once", `order ${id} was sent again after it had ended`, sent)
    } else if (attempt !== 1) {
      const problem = `order ${id} is sent as attempt ${attempt}, and no request before it is written down`
      this.#unaccounted(problem, sent)
    }
    this.#waiting.delete(id)
    this.#inFlight.set(id, request)
  }

  /** Takes a record that ends a request, an order, or both; answers the request that it has ended. */
  ended({ line, record }: OnLine<RequestRecord | OutcomeRecord>): JournalRequest | undefined {
    if (record.type === "outcome") this.#outcomes[record.outcome] += 1
    return endsRequest(record) ? this.#requestEnded({ line, record }) : this.#orderEnded({ line, record })
  }

  /** An order expired or was cancelled; where a request of it is in flight, that had not left. */
  #orderEnded(end: OnLine<Exclude<OutcomeRecord, RequestRecord>>): JournalRequest | undefined {
    const { line, record } = end
    const { createdAt, id } = record
    const request = this.#inFlight.get(id)
    const former = this.#waiting.get(id)
    if (request !== undefined && record.outcome === "expired") {
      const problem = `order ${id} is said to have expired while its request was under way`
      this.#unaccounted(problem, end, request.sent)
      return undefined
    }
    if (request !== undefined && record.outcome === "cancelled") {
      this.#sameOrder(end, createdAt, request)
      this.#inFlight.delete(id)
      request.end = { line, record }
      return request
    }
    if (former !== undefined) {
      this.#sameOrder(end, createdAt, former)
      this.#waiting.delete(id)
    } else if (this.#ids.seen(id)) {
      this.#unaccounted(`order ${id} has a second outcome`, end)
    }
    return undefined
  }

  #requestEnded(end: OnLine<RequestRecord>): JournalRequest | undefined {
    const { record } = end
    const { id } = record
    const request = this.#inFlight.get(id)
    if (request === undefined) {
      const problem = this.#ids.seen(id)
        ? `order ${id} has a second end: its request had ended, or was never written down`
        : `the request of order ${id} ends here, and was never written down as sent`
      this.#unaccounted(problem, end)
      // Its last request is what is missing, and no longer its outcome.
      if (record.type === "outcome") this.#waiting.delete(id)
      return undefined
    }
    const { sent } = request
    const wrong = contradiction(request, record)
    if (wrong !== undefined) this.#unaccounted(`order ${id}: ${wrong}`, end, sent)
    const impossible = impossibleTimes(record)
    if (impossible !== undefined) this.#violations.found("form", `order ${id}: ${impossible}`, end, sent)
    if (record.type === "outcome") this.#sameOrder(end, record.createdAt, request)
    request.end = end
    this.#inFlight.delete(id)
    if (record.type === "returned") this.#waiting.set(id, request)
    return request
  }

  #sameOrder(end: OnLine, createdAt: number, { sent }: JournalRequest): void {
    const { createdAt: before, id } = sent.record
    if (createdAt === before) return
    this.#unaccounted(
      `order ${id} was created at ${before} when it was sent, and at ${createdAt} here`,
      end,
      sent,
    )
  }

  /** No record follows. Without a footer nothing is asked of what has no end. */
  finish(footer: OnLine<typeof Footer.Type> | undefined): OrderCounts {
    if (footer !== undefined) {
      for (const [id, { sent }] of this.#inFlight)
        this.#unaccounted(`order ${id} was sent and has no end`, sent, footer)
      for (const [id, { end, sent }] of this.#waiting)
        this.#unaccounted(`order ${id} went back to the line and has no outcome`, end ?? sent, footer)
      this.#count(footer)
    }
    return {
      requests: this.#requests,
      outcomes: { ...this.#outcomes },
      inFlight: { count: this.#inFlight.size, first: [...this.#inFlight.keys()].slice(0, LISTED) },
      waiting: this.#waiting.size,
      forgottenIds: this.#ids.forgotten,
    }
  }

  #count(footer: OnLine<typeof Footer.Type>): void {
    const { accepted, cancelled, expired, rejected, unknown } = this.#outcomes
    const created = accepted + rejected + expired + unknown + cancelled
    const counted = { created, accepted, rejected, expired, unknown, cancelled }
    const names = ["created", "accepted", "rejected", "expired", "unknown", "cancelled"] as const
    const wrong = names.filter((name) => footer.record[name] !== counted[name])
    if (wrong.length === 0) return
    const said = wrong.map((name) => `${footer.record[name]} ${name}, of which ${counted[name]} are there`)
    this.#unaccounted(`the footer counted ${said.join("; ")}`, footer)
  }

  #unaccounted(problem: string, at: OnLine, ...against: ReadonlyArray<OnLine>): void {
    this.#violations.found("accounts", problem, at, ...against)
  }
}

/** What a request's end says otherwise than its `sent` record. */
const contradiction = (
  { isHeldBack, sent: { record: sent } }: JournalRequest,
  end: RequestRecord,
): string | undefined => {
  for (const name of ["key", "nonce", "attempt"] as const) {
    if (sent[name] !== end[name]) return `it was sent with ${name} ${sent[name]}, and ends with ${end[name]}`
  }
  // A request leaves once its record is kept; but `t` never runs backwards, and may be that of the record before.
  return end.sent >= sent.t || isHeldBack
    ? undefined
    : `its record is of ${sent.t}, and it ends as sent before, at ${end.sent}`
}

/** Which of a request's times cannot be. */
const impossibleTimes = (end: RequestRecord): string | undefined => {
  const { sent, settled, t, written } = end
  if (elapsedMs(sent, settled) < 0) return `it was settled at ${settled}, before it was sent at ${sent}`
  if (settled > t) return `it was settled at ${settled}, after its end was recorded at ${t}`
  if (written === undefined) return undefined
  if (endingOf(end) === "never-sent") return `it never left, and was written at ${written}`
  if (written < sent) return `it was written at ${written}, before it was sent at ${sent}`
  if (written > t) return `it was written at ${written}, after its end was recorded at ${t}`
  return endingOf(end) === "answered" && written > settled
    ? `it was answered at ${settled}, before it was written at ${written}`
    : undefined
}
