/**
 * Certifies a journal: its lines in, one after the other, and in the end the certificate. Pure, one pass.
 *
 * What is kept does not grow with the journal, but for a bit an order ({@link SeenIds}): the requests under way, those
 * that wait for the ends of others before them, and for every key the `limit` requests that left the window last. Where
 * these are more than 100,000 together, which no run of this client comes near, the rest of the journal is not certified.
 */
import type { Footer, Header, JournalRecord } from "../journal/JournalRecord.ts"
import { Accounts } from "./Accounts.ts"
import type { Certificate, CertifiedSettings } from "./Certificate.ts"
import { Flight, type SentRecord } from "./Flight.ts"
import { KeyRules } from "./KeyRules.ts"
import { areUsable } from "./SpareTime.ts"
import { type OnLine, Violations } from "./Violations.ts"

/** Requests and orders that are kept in mind: about 100 MB. */
const MAX_KEPT = 100_000

/** What only the reader of the file's bytes knows. */
export interface FileEnd {
  /** Whether the last line ended in a newline. */
  readonly isTerminated: boolean
  /** SHA-256, in hexadecimal digits, of all bytes before the last line. */
  readonly sha256: string
}

/** One journal's settings, keys and books, from its header on. */
interface Run {
  readonly header: OnLine<typeof Header.Type>
  readonly settings: CertifiedSettings
  readonly keys: Map<string, KeyRules>
}

const settingsOf = ({ settings }: typeof Header.Type): CertifiedSettings => ({
  gate: settings.gate,
  limit: settings.limit,
  windowMs: settings.windowMs,
  boundMs: settings.boundMs,
  requestTimeoutMs: settings.requestTimeoutMs,
})

export class Certifier {
  readonly #violations = new Violations()
  readonly #accounts = new Accounts(this.#violations)
  readonly #maxKept: number
  #run: Run | undefined
  #footer: OnLine<typeof Footer.Type> | undefined
  #previous: OnLine | undefined
  #lines = 0
  #keptByKeys = 0
  /** The last line, where it is no record. */
  #unread: { readonly line: number; readonly text: string } | undefined
  /** Records are not looked at any more: without a header, or because there are too many to keep. */
  #hasGivenUp = false

  constructor(maxKept = MAX_KEPT) {
    this.#maxKept = maxKept
  }

  /** Takes the next line: its record, or its text where it is none. */
  line(read: JournalRecord | string): void {
    this.#lines += 1
    this.#refuseUnread()
    if (typeof read === "string") {
      this.#unread = { line: this.#lines, text: read }
      return
    }
    this.#record({ line: this.#lines, record: read })
  }

  /** Only the last line may be torn, by a crash in the middle of a write. */
  #refuseUnread(): void {
    if (this.#unread === undefined) return
    const { line, text } = this.#unread
    this.#violations.foundText("form", "the line is no record of a journal", line, text)
    this.#unread = undefined
  }

