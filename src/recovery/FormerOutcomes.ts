/**
 * What became of orders in the lives of a client that has died and been started again: records of its journals
 * in, one outcome an order out. Pure, and the same whatever order the journals are given in.
 *
 * An order without one remains to be sent: it never was, or its last request was definitely refused or never left, or
 * it was cancelled, or it was rejected for its key alone. An order that was sent and has no outcome may have been executed:
 * it is unknown, unless it was sent only to be checked.
 */
import { DateTime, Option } from "effect"
import type { JournalRecord, OutcomeRecord } from "../journal/JournalRecord.ts"
import type { UnknownCause } from "../domain/Outcome.ts"

/** What became of an order that is not to be sent again. */
export type FormerOutcome = "accepted" | "unknown" | "rejected" | "expired"

/** A request of which nobody knows whether the exchange executed it. */
export interface UnknownRequest {
  readonly id: string
  readonly key: string
  readonly nonce: number
  /** When it was sent: wall clock, milliseconds since 1970; NaN where the journal does not say when it began. */
  readonly sentAtMs: number
  /** The outcome's cause; `no-outcome` where the client died first. */
  readonly why: UnknownCause | "no-outcome"
  readonly journal: string
}

/** What a run takes up of what former ones have ended. */
export interface ResumeTerms {
  /** Orders that were rejected remain to be sent: what was refused for a wrong clock may pass once it is right. */
  readonly retryRejected: boolean
}

/** One life: takes the records of its journal in their order, and is told when that ends. */
export interface Life {
  readonly record: (record: JournalRecord) => void
  readonly end: () => void
}

/**
 * Which of two outcomes of the same order holds. What was accepted once was executed. Unknown stays, whatever
 * another life says: a refusal there does not undo an execution here.
 */
const STRENGTH: Readonly<Record<FormerOutcome, number>> = { expired: 0, rejected: 1, unknown: 2, accepted: 3 }

/** Refused for the key it was sent with, and not executed: with another key it may well pass. */
const isForItsKey = (record: OutcomeRecord): boolean =>
  record.outcome === "rejected" && (record.reason === "api-key" || record.reason === "blocked")

/** The outcomes of all orders that lives have ended or left unknown. Keeps their ids: some 100 bytes each. */
export class FormerOutcomes {
  readonly #terms: ResumeTerms
  readonly #outcomes = new Map<string, FormerOutcome>()
  readonly #unknown = new Map<string, Array<UnknownRequest>>()

  constructor(terms: ResumeTerms = { retryRejected: false }) {
    this.#terms = terms
  }

  /** The order's outcome; undefined for one that remains to be sent. */
  of(id: string): FormerOutcome | undefined {
    return this.#outcomes.get(id)
  }

  /** Whether an order that was refused so remains to be sent. */
  #remains(record: OutcomeRecord): boolean {
    return isForItsKey(record) || (record.outcome === "rejected" && this.#terms.retryRejected)
  }

  get size(): number {
    return this.#outcomes.size
  }

  /** Every request that leaves an order unknown, the earliest first. */
  get unknown(): ReadonlyArray<UnknownRequest> {
    return [...this.#unknown.values()].flat().toSorted((one, other) => one.sentAtMs - other.sentAtMs)
  }

  #settle(id: string, outcome: FormerOutcome): void {
    const known = this.#outcomes.get(id)
    if (known === undefined || STRENGTH[outcome] > STRENGTH[known]) this.#outcomes.set(id, outcome)
    if (outcome === "accepted") this.#unknown.delete(id)
  }

  #leaveUnknown(request: UnknownRequest): void {
    this.#settle(request.id, "unknown")
    if (this.#outcomes.get(request.id) !== "unknown") return
    const others = this.#unknown.get(request.id)
    if (others === undefined) this.#unknown.set(request.id, [request])
    else others.push(request)
  }

  /** Begins a life, whose journal is called `journal`. */
  life(journal: string): Life {
    const underWay = new Map<string, UnknownRequest>()
    let startedMs = Number.NaN
    let isExecuting = true
    return {
      record: (record) => {
        switch (record.type) {
          case "header":
            isExecuting = record.settings.checkOnly !== true
            startedMs = Option.match(DateTime.make(record.startedAt), {
              onNone: () => Number.NaN,
              onSome: DateTime.toEpochMillis,
            })
            return
          case "sent": {
            const { id, key, nonce, t } = record
            underWay.set(id, { id, key, nonce, sentAtMs: startedMs + t, why: "no-outcome", journal })
            return
          }
          case "returned":
            underWay.delete(record.id)
            return
          case "outcome": {
            underWay.delete(record.id)
            if (record.outcome === "unknown") {
              if (!isExecuting) return
              const { id, key, nonce, cause } = record
              return this.#leaveUnknown({
                id,
                key,
                nonce,
                sentAtMs: startedMs + record.sent,
                why: cause,
                journal,
              })
            }
            // A refusal executed nothing. What another life left unknown or had accepted stays so.
            if (record.outcome === "cancelled" || this.#remains(record)) return
            this.#settle(record.id, record.outcome)
            return
          }
          case "key":
          case "nonce-jump":
          case "reach":
          case "ping":
          case "others":
          case "footer":
            return
        }
      },
      end: () => {
        if (isExecuting) for (const request of underWay.values()) this.#leaveUnknown(request)
        underWay.clear()
      },
    }
  }
}
