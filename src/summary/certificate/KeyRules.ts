/**
 * The two rules of a key, request after request: no window can have been exceeded, and no nonce overtaken. The
 * argument is that of docs/safety.md, with the times of the journal.
 *
 * - The window. Had `limit + 1` requests been counted within one, then at the moment when the last of them was sent
 *   each of the others could still be in the window: `latest + window >= sent`. So it is enough to see at each send
 *   that of the requests before it fewer than `limit` could. The exchange counts whole milliseconds and lets a request pass
 *   when its clock shows more than the window, hence a millisecond more.
 * - The order. A request leaves when the one before it has certainly arrived.
 *
 * A request's `latest` is known when its end is read, so requests wait in a line until all those before them have
 * ended; those that follow one that never ends wait for the journal's end.
 */
import type { Reach } from "../../dispatch/Transit.ts"
import { elapsedMs } from "../../journal/elapsed.ts"
import type { CertifiedSettings, Closest, KeyCertificate } from "./Certificate.ts"
import { type Flight, latestOf, overtakableOf } from "./Flight.ts"
import { Latest } from "./Latest.ts"
import type { Violations } from "./Violations.ts"

/** The exchange's clock counts whole milliseconds. */
const CLOCK_MS = 1
/** Times are written in whole microseconds: two of them are half of one off each, at most. */
const ROUNDING_MS = 0.001

const ms = (time: number): string => `${Number(time.toFixed(3))} ms`

export class KeyRules {
  readonly #key: string
  readonly #settings: CertifiedSettings
  readonly #reach: Reach
  readonly #violations: Violations
  readonly #latest: Latest<Flight>
  /** Requests that wait for the ends of those before them. */
  readonly #line: Array<Flight> = []
  /** Where the line begins: what is before it is done with. */
  #head = 0
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
    this.#latest = new Latest(settings.limit)
  }

  /** How many requests are kept in mind. */
  get kept(): number {
    return this.#line.length - this.#head + this.#latest.size
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
    this.#line.push(flight)
    this.#advance()
  }

  /** A request's end was read: its `end` is set. */
  ended(flight: Flight): void {
    if (flight.follower !== undefined) {
      this.#inOrder(flight, flight.follower, overtakableOf(flight, this.#reach))
      flight.follower = undefined
    }
    if (this.#line[this.#head] === flight) this.#advance()
  }

  /** No record follows. */
  finish(): KeyCertificate {
    const left = this.#line.slice(this.#head)
    for (const flight of left) {
      if (flight.follower === undefined || flight.end !== undefined) continue
      // When it was written is not known; before it was sent it was not.
      const atLeast = flight.sent.record.t + (this.#reach.boundMs ?? Number.POSITIVE_INFINITY)
      if (flight.follower.sent.record.t < atLeast) this.#inOrder(flight, flight.follower, atLeast)
      else this.#unshownPairs += 1
    }
    for (const flight of left) {
      if (!flight.isJudged) this.#judge(flight)
      this.#absorb(flight)
    }
    return {
      key: this.#key,
      requests: this.#requests,
      window: this.#window,
      order: this.#order,
    }
  }

  #advance(): void {
    for (let flight = this.#line[this.#head]; flight !== undefined; flight = this.#line[this.#head]) {
      if (!flight.isJudged) this.#judge(flight)
      if (flight.end === undefined) break
      this.#absorb(flight)
      this.#head += 1
    }
    // Not at every step: that would be dear while the line is long.
    if (2 * this.#head < this.#line.length) return
    this.#line.splice(0, this.#head)
    this.#head = 0
  }

  #absorb(flight: Flight): void {
    const latest = latestOf(flight, this.#reach)
    if (latest === Number.POSITIVE_INFINITY) this.#endless ??= flight
    if (latest !== Number.NEGATIVE_INFINITY) this.#latest.add(latest, flight)
  }

  /** All requests before it have ended. */
  #judge(flight: Flight): void {
    flight.isJudged = true
    const { limit, windowMs } = this.#settings
    const limiting = this.#latest.limiting
    if (limiting === undefined) return
    const { sent } = flight
    const spareMs = elapsedMs(limiting.atMs + windowMs + CLOCK_MS, sent.record.t)
    const earlier = limiting.of
    this.#window = closer(this.#window, spareMs, flight, earlier)
    if (spareMs >= -ROUNDING_MS) return
    const { id, t } = sent.record
    const until =
      limiting.atMs === Number.POSITIVE_INFINITY
        ? "none has an end in the journal"
        : `that of order ${earlier.sent.record.id} may have been counted as late as ${ms(limiting.atMs)}, so this one is ${ms(-spareMs)} too early`
    const endless = this.#endless
    const never =
      endless === undefined || endless === earlier
        ? ""
        : `; that of order ${endless.sent.record.id} has no end in the journal`
    this.#violations.found(
      "window",
      `${this.#key} sent order ${id} at ${ms(t)}, when ${limit} requests before it could still be in the window of ${ms(windowMs)}: of these, ${until}${never}`,
      sent,
      earlier.sent,
      ...(earlier.end === undefined ? [] : [earlier.end]),
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
    else this.#inOrder(previous, flight, latestOf(previous, this.#reach))
  }

  /** Holds a request against the moment from which it could not overtake the one before. */
  #inOrder(previous: Flight, flight: Flight, overtakableUntilMs: number): void {
    // What never left cannot be overtaken, and the one before it had arrived when it was to leave.
    if (overtakableUntilMs === Number.NEGATIVE_INFINITY) return
    const spareMs = elapsedMs(overtakableUntilMs, flight.sent.record.t)
    this.#order = closer(this.#order, spareMs, flight, previous)
    if (spareMs >= -ROUNDING_MS) return
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
