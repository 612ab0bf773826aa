/**
 * Certifies a journal: its lines in, one after the other, and in the end the certificate. Pure, one pass.
 *
 * What is kept does not grow with the journal, but for a bit an order ({@link SeenIds}): the requests in flight, those
 * that wait for the ends of others before them, and for every key the `limit` requests that left the window last. Where
 * these are more than 100,000 together, which no run of this client comes near, the rest of the journal is not certified.
 */
import type { Footer, Header, JournalRecord, Pinged } from "../journal/JournalRecord.ts"
import { latestMsBy } from "../journal/LoggedReach.ts"
import type { Certificate, CertifiedSettings } from "./Certificate.ts"
import {
  type JournalRequest,
  journalRequest,
  refusableEnd,
  requestEnd,
  type SentRecord,
} from "./JournalRequest.ts"
import { KeyRules } from "./KeyRules.ts"
import { LimitRules } from "./LimitRules.ts"
import { OrderRules } from "./OrderRules.ts"
import { ReachRules } from "./ReachRules.ts"
import { type RefusalFigures, Refusals } from "./Refusals.ts"
import { areUsable } from "./SpareTime.ts"
import { type OnLine, Violations } from "./Violations.ts"

/** Requests and orders that are kept in mind: about 100 MB. */
const MAX_KEPT = 100_000

/** What only the reader of the file's bytes knows. */
interface FileEnd {
  /** Whether the last line ended in a newline. */
  readonly isTerminated: boolean
  /** SHA-256, in hexadecimal digits, of all bytes before the last line. */
  readonly sha256: string
}

/** What the journal's header says. */
interface Run {
  readonly header: OnLine<typeof Header.Type>
  readonly settings: CertifiedSettings
  readonly keys: ReadonlyMap<string, KeyRules>
  readonly reach: ReachRules
  readonly limits: LimitRules | undefined
  readonly refusals: Refusals
}

const NO_REFUSALS: RefusalFigures = {
  rateLimit: 0,
  nonce: 0,
  blocked: 0,
  bound: 0,
  formerRun: 0,
  limitOrKey: 0,
}

/** Why no run can keep what the header says; undefined where one can. */
const unusable = ({ keys, settings }: typeof Header.Type): string | undefined => {
  if (!areUsable(settings))
    return "the header's settings are none that a run can keep: a limit below 1, or a time below 0"
  return new Set(keys).size < keys.length ? "the header names a key twice" : undefined
}

