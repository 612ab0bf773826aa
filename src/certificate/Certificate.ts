/**
 * What a certificate says: that a run kept the rules, as its journal shows, or the first place where it did not.
 *
 * Plain data, printed as it is where JSON is asked for. Times are milliseconds.
 */
import type { LimitSpec, Nonces } from "../domain/LimitSpec.ts"
import type { LeastSpare } from "../journal/LoggedLimits.ts"
import type { RefusalFigures } from "./Refusals.ts"

import type { ReachFigures } from "../summary/ReachTally.ts"

/**
 * - `form`: the journal is one: a header, whole records in the order of their times, a footer at the end.
 * - `window`: no key can have had more than `limit` requests counted within a window, and none of the `limits` was exceeded.
 * - `nonces`: each key's nonces rise, and, where the exchange asks for it, no request can have been overtaken by the next.
 * - `once`: no order was sent again before its former request was refused for certain, or known not to have left.
 * - `accounts`: every request has exactly one end, every order exactly one outcome, and the footer counted them all.
 * - `digest`: the bytes are those that the run has written.
 */
export const rules = ["form", "window", "nonces", "once", "accounts", "digest"] as const
export type Rule = (typeof rules)[number]

/** A line of the journal, as evidence. */
export interface Exhibit {
  /** Counted from 1. */
  readonly line: number
  /** Its record, shortened. */
  readonly text: string
}

/** A place where a rule does not hold. */
export interface Violation {
  readonly rule: Rule
  /** The line that breaks the rule, counted from 1. */
  readonly line: number
  readonly problem: string
  /** That line, and the ones that it contradicts. */
  readonly lines: ReadonlyArray<Exhibit>
}

/** The closest that a run came to breaking a rule. */
export interface Closest {
  /**
   * How much earlier the later request could have left; negative where it left too early, and null in JSON where
   * nothing shows that it could have left at any time.
   */
  readonly spareMs: number
  /** The line of the later request's `sent` record. */
  readonly line: number
  /** The same of the earlier request that it had to wait for. */
  readonly afterLine: number
}

export interface KeyCertificate {
  readonly key: string
  /** Requests with a `sent` record, also those that turned out never to have left. */
  readonly requests: number
  /** The smallest spare time in any window; null where fewer than `limit + 1` requests can have been counted. */
  readonly window: Closest | null
  /** The smallest time by which a request left later than the one before could be overtaken; null without a pair. */
  readonly order: Closest | null
}

/** A limit with a scope and costs, and the closest that the run came to exceeding it. */
export interface LimitCertificate extends Omit<LeastSpare<unknown>, "request"> {
  /** The line of that request's `sent` record. */
  readonly line: number | null
}

/** What the run had to keep, as its header says. */
export interface CertifiedSettings {
  readonly gate: string
  readonly limit: number
  readonly windowMs: number
  /** All limits; absent where `limit` in each window of a key is all. */
  readonly limits?: ReadonlyArray<LimitSpec>
  /** Absent where nonces must rise. */
  readonly nonces?: Nonces
  /** Orders were only checked, and none was executed; absent where they were executed. */
  readonly checkOnly?: true
  /** Null where no bound was known. */
  readonly boundMs: number | null
  readonly requestTimeoutMs: number
}

export interface Certificate {
  readonly certified: boolean
  /** The journal has no footer: the run was killed, or is still under way. It is certified as far as it goes. */
  readonly cutOff: boolean
  /** Whether the footer's digest is that of the bytes before it; `absent` where it has none. */
  readonly digest: "verified" | "wrong" | "absent"
  readonly lines: number
  /** Null for a journal without a header. */
  readonly settings: CertifiedSettings | null
  readonly startedAt: string | null
  /** How often and how far the bound widened, and what spoke against it; null where it never did. */
  readonly reach: ReachFigures
  readonly requests: number
  readonly outcomes: {
    readonly accepted: number
    readonly rejected: number
    readonly expired: number
    readonly unknown: number
    readonly cancelled: number
  }
  /** Requests that the exchange refused for its own rules. In a certified run something that was assumed did not hold then. */
  readonly refusals: RefusalFigures
  readonly keys: ReadonlyArray<KeyCertificate>
  /** Absent where `limit` in each window of a key is all. */
  readonly limits?: ReadonlyArray<LimitCertificate>
  /** Orders that were sent and have no end, in a journal that was cut off: nobody knows what became of them. */
  readonly inFlight: { readonly count: number; readonly first: ReadonlyArray<string> }
  /** Orders that had gone back to the line when the journal was cut off. */
  readonly waiting: number
  /** Pairs of a key's requests whose order is not shown, because the journal was cut off before the first one's end. */
  readonly unshownPairs: number
  /** Orders whose ids could not be kept in mind: a second request of one of them would not have been noticed. */
  readonly forgottenIds: number
  readonly violations: Readonly<Record<Rule, number>>
  /** The first place where a rule does not hold; null where all do. */
  readonly counterexample: Violation | null
  /** The first place of each rule that does not hold, in the order of their lines. */
  readonly counterexamples: ReadonlyArray<Violation>
}

/** A certificate, and the journal that it is about. */
export interface NamedCertificate {
  readonly name: string
  readonly certificate: Certificate
}
