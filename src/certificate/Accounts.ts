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
import { type Flight, isRequest } from "./Flight.ts"
import { SeenIds } from "./SeenIds.ts"
import type { OnLine, Violations } from "./Violations.ts"

/** Names of unfinished orders that a certificate lists. */
const LISTED = 100

export interface Unfinished extends Pick<Certificate, "inFlight" | "waiting" | "forgottenIds" | "outcomes"> {
  readonly requests: number
}

export class Accounts {
  readonly #violations: Violations
  /** Requests without an end, by the order's id. */
  readonly #underWay = new Map<string, Flight>()
  /** Orders that went back to the line: their last request, by the order's id. */
  readonly #waiting = new Map<string, Flight>()
  readonly #ids = new SeenIds()
  readonly #outcomes = { accepted: 0, rejected: 0, expired: 0, unknown: 0, cancelled: 0 }
  #requests = 0

  constructor(violations: Violations) {
    this.#violations = violations
  }

  /** How many orders are kept in mind, ids apart. */
  get kept(): number {
    return this.#underWay.size + this.#waiting.size
  }

  sent(flight: Flight): void {
    this.#requests += 1
    const { sent } = flight
    const { attempt, createdAt, id } = sent.record
    const underWay = this.#underWay.get(id)
    const former = this.#waiting.get(id)
    const seen = this.#ids.seen(id)
    if (underWay !== undefined) {
      this.#violations.found(
        "once",
        `order ${id} was sent again before its first request had an end`,
        sent,
        underWay.sent,
      )
    } else if (former !== undefined) {
      const before = former.sent.record
      if (attempt !== before.attempt + 1 || createdAt !== before.createdAt) {
        this.#violations.found(
          "accounts",
          `order ${id} is sent as attempt ${attempt}, created at ${createdAt}, after attempt ${before.attempt}, created at ${before.createdAt}`,
          sent,
          former.sent,
        )
      }
    } else if (seen) {
      this.#violations.found("once", `order ${id} was sent again after it had ended`, sent)
    } else if (attempt !== 1) {
      this.#violations.found(
        "accounts",
        `order ${id} is sent as attempt ${attempt}, and no request before it is written down`,
        sent,
      )
    }
    this.#waiting.delete(id)
    this.#underWay.set(id, flight)
  }

  /** Takes a record that ends a request, an order, or both; answers the request that it has ended. */
  ended(end: OnLine<RequestRecord | OutcomeRecord>): Flight | undefined {
    const { record } = end
    if (record.type === "outcome") this.#outcomes[record.outcome] += 1
    const flight = this.#underWay.get(record.id)
    if (isRequest(record)) return this.#requestEnded(flight, { line: end.line, record })
    // Nothing of a request: it expired, or was cancelled.
    if (flight !== undefined) {
      if (record.outcome === "expired") {
        this.#violations.found(
          "accounts",
          `order ${record.id} is said to have expired while its request was under way`,
          end,
          flight.sent,
        )
        return undefined
      }
      this.#sameOrder(end, record.createdAt, flight)
      this.#underWay.delete(record.id)
      if (record.outcome === "cancelled") flight.end = { line: end.line, record }
      return flight
    }
    const former = this.#waiting.get(record.id)
    if (former !== undefined) {
      this.#sameOrder(end, record.createdAt, former)
      this.#waiting.delete(record.id)
    } else if (this.#ids.seen(record.id)) {
      this.#violations.found("accounts", `order ${record.id} has a second outcome`, end)
    }
    return undefined
  }

  #sameOrder(end: OnLine, createdAt: number, { sent }: Flight): void {
    if (createdAt === sent.record.createdAt) return
    this.#violations.found(
      "accounts",
      `order ${sent.record.id} was created at ${sent.record.createdAt} when it was sent, and at ${createdAt} here`,
      end,
      sent,
    )
  }

  #requestEnded(flight: Flight | undefined, end: OnLine<RequestRecord>): Flight | undefined {
    const { record } = end
    const { id } = record
    if (flight === undefined) {
      const problem = this.#ids.seen(id)
        ? `order ${id} has a second end: its request had ended, or was never written down`
        : `the request of order ${id} ends here, and was never written down as sent`
      this.#violations.found("accounts", problem, end)
      // Its last request is what is missing, and no longer its outcome.
      if (record.type === "outcome") this.#waiting.delete(id)
      return undefined
    }
    const { sent } = flight
    const wrong = contradiction(flight, record)
    if (wrong !== undefined) {
      this.#violations.found("accounts", `order ${id}: ${wrong}`, end, sent)
    }
    const impossible = impossibleTimes(record)
    if (impossible !== undefined) {
      this.#violations.found("form", `order ${id}: ${impossible}`, end, sent)
    }
    if (record.type === "outcome") this.#sameOrder(end, record.createdAt, flight)
    flight.end = end
    this.#underWay.delete(id)
    if (record.type === "returned") this.#waiting.set(id, flight)
    return flight
  }

  /** No record follows. */
  finish(footer: OnLine<typeof Footer.Type> | undefined): Unfinished {
    if (footer !== undefined) {
      for (const [id, { sent }] of this.#underWay) {
        this.#violations.found("accounts", `order ${id} was sent and has no end`, sent, footer)
      }
      for (const [id, { end, sent }] of this.#waiting) {
        this.#violations.found(
          "accounts",
          `order ${id} went back to the line and has no outcome`,
          end ?? sent,
          footer,
        )
      }
      this.#count(footer)
    }
    return {
      requests: this.#requests,
      outcomes: { ...this.#outcomes },
      inFlight: { count: this.#underWay.size, first: [...this.#underWay.keys()].slice(0, LISTED) },
      waiting: this.#waiting.size,
      forgottenIds: this.#ids.forgotten,
    }
  }

  #count(footer: OnLine<typeof Footer.Type>): void {
    const { accepted, cancelled, expired, rejected, unknown } = this.#outcomes
    const counted = {
      created: accepted + rejected + expired + unknown + cancelled,
      accepted,
      rejected,
      expired,
      unknown,
      cancelled,
    }
    const names = ["created", "accepted", "rejected", "expired", "unknown", "cancelled"] as const
    const wrong = names.filter((name) => footer.record[name] !== counted[name])
    if (wrong.length === 0) return
    const said = wrong.map((name) => `${footer.record[name]} ${name}, of which ${counted[name]} are there`)
    this.#violations.found("accounts", `the footer counted ${said.join("; ")}`, footer)
  }
}

/** What a request's end says otherwise than its `sent` record. */
const contradiction = (
  { isHeldBack, sent: { record: sent } }: Flight,
  end: RequestRecord,
): string | undefined => {
  for (const name of ["key", "nonce", "attempt"] as const) {
    if (sent[name] !== end[name]) return `it was sent with ${name} ${sent[name]}, and ends with ${end[name]}`
  }
  // It is let go when its record is kept, and not before; but `t` never runs backwards, and may be the record's before.
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
