/**
 * What became of orders in the lives of a client that has died and been started again: records of its journals
 * in, one fate an order out. Pure, and the same whatever order the journals are given in.
 *
 * An order without a fate follows: it was never sent, or its last request was definitely refused or never left, or
 * it was cancelled. An order that was sent and has no outcome may have been executed: its fate is unknown.
 */
import { DateTime, Option } from "effect"
import type { JournalRecord, OutcomeRecord } from "../journal/JournalRecord.ts"
import type { UnknownCause } from "../domain/Outcome.ts"

/** What became of an order that is not to be sent again. */
export type Fate = "accepted" | "unknown" | "rejected" | "expired"

/** A request of which nobody knows whether the exchange executed it. */
export interface Doubt {
  readonly id: string
  /** The key's label. */
  readonly key: string
  readonly nonce: number
  /** When it was sent: wall clock, milliseconds since 1970; NaN where the journal does not say when it began. */
  readonly sentAtMs: number
  /** The outcome's cause; `no-outcome` where the client died first. */
  readonly why: UnknownCause | "no-outcome"
  /** The journal that tells of it. */
  readonly journal: string
}

/** One life: takes the records of its journal in their order, and is told when that ends. */
export interface Life {
  readonly record: (record: JournalRecord) => void
  readonly end: () => void
}

/**
 * Which of two fates of the same order holds. What was accepted once was executed. A doubt stays, whatever
 * another life says: a refusal there does not undo an execution here.
 */
const STRENGTH: Readonly<Record<Fate, number>> = { expired: 0, rejected: 1, unknown: 2, accepted: 3 }

const fateOf = (record: OutcomeRecord): Fate | undefined =>
  record.outcome === "cancelled" ? undefined : record.outcome

/** The fates of all orders that lives have ended or left in doubt. Keeps their ids: some 100 bytes each. */
export class Fates {
  readonly #fates = new Map<string, Fate>()
  readonly #doubts = new Map<string, Array<Doubt>>()

  /** The order's fate; undefined for one that follows. */
  of(id: string): Fate | undefined {
    return this.#fates.get(id)
  }

  /** How many orders have a fate. */
  get size(): number {
    return this.#fates.size
  }

  /** Every request that leaves an order's fate unknown, the earliest first. */
  get doubts(): ReadonlyArray<Doubt> {
    return [...this.#doubts.values()].flat().toSorted((one, other) => one.sentAtMs - other.sentAtMs)
  }

  #settle(id: string, fate: Fate): void {
    const known = this.#fates.get(id)
    if (known === undefined || STRENGTH[fate] > STRENGTH[known]) this.#fates.set(id, fate)
    if (fate === "accepted") this.#doubts.delete(id)
  }

  #doubt(doubt: Doubt): void {
    this.#settle(doubt.id, "unknown")
    if (this.#fates.get(doubt.id) !== "unknown") return
    const others = this.#doubts.get(doubt.id)
    if (others === undefined) this.#doubts.set(doubt.id, [doubt])
    else others.push(doubt)
  }

  /** Begins a life, whose journal is called `journal`. */
  life(journal: string): Life {
    const underWay = new Map<string, Doubt>()
    let startedMs = Number.NaN
    return {
      record: (record) => {
        switch (record.type) {
          case "header":
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
              const { id, key, nonce, cause } = record
              return this.#doubt({ id, key, nonce, sentAtMs: startedMs + record.sent, why: cause, journal })
            }
            const fate = fateOf(record)
            if (fate !== undefined) this.#settle(record.id, fate)
            return
          }
          case "key":
          case "nonce-jump":
          case "footer":
            return
        }
      },
      end: () => {
        for (const doubt of underWay.values()) this.#doubt(doubt)
        underWay.clear()
      },
    }
  }
}
