/**
 * The two rules of a key, request after request: no window can have been exceeded ({@link SpareTime}), and no nonce
 * overtaken: a request leaves when the one before it has certainly arrived. The argument is that of docs/safety.md, with
 * the times of the journal.
 */
import type { Reach } from "../domain/Transit.ts"
import { elapsedMs } from "../journal/elapsed.ts"
import type { CertifiedSettings, Closest, KeyCertificate } from "./Certificate.ts"
import { type Flight, latestOf, overtakableOf } from "./Flight.ts"
import { isSafe, SpareTime } from "./SpareTime.ts"
import type { Violations } from "./Violations.ts"

const ms = (time: number): string => `${Number(time.toFixed(3))} ms`

export class KeyRules {
  readonly #key: string
  readonly #settings: CertifiedSettings
  readonly #reach: Reach
  readonly #violations: Violations
  readonly #spareTime: SpareTime<Flight>
  #previous: Flight | undefined
  /** The first request that has no end in the journal: it may be counted at any time, and weighs on all after it. */
  #endless: Flight | undefined
  #requests = 0
  #window: Closest | null = null
  #order: Closest | null = null
  #unshownPairs = 0

  constructor(key: string, settings: CertifiedSettings, violations: Violations) {
    this.#key = key
    this.#settings = settings
    this.#violations = violations
    this.#reach = { boundMs: settings.boundMs ?? undefined, requestTimeoutMs: settings.requestTimeoutMs }
    this.#spareTime = new SpareTime(settings.limit, settings.windowMs, (flight, spareMs, limiting) => {
      this.#inWindow(flight, spareMs, limiting)
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

  sent(flight: Flight): void {
    this.#requests += 1
    const previous = this.#previous
    this.#previous = flight
    if (previous !== undefined) this.#follow(previous, flight)
    this.#spareTime.sent(flight)
  }

  /** A request's end was read: its `end` is set. */
  ended(flight: Flight): void {
    const { end, follower } = flight
    if (end === undefined) return
    const latestMs = latestOf(end.record, this.#reach)
    if (follower !== undefined) {
      this.#inOrder(flight, follower, overtakableOf(end.record, latestMs, this.#reach))
      flight.follower = undefined
    }
    this.#spareTime.ended(flight, latestMs)
  }

  /** No record follows. */
  finish(): KeyCertificate {
    const left = this.#spareTime.line()
    this.#endless = left[0]
    for (const flight of left) {
      if (flight.follower === undefined || flight.end !== undefined) continue
      // When it was written is not known; before it was sent it was not.
      const atLeast = flight.sent.record.t + (this.#reach.boundMs ?? Number.POSITIVE_INFINITY)
      if (flight.follower.sent.record.t < atLeast) this.#inOrder(flight, flight.follower, atLeast)
      else this.#unshownPairs += 1
    }
    this.#spareTime.finish()
    return {
      key: this.#key,
      requests: this.#requests,
      window: this.#window,
      order: this.#order,
    }
  }

  /** Holds a request against the `limit`-th latest of those before it. */
  #inWindow(flight: Flight, spareMs: number, limiting: Flight): void {
    this.#window = closer(this.#window, spareMs, flight, limiting)
    if (isSafe(spareMs)) return
    const { limit, windowMs } = this.#settings
    const { sent } = flight
    const { id, t } = sent.record
    const until =
      limiting.latestMs === Number.POSITIVE_INFINITY
        ? `${limit === 1 ? "it has no" : "none has an"} end in the journal`
        : `that of order ${limiting.sent.record.id} may have been counted as late as ${ms(limiting.latestMs)}, so this one is ${ms(-spareMs)} too early`
    const endless = this.#endless
    const never =
      endless === undefined || endless === limiting
        ? ""
        : `; that of order ${endless.sent.record.id} has no end in the journal`
    this.#violations.found(
      "window",
      `${this.#key} sent order ${id} at ${ms(t)}, when ${limit === 1 ? "the request" : `${limit} requests`} before it could still be in the window of ${ms(windowMs)}: ${limit === 1 ? "" : "of these, "}${until}${never}`,
      sent,
      limiting.sent,
      ...(limiting.end === undefined ? [] : [limiting.end]),
      ...(never === "" || endless === undefined ? [] : [endless.sent]),
    )
  }

  #follow(previous: Flight, flight: Flight): void {
    const before = previous.sent.record
    const { nonce } = flight.sent.record
    if (nonce <= before.nonce) {
      this.#violations.found(
        "nonces",
        `${this.#key} sent nonce ${nonce} after ${before.nonce}`,
        flight.sent,
        previous.sent,
      )
    }
    if (previous.end === undefined) previous.follower = flight
    else this.#inOrder(previous, flight, previous.latestMs)
  }

  /** Holds a request against the moment from which it could not overtake the one before. */
  #inOrder(previous: Flight, flight: Flight, overtakableUntilMs: number): void {
    // What never left cannot be overtaken, and the one before it had arrived when it was to leave.
    if (overtakableUntilMs === Number.NEGATIVE_INFINITY) return
    const spareMs = elapsedMs(overtakableUntilMs, flight.sent.record.t)
    this.#order = closer(this.#order, spareMs, flight, previous)
    if (isSafe(spareMs)) return
    const { id, nonce } = flight.sent.record
    const until =
      overtakableUntilMs === Number.POSITIVE_INFINITY
        ? "of which nothing showed that it had arrived"
        : `which may have arrived as late as ${ms(overtakableUntilMs)}`
    this.#violations.found(
      "nonces",
      `${this.#key} sent order ${id} with nonce ${nonce} at ${ms(flight.sent.record.t)}: it could overtake nonce ${previous.sent.record.nonce}, ${until}`,
      flight.sent,
      previous.sent,
      ...(previous.end === undefined ? [] : [previous.end]),
    )
  }
}

const closer = (closest: Closest | null, spareMs: number, flight: Flight, earlier: Flight): Closest =>
  closest !== null && closest.spareMs <= spareMs
    ? closest
    : { spareMs, line: flight.sent.line, afterLine: earlier.sent.line }
