/** Collects the places where a journal breaks a rule: counts them all, and keeps the first of each rule. */
import type { JournalRecord } from "../journal/JournalRecord.ts"
import type { Exhibit, Rule, Violation } from "./Certificate.ts"

/** A record, and the line that it stands on. */
export interface OnLine<R extends JournalRecord = JournalRecord> {
  readonly line: number
  readonly record: R
}

const LONGEST_TEXT = 240

/** A journal's names may be long. */
const LONGEST_PROBLEM = 1000

const shortened = (text: string, longest = LONGEST_TEXT): string =>
  text.length <= longest ? text : `${text.slice(0, longest - 3)}...`

const exhibit = ({ line, record }: OnLine): Exhibit => ({ line, text: shortened(JSON.stringify(record)) })

export class Violations {
  readonly #counts: Record<Rule, number> = {
    form: 0,
    window: 0,
    nonces: 0,
    once: 0,
    accounts: 0,
    digest: 0,
  }
  readonly #firsts = new Map<Rule, Violation>()

  /** A record breaks a rule, alone or against others. */
  found(rule: Rule, problem: string, at: OnLine, ...against: ReadonlyArray<OnLine>): void {
    this.#add(rule, problem, at.line, () =>
      [at, ...against].toSorted((one, other) => one.line - other.line).map(exhibit),
    )
  }

  /** A line that is no record, or that is missing, breaks a rule. */
  foundText(rule: Rule, problem: string, line: number, text: string | undefined): void {
    this.#add(rule, problem, line, () => (text === undefined ? [] : [{ line, text: shortened(text) }]))
  }

  #add(rule: Rule, problem: string, line: number, lines: () => ReadonlyArray<Exhibit>): void {
    this.#counts[rule] += 1
    // A later finding may be of an earlier line: a send is judged when those before it have ended.
    const first = this.#firsts.get(rule)
    if (first !== undefined && first.line <= line) return
    this.#firsts.set(rule, { rule, line, problem: shortened(problem, LONGEST_PROBLEM), lines: lines() })
  }

  get counts(): Readonly<Record<Rule, number>> {
    return { ...this.#counts }
  }

  /** The first place of each rule that is broken, in the order of their lines. */
  get firsts(): ReadonlyArray<Violation> {
    return [...this.#firsts.values()].toSorted((one, other) => one.line - other.line)
  }
}