  #record(read: OnLine): void {
    const previous = this.#previous
    this.#previous = read
    if (this.#footer !== undefined) {
      this.#violations.found("form", "a record follows the footer", read, this.#footer)
    }
    if (previous !== undefined && read.record.t < previous.record.t) {
      this.#violations.found(
        "form",
        `the record's time, ${read.record.t}, is before that of the one before, ${previous.record.t}`,
        read,
        previous,
      )
    }
    const { record, line } = read
    if (record.type === "header") return this.#header({ line, record })
    if (this.#run === undefined) {
      if (!this.#hasGivenUp) {
        this.#violations.found(
          "form",
          "the journal does not begin with a header, so its rules are not known",
          read,
        )
      }
      this.#hasGivenUp = true
      return
    }
    if (record.type === "footer") {
      this.#footer = { line, record }
      return
    }
    if (this.#hasGivenUp) return
    switch (record.type) {
      case "sent":
        return this.#sent(this.#run, { line, record }, previous?.record.t === record.t)
      case "returned":
      case "outcome": {
        const flight = this.#accounts.ended({ line, record })
        if (flight !== undefined) this.#ended(this.#run, flight)
        return
      }
      case "key":
      case "nonce-jump":
        this.#keyOf(this.#run, record.key, read)
    }
  }

  #header(header: OnLine<typeof Header.Type>): void {
    const { record } = header
    if (this.#run !== undefined || this.#hasGivenUp) {
      this.#violations.found(
        "form",
        "a second journal begins here: give each in a file of its own",
        header,
        ...(this.#run === undefined ? [] : [this.#run.header]),
      )
      return
    }
    this.#run = { header, settings: settingsOf(record), keys: new Map() }
    const isUsable = areUsable(record.settings)
    if (!isUsable || new Set(record.keys).size < record.keys.length) {
      this.#hasGivenUp = true
      const problem = isUsable
        ? "the header names a key twice"
        : "the header's settings are none that a run can keep: a limit below 1, or a time below 0"
      this.#violations.found("form", problem, header)
    }
    for (const key of record.keys) {
      this.#run.keys.set(key, new KeyRules(key, this.#run.settings, this.#violations))
    }
  }

  #keyOf(run: Run, key: string, at: OnLine): KeyRules | undefined {
    const rules = run.keys.get(key)
    if (rules === undefined) {
      this.#violations.found("form", `the key ${JSON.stringify(key)} is none of the header's`, at, run.header)
    }
    return rules
  }

  #sent(run: Run, sent: OnLine<SentRecord>, isHeldBack: boolean): void {
    const { createdAt, id, key, t } = sent.record
    if (createdAt > t) {
      this.#violations.found(
        "form",
        `order ${id} is sent at ${t}, before it was created at ${createdAt}`,
        sent,
      )
    }
    const flight = new Flight(sent, isHeldBack)
    this.#accounts.sent(flight)
    const rules = this.#keyOf(run, key, sent)
    if (rules === undefined) return
    this.#keptByKeys -= rules.kept
    rules.sent(flight)
    this.#keptByKeys += rules.kept
    if (this.#keptByKeys + this.#accounts.kept <= this.#maxKept) return
    this.#hasGivenUp = true
    const most = this.#maxKept.toLocaleString("en")
    this.#violations.found(
      "form",
      `more than ${most} requests are to be kept in mind from here on, and the rest is not looked at: too many are under way, or may be in the window`,
      sent,
    )
  }

  #ended(run: Run, flight: Flight): void {
    const rules = run.keys.get(flight.sent.record.key)
    if (rules === undefined) return
    this.#keptByKeys -= rules.kept
    rules.ended(flight)
    this.#keptByKeys += rules.kept
  }

  /** The certificate of all lines. */
  finish(end: FileEnd): Certificate {
    // A last line with its newline was written as a whole.
    if (end.isTerminated) this.#refuseUnread()
    const footer = this.#footer
    if (this.#run === undefined && !this.#hasGivenUp) {
      this.#violations.foundText("form", "there is no header", 1, undefined)
    }
    const digest = this.#digest(end.sha256)
    const { requests, ...accounts } = this.#accounts.finish(this.#hasGivenUp ? undefined : footer)
    const rules = [...(this.#run?.keys.values() ?? [])]
    const keys = rules.map((key) => key.finish())
    const counterexamples = this.#violations.firsts
    return {
      certified: counterexamples.length === 0,
      cutOff: footer === undefined,
      digest,
      lines: this.#lines,
      settings: this.#run?.settings ?? null,
      startedAt: this.#run?.header.record.startedAt ?? null,
      requests,
      ...accounts,
      keys,
      unshownPairs: rules.reduce((sum, key) => sum + key.unshownPairs, 0),
      violations: this.#violations.counts,
      counterexample: counterexamples[0] ?? null,
      counterexamples,
    }
  }

  #digest(sha256: string): Certificate["digest"] {
    const footer = this.#footer
    if (footer?.record.digest === undefined) return "absent"
    if (footer.record.digest === sha256) return "verified"
    this.#violations.found(
      "digest",
      "the footer's digest is not that of the bytes before it: the journal was changed after it was written",
      footer,
    )
    return "wrong"
  }
}