export class Certifier {
  readonly #violations = new Violations()
  readonly #orders = new OrderRules(this.#violations)
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
    if (typeof read === "string") this.#unread = { line: this.#lines, text: read }
    else this.#record({ line: this.#lines, record: read })
  }

  /** Only the last line may be torn, by a crash in the middle of a write. */
  #refuseUnread(): void {
    if (this.#unread === undefined) return
    const { line, text } = this.#unread
    this.#violations.foundText("form", "the line is no record of a journal", line, text)
    this.#unread = undefined
  }

  #record(read: OnLine): void {
    const { line, record } = read
    const isHeldBack = this.#inOrder(read)
    if (record.type === "header") return this.#header({ line, record })
    if (this.#run === undefined) {
      if (!this.#hasGivenUp)
        this.#malformed("the journal does not begin with a header, so its rules are not known", read)
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
        return this.#sent(this.#run, { line, record }, isHeldBack)
      case "returned":
      case "outcome": {
        const request = this.#orders.ended({ line, record })
        if ("settled" in record) this.#run.limits?.told(read, record, record.sent, record.settled)
        if (request !== undefined) this.#ended(this.#run, request)
        return
      }
      case "key":
      case "nonce-jump":
        this.#keyOf(this.#run, record.key, read)
        return
      case "reach":
        return this.#run.reach.changed({ line, record })
      case "ping":
        return this.#pinged(this.#run, { line, record })
      // What is somebody else's is judged by nobody here.
      case "others":
        return
    }
  }

  #ended({ keys, limits, reach, refusals }: Run, request: JournalRequest): void {
    const { end, sent } = request
    const rules = keys.get(sent.record.key)
    if (rules === undefined || end === undefined) return
    refusals.ended(sent.record.key, sent.record.id, refusableEnd(end.record))
    const latest = reach.ended(request, requestEnd(end.record), end)
    if (latest !== undefined) limits?.known(request, latestMsBy(latest, reach.boundMs))
    this.#tell(rules, () => rules.ended(request, latest))
  }

  #pinged({ keys, limits, reach }: Run, ping: OnLine<typeof Pinged.Type>): void {
    limits?.told(ping, ping.record, ping.record.begun, ping.record.t)
    for (const [request, latest] of reach.pinged(ping)) {
      const rules = keys.get(request.sent.record.key)
      limits?.known(request, latestMsBy(latest, reach.boundMs))
      if (rules !== undefined) this.#tell(rules, () => rules.pinged(request, latest))
    }
  }

  /** Holds a record against the one before; answers whether both have the same time. */
  #inOrder(read: OnLine): boolean {
    const previous = this.#previous
    this.#previous = read
    if (this.#footer !== undefined) this.#malformed("a record follows the footer", read, this.#footer)
    if (previous === undefined) return false
    const { t } = read.record
    const before = previous.record.t
    if (t < before)
      this.#malformed(`the record's time, ${t}, is before that of the one before, ${before}`, read, previous)
    return t === before
  }

  #header(header: OnLine<typeof Header.Type>): void {
    const { record } = header
    if (this.#run !== undefined || this.#hasGivenUp) {
      const first = this.#run === undefined ? [] : [this.#run.header]
      this.#malformed("a second journal begins here: give each in a file of its own", header, ...first)
      return
    }
    const problem = unusable(record)
    if (problem !== undefined) {
      this.#hasGivenUp = true
      this.#malformed(problem, header)
    }
    const { boundMs, checkOnly, gate, limit, limits, nonces, requestTimeoutMs, windowMs } = record.settings
    const more = {
      ...(limits === undefined ? {} : { limits }),
      ...(nonces === undefined ? {} : { nonces }),
      ...(checkOnly === undefined ? {} : { checkOnly }),
    }
    const settings = { gate, limit, windowMs, ...more, boundMs, requestTimeoutMs }
    const keys = new Map(record.keys.map((key) => [key, new KeyRules(key, settings, this.#violations)]))
    this.#run = {
      header,
      settings,
      keys,
      reach: new ReachRules(header, this.#violations),
      limits: limits && new LimitRules(limits, this.#violations),
      refusals: new Refusals(settings),
    }
  }

  #keyOf(run: Run, key: string, at: OnLine): KeyRules | undefined {
    const rules = run.keys.get(key)
    if (rules === undefined)
      this.#malformed(`the key ${JSON.stringify(key)} is none of the header's`, at, run.header)
    return rules
  }

  #sent(run: Run, sent: OnLine<SentRecord>, isHeldBack: boolean): void {
    const { createdAt, id, key, t } = sent.record
    if (createdAt > t)
      this.#malformed(`order ${id} is sent at ${t}, before it was created at ${createdAt}`, sent)
    run.reach.sent(sent)
    const request = journalRequest(sent, isHeldBack, run.reach.boundMs)
    this.#orders.sent(request)
    const rules = this.#keyOf(run, key, sent)
    if (rules === undefined) return
    run.refusals.sent(key, id, t)
    run.limits?.sent(request)
    this.#tell(rules, () => rules.sent(request))
    if (this.#keptByKeys + this.#orders.kept + (run.limits?.kept ?? 0) <= this.#maxKept) return
    this.#hasGivenUp = true
    const most = this.#maxKept.toLocaleString("en")
    this.#malformed(
      `more than ${most} requests are to be kept in mind from here on, and the rest is not looked at: too many are under way, or may be in the window`,
      sent,
    )
  }

  /** Tells a key's rules something, and counts what they keep in mind. */
  #tell(rules: KeyRules, tell: () => void): void {
    const before = rules.kept
    tell()
    this.#keptByKeys += rules.kept - before
  }

  #malformed(problem: string, at: OnLine, ...against: ReadonlyArray<OnLine>): void {
    this.#violations.found("form", problem, at, ...against)
  }

  finish(end: FileEnd): Certificate {
    // A last line with its newline was written as a whole.
    if (end.isTerminated) this.#refuseUnread()
    const footer = this.#footer
    if (this.#run === undefined && !this.#hasGivenUp) {
      this.#violations.foundText("form", "there is no header", 1, undefined)
    }
    const digest = this.#digest(end.sha256)
    const counts = this.#orders.finish(this.#hasGivenUp ? undefined : footer)
    const rules = [...(this.#run?.keys.values() ?? [])]
    const keys = rules.map((key) => key.finish())
    const counterexamples = this.#violations.firsts
    const limits = this.#run?.limits?.certificates
    return {
      certified: counterexamples.length === 0,
      cutOff: footer === undefined,
      digest,
      lines: this.#lines,
      settings: this.#run?.settings ?? null,
      startedAt: this.#run?.header.record.startedAt ?? null,
      reach: this.#run?.reach.figures ?? null,
      ...counts,
      refusals: this.#run?.refusals.figures ?? NO_REFUSALS,
      keys,
      ...(limits === undefined ? {} : { limits }),
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
