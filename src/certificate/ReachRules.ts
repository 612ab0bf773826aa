/**
 * Whether the bound was what the client may believe, and pings say what they may: an answer too late for the bound widens it
 * at once, by as much as it was too late; it comes back by half at most, and no sooner than 10 s after it changed last.
 */
import { elapsedMs } from "../journal/elapsed.ts"
import type { Header, Pinged, ReachChanged } from "../journal/JournalRecord.ts"
import { type Latest, LoggedReach, type RequestEnd, ROUNDING_MS } from "../journal/LoggedReach.ts"
import { emptyReachTally, type ReachFigures, reachFigures, tallyReach } from "../summary/ReachTally.ts"
import type { JournalRequest, SentRecord } from "./JournalRequest.ts"
import type { OnLine, Violations } from "./Violations.ts"

/** For so long must nothing speak against a narrower reach. */
const CALM_MS = 10_000
/** What is left of a widening below this may be given up at once. */
const NEGLIGIBLE_MS = 0.5

/** An answer that was too late for the bound, and the bound that must have followed. */
interface Evidence {
  readonly at: OnLine
  readonly id: string
  readonly boundMs: number
}

export class ReachRules {
  readonly #header: OnLine<typeof Header.Type>
  readonly #violations: Violations
  readonly #reach: LoggedReach<JournalRequest>
  readonly #tally = emptyReachTally()
  #changedAtMs = Number.NEGATIVE_INFINITY
  #evidence: Evidence | undefined

  constructor(header: OnLine<typeof Header.Type>, violations: Violations) {
    const { settings, version } = header.record
    const { boundMs, pings = true, requestTimeoutMs } = settings
    this.#header = header
    this.#violations = violations
    this.#reach = new LoggedReach({ version, boundMs: boundMs ?? undefined, requestTimeoutMs, pings })
  }

  /** The bound in force now. */
  get boundMs(): number | undefined {
    return this.#reach.boundMs
  }

  /** How often and how far it widened. */
  get figures(): ReachFigures {
    return reachFigures(this.#tally)
  }

  /** A request leaves: until then, the bound must have followed from what was seen. */
  sent(sent: OnLine<SentRecord>): void {
    const evidence = this.#evidence
    this.#evidence = undefined
    if (evidence === undefined) return
    const problem = `the answer to order ${evidence.id} was too late for the bound, which had to widen to ${evidence.boundMs} ms before order ${sent.record.id} was sent`
    this.#violations.found("form", problem, sent, evidence.at)
  }

  /** A request ends; undefined as long as only a ping tells by when it has arrived. */
  ended(request: JournalRequest, end: RequestEnd, at: OnLine): Latest | undefined {
    const { settledMs, writtenMs } = end
    const { boundMs } = this
    if (
      this.#header.record.version > 1 &&
      end.ending === "answered" &&
      writtenMs !== undefined &&
      boundMs !== undefined &&
      this.#reach.isLate(writtenMs, settledMs)
    ) {
      const widest = (this.#givenMs ?? 0) + this.#header.record.settings.requestTimeoutMs
      const wanted = Math.min(elapsedMs(writtenMs, settledMs) - boundMs, widest)
      this.#evidence = { at, id: request.sent.record.id, boundMs: wanted }
    }
    return this.#reach.ended(request, end)
  }

  get #givenMs(): number | null {
    return this.#header.record.settings.boundMs
  }

  changed(changed: OnLine<typeof ReachChanged.Type>): void {
    const problem = this.#problemOf(changed.record)
    if (problem !== undefined) this.#violations.found("form", problem, changed, this.#header)
    tallyReach(this.#tally, changed.record)
    const { boundMs, t } = changed.record
    // What had to follow has followed, and may come back before the next send.
    if (this.#evidence !== undefined && boundMs >= this.#evidence.boundMs - ROUNDING_MS)
      this.#evidence = undefined
    this.#changedAtMs = t
    this.#reach.changed(boundMs)
  }

  #problemOf({ boundMs, cause, t }: typeof ReachChanged.Type): string | undefined {
    const before = this.boundMs
    const givenMs = this.#givenMs
    if (this.#header.record.version === 1) return "a journal of version 1 has no changes of the reach"
    if (before === undefined || givenMs === null) return "the bound changes, and none was given"
    const from = `from ${before} ms to ${boundMs} ms`
    if (cause !== "calm")
      return boundMs > before ? undefined : `the bound changes ${from}, and something speaks against it`
    const half = (before - givenMs) / 2
    const least = givenMs + (half < NEGLIGIBLE_MS ? 0 : half)
    if (boundMs >= before) return `the bound changes ${from}, and nothing speaks against it`
    if (boundMs < least - ROUNDING_MS) return `the bound comes back ${from}, by more than half`
    return elapsedMs(this.#changedAtMs, t) < CALM_MS - ROUNDING_MS
      ? `the bound comes back ${from}, less than ${CALM_MS / 1000} s after it changed last`
      : undefined
  }

  /** A ping was answered; answers which requests have arrived by when. */
  pinged(ping: OnLine<typeof Pinged.Type>): ReadonlyArray<readonly [JournalRequest, Latest]> {
    const { begun, cleared, t } = ping.record
    const served = this.#reach.pinged(begun, cleared, t)
    const problem = this.#pingProblem(ping.record)
    if (problem !== undefined) this.#violations.found("form", problem, ping, this.#header)
    return served
  }

  #pingProblem({ begun, cleared, t }: typeof Pinged.Type): string | undefined {
    if (this.#header.record.version === 1) return "a journal of version 1 has no pings"
    if (begun > t) return `the ping was answered at ${t}, before it was begun at ${begun}`
    const { slackMs } = this.#reach
    return elapsedMs(t, cleared) < slackMs - ROUNDING_MS
      ? `the ping was answered at ${t}, and what was lost before it may arrive for ${slackMs} ms after that, later than ${cleared}`
      : undefined
  }
}
