/**
 * The two rules of a key, request by request. No window can have been exceeded ({@link SpareTime}); and no nonce
 * overtaken: a request leaves when the one before it has certainly arrived. The argument is that of docs/safety.md, with
 * the times of the journal.
 */
import { elapsedMs } from "../journal/elapsed.ts"
import { type Latest, latestMsBy, NEVER_KNOWN, overtakableMs } from "../journal/LoggedReach.ts"
import type { CertifiedSettings, Closest, KeyCertificate } from "./Certificate.ts"
import { type JournalRequest, requestEnd } from "./JournalRequest.ts"
import { isSafe, SpareTime } from "./SpareTime.ts"
import type { Violations } from "./Violations.ts"

const ms = (time: number): string => `${Number(time.toFixed(3))} ms`

export class KeyRules {
  readonly #key: string
  readonly #settings: CertifiedSettings
  readonly #violations: Violations
  readonly #spareTime: SpareTime<JournalRequest>
  #previous: JournalRequest | undefined
  /** The first request of which nothing tells by when it has arrived: it may be counted at any time, and weighs on all after it. */
  #endless: JournalRequest | undefined
  #requests = 0
  #window: Closest | null = null
  #order: Closest | null = null
  #unshownPairs = 0

  constructor(key: string, settings: CertifiedSettings, violations: Violations) {
    this.#key = key
    this.#settings = settings
    this.#violations = violations
    this.#spareTime = new SpareTime(settings.limit, settings.windowMs, (request, spareMs, limiting) => {
      this.#inWindow(request, spareMs, limiting)
    })
  }

  /** How many requests are kept in mind. */
  get kept(): number {
    return this.#spareTime.kept
  }

  /** Pairs of requests whose order cannot be shown. Known when all is read. */
  get unshownPairs(): number {
    return this.#unshownPairs
  }

  sent(request: JournalRequest): void {
    this.#requests += 1
    const previous = this.#previous
    this.#previous = request
    if (previous !== undefined) this.#follow(previous, request)
    this.#spareTime.sent(request)
  }

  /** A request's end was read: its `end` is set. Undefined where that does not tell by when it has arrived. */
  ended(request: JournalRequest, latest: Latest | undefined): void {
    const { end, follower } = request
    if (end !== undefined && follower !== undefined) {
      // All that was known of it then is when it had been written; what came out later counts where it says more.
      const known = { boundMs: follower.boundMs, writtenMs: requestEnd(end.record).writtenMs }
      this.#inOrder(request, follower, overtakableMs(latest ?? NEVER_KNOWN, known))
      request.follower = undefined
    }
    if (latest !== undefined) this.#spareTime.known(request, latest)
  }

  /** A ping has told by when a request has arrived that was lost. */
  pinged(request: JournalRequest, latest: Latest): void {
    this.#spareTime.known(request, latest)
  }

  /** No record follows. */
  finish(): KeyCertificate {
    this.#endless = this.#spareTime.line[0]
    for (const request of this.#spareTime.line) {
      const { end, follower } = request
      if (follower === undefined || end !== undefined) continue
      // When it was written is not known; before it was sent it was not.
      const atLeast = request.sentMs + (follower.boundMs ?? Number.POSITIVE_INFINITY)
      if (follower.sentMs < atLeast) this.#inOrder(request, follower, atLeast)
      else this.#unshownPairs += 1
    }
    this.#spareTime.finish()
    return { key: this.#key, requests: this.#requests, window: this.#window, order: this.#order }
  }

  /** Holds a request against the `limit`-th latest of those before it. */
  #inWindow(request: JournalRequest, spareMs: number, limiting: JournalRequest): void {
    this.#window = closer(this.#window, spareMs, request, limiting)
    if (isSafe(spareMs)) return
    const { sent } = request
    // Where it is the limiting one itself, that is said already.
    const endless = this.#endless === limiting ? undefined : this.#endless
    this.#violations.found(
      "window",
      `${this.#key} sent order ${sent.record.id} at ${ms(sent.record.t)}, ${exceeding(this.#settings, limiting, request, spareMs)}${endless === undefined ? "" : `; that of order ${endless.sent.record.id} ${untold(endless)}`}`,
      sent,
      limiting.sent,
      ...(limiting.end === undefined ? [] : [limiting.end]),
      ...(endless === undefined ? [] : [endless.sent]),
    )
  }

  #follow(previous: JournalRequest, request: JournalRequest): void {
    const before = previous.sent.record.nonce
    const { nonce } = request.sent.record
    if (nonce <= before) {
      const problem = `${this.#key} sent nonce ${nonce} after ${before}`
      this.#violations.found("nonces", problem, request.sent, previous.sent)
    }
    if (previous.end === undefined) previous.follower = request
    else this.#inOrder(previous, request, latestMsBy(previous.latest ?? NEVER_KNOWN, request.boundMs))
  }

  /** Holds a request against the moment from which it could not overtake the one before. */
  #inOrder(previous: JournalRequest, request: JournalRequest, overtakableUntilMs: number): void {
    if (this.#settings.nonces === "none") return
    // What never left cannot be overtaken, and the one before it had arrived when it was to leave.
    if (overtakableUntilMs === Number.NEGATIVE_INFINITY) return
    const spareMs = elapsedMs(overtakableUntilMs, request.sentMs)
    this.#order = closer(this.#order, spareMs, request, previous)
    if (isSafe(spareMs)) return
    const { id, nonce } = request.sent.record
    const until =
      overtakableUntilMs === Number.POSITIVE_INFINITY
        ? "of which nothing showed that it had arrived"
        : `which may have arrived as late as ${ms(overtakableUntilMs)}`
    this.#violations.found(
      "nonces",
      `${this.#key} sent order ${id} with nonce ${nonce} at ${ms(request.sentMs)}: it could overtake nonce ${previous.sent.record.nonce}, ${until}`,
      request.sent,
      previous.sent,
      ...(previous.end === undefined ? [] : [previous.end]),
    )
  }
}

/** Why nothing tells by when a request has arrived. */
const untold = ({ end }: JournalRequest): string =>
  end === undefined ? "has no end in the journal" : "was lost, and no ping after that was answered"

/** How a request that left too early could have exceeded the window. */
const exceeding = (
  { limit, windowMs }: CertifiedSettings,
  limiting: JournalRequest,
  { boundMs }: JournalRequest,
  spareMs: number,
): string => {
  const { latest = NEVER_KNOWN, sent } = limiting
  const latestMs = latestMsBy(latest, boundMs)
  const until =
    latestMs === Number.POSITIVE_INFINITY
      ? limit === 1
        ? `it ${untold(limiting)}`
        : "of none it is known by when it has arrived"
      : `that of order ${sent.record.id} may have been counted as late as ${ms(latestMs)}, so this one is ${ms(-spareMs)} too early`
  const window = `before it could still be in the window of ${ms(windowMs)}`
  return limit === 1
    ? `when the request ${window}: ${until}`
    : `when ${limit} requests ${window}: of these, ${until}`
}

const closer = (
  closest: Closest | null,
  spareMs: number,
  request: JournalRequest,
  earlier: JournalRequest,
): Closest =>
  closest !== null && closest.spareMs <= spareMs
    ? closest
    : { spareMs, line: request.sent.line, afterLine: earlier.sent.line }
