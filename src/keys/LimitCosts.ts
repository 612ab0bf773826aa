/**
 * What the exchange may still count of one key's requests by one limit: never less, and in few numbers.
 *
 * A request counts as open from when it leaves until it is known by when it has arrived; then by that time. Times are
 * rounded to the latest of a 32nd of the time for which they count; of a bucket only the level is kept. So the record
 * stays small, however much is sent.
 *
 * What a run sends is not written one by one. It is written ahead how much may be open more than is known (`ahead`), and a
 * request beyond that waits for the next record: see {@link KeyCosts}. A killed run costs the next one no more than that. A
 * limit that counts for less than twice the time between two records is not worth it: all of it is written ahead.
 */
import { createHash } from "node:crypto"
import { Schema } from "effect"
import type { Boot } from "./Boot.ts"
import { bucketOf, isOfKey, LimitSpec, longestCountMs, showLimit } from "../domain/LimitSpec.ts"

const Cost = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))

export const LimitCostsRecord = Schema.Struct({
  /** As `--limit` takes it. */
  limit: Schema.String,
  /** The same as data. Left out by older versions. */
  spec: Schema.optionalKey(LimitSpec),
  /** The life that wrote it did not have this limit: it counted what it sent, for lives that do. */
  carried: Schema.optionalKey(Schema.Literal(true)),
  /** So much more may be open, in each scope. */
  ahead: Cost,
  scopes: Schema.Array(
    Schema.Struct({
      /** A hash of the scope; empty for what may belong to any. */
      scope: Schema.String,
      open: Cost,
      /** Milliseconds since the boot, and what had arrived by then at the latest. */
      settled: Schema.Array(Schema.Tuple([Schema.Finite, Cost])),
    }),
  ),
})
export type LimitCostsRecord = typeof LimitCostsRecord.Type

/** Scopes stand in files under this name. */
export const scopeName = (scope: string): string =>
  createHash("sha256").update(scope).digest("hex").slice(0, 16)

/** Stands for every scope. */
const ANY = ""
/** Scopes that are told apart; what is sent in others counts in all. */
const MOST_SCOPES = 16
/** Into so many parts the time is cut for which a request counts. */
const PARTS = 32
/** By this share one clock may run faster than the other. */
const DRIFT = 500e-6
/** The exchange's clock counts in steps of this. */
const TICK_MS = 1
/** Twice this is the time between two records, about. */
const RECORD_MS = 5000
/** The least share of a limit that is written ahead; and of a small limit that much, were it ten times as large. */
const LEAST_AHEAD = 1 / 100
const SMALL = 10

/** The most that the exchange counts. */
export const mostOf = (spec: LimitSpec): number =>
  spec.rule === "bucket" ? spec.limit + (bucketOf(spec).step ?? 0) : spec.limit

/** So long after it has arrived a request may count, as our clock goes. */
export const countsMs = (spec: LimitSpec): number => longestCountMs([spec]) * (1 + 2 * DRIFT) + 2

/** How much is written ahead of one of so many keys that share the limit. */
const aheadOf = (spec: LimitSpec, keys: number): number => {
  const spanMs = longestCountMs([spec])
  const small = Math.min(1 / SMALL, SMALL / spec.limit)
  const share = Math.max(LEAST_AHEAD, RECORD_MS / spanMs, small)
  if (spanMs < 2 * RECORD_MS) return mostOf(spec)
  return Math.ceil((share * spec.limit) / (isOfKey(spec) ? 1 : keys))
}

/** A former run's costs, for a limit of this one. */
export interface FormerCost {
  /** Which limit, by its place among them. */
  readonly limit: number
  readonly scope: string
  readonly cost: number
  /** It has arrived by then; undefined where that is not known yet. */
  readonly latestMs: number | undefined
  /** So long after that it counts no more. */
  readonly countsMs: number
}

/** When the last of levels was written down that several keys have of one limit, since the boot. */
export const lastLevelMs = (
  records: ReadonlyArray<ReadonlyArray<LimitCostsRecord> | undefined>,
  limit: string,
): number =>
  Math.max(
    ...records.flatMap((record = []) =>
      record
        .filter((one) => one.limit === limit)
        .flatMap(({ scopes }) => scopes.flatMap(({ settled }) => settled.map(([atMs]) => atMs))),
    ),
  )

/** What a new life knows of when a former one's requests arrived. Monotonic milliseconds. */
export interface FormerTimes {
  /** By when that had arrived which was written down as settled then. */
  readonly settledMs: (recordedMs: number) => number
  /** When the last of all keys' levels of a bucket that they share was written down. */
  readonly levelMs: (limit: string) => number
  /** By when everything has arrived. */
  readonly arrivedByMs: number
  /** Only a ping tells by when what is open has arrived. */
  readonly isUnanswered: boolean
}

/** Another boot's times tell nothing but that all has arrived by then. What was lost may arrive after now. */
export const settledTimes =
  (
    sameBoot: boolean,
    arrivedByMs: number,
    { doubtMs, offsetMs }: Boot["Service"],
  ): FormerTimes["settledMs"] =>
  (atMs) =>
    sameBoot ? atMs - offsetMs + doubtMs : arrivedByMs

/** What a record says of limits, and what a new life makes of its times. */
export interface FormerLimits {
  readonly limits: ReadonlyArray<LimitCostsRecord> | undefined
  readonly times: FormerTimes
}

interface Tally {
  open: number
  /** Of former lives. */
  formerOpen: number
  settled: Array<{ latestMs: number; cost: number }>
}

export class LimitCosts {
  readonly ahead: number
  readonly spec: LimitSpec
  readonly #countsMs: number
  /** What drains of a bucket in a millisecond: each of the keys that share it has its part. */
  readonly #drain: number | undefined
  readonly #tallies = new Map<string, Tally>()

  /** @param keys so many share it, where it is not of each key for itself */
  constructor(spec: LimitSpec, keys: number) {
    this.spec = spec
    this.ahead = aheadOf(spec, keys)
    this.#countsMs = countsMs(spec)
    const perMs = spec.rule === "bucket" ? (bucketOf(spec).perSecond / 1000) * (1 - DRIFT) : undefined
    this.#drain = perMs === undefined ? undefined : isOfKey(spec) ? perMs : perMs / keys
  }

  /** Whether less is written ahead than the limit lets through: then each request must be covered. */
  get isScarce(): boolean {
    return this.ahead < mostOf(this.spec)
  }

  /** Takes over what a former life's record says; answers whether it says anything of this limit. */
  inherit(records: ReadonlyArray<LimitCostsRecord> | undefined, times: FormerTimes): boolean {
    const record = records?.find(({ limit }) => limit === showLimit(this.spec))
    const openNow = (tally: Tally, cost: number) => {
      if (times.isUnanswered) tally.formerOpen += cost
      else if (cost > 0 && times.arrivedByMs > Number.NEGATIVE_INFINITY)
        this.#add(tally, cost, times.arrivedByMs)
    }
    openNow(this.#tally(ANY), record?.ahead ?? mostOf(this.spec))
    const leastMs = this.#isSharedBucket ? times.levelMs(showLimit(this.spec)) : Number.NEGATIVE_INFINITY
    for (const { open, scope, settled } of record?.scopes ?? []) {
      const tally = this.#tally(scope)
      for (const [atMs, cost] of settled) this.#add(tally, cost, times.settledMs(Math.max(atMs, leastMs)))
      openNow(tally, open)
    }
    return record !== undefined
  }

  /** Counts what another key's record says, where both share the limit; answers whether it says anything of it. */
  share(records: ReadonlyArray<LimitCostsRecord> | undefined, times: FormerTimes): boolean {
    const isTold =
      !isOfKey(this.spec) && records?.some(({ limit }) => limit === showLimit(this.spec)) === true
    return isTold && this.inherit(records, times)
  }

  /** What former lives sent without an answer has arrived by then, if it arrives at all. */
  clearFormer(latestMs: number): void {
    for (const tally of this.#tallies.values()) {
      if (tally.formerOpen > 0) this.#add(tally, tally.formerOpen, latestMs)
      tally.formerOpen = 0
    }
  }

  /** What former lives have left, as long as nothing was sent since. */
  former(limit: number): ReadonlyArray<FormerCost> {
    return Array.from(this.#tallies, ([scope, { formerOpen, settled }]) => {
      const of = { limit, scope, countsMs: this.#countsMs }
      const open = formerOpen > 0 ? [{ ...of, cost: formerOpen, latestMs: undefined }] : []
      return [...settled.map((one) => ({ ...of, ...one })), ...open]
    }).flat()
  }

  /** A request leaves. Answers how it is settled. */
  hold(scope: string, cost: number, nowMs: number): (latestMs: number) => void {
    const tally = this.#tallyFor(scope, nowMs)
    if (tally.settled.length > 2 * PARTS) this.#forget(tally, nowMs)
    tally.open += cost
    return (latestMs) => {
      tally.open -= cost
      if (latestMs > Number.NEGATIVE_INFINITY) this.#add(tally, cost, latestMs)
    }
  }

  /** @param offsetMs what to add to times to get those since the boot */
  record(isAhead: boolean, nowMs: number, offsetMs: number): LimitCostsRecord {
    const scopes = Array.from(this.#tallies, ([scope, tally]) => {
      this.#forget(tally, nowMs)
      const left = this.#isSharedBucket ? this.#levelled(tally, nowMs) : tally.settled
      const settled = left.map(({ cost, latestMs }): [number, number] => [latestMs + offsetMs, cost])
      return { scope, open: tally.open + tally.formerOpen, settled }
    })
    return {
      limit: showLimit(this.spec),
      spec: this.spec,
      ahead: isAhead ? this.ahead : 0,
      scopes: scopes.filter(({ open, settled }) => open > 0 || settled.length > 0),
    }
  }

  get #isSharedBucket(): boolean {
    return this.#drain !== undefined && !isOfKey(this.spec)
  }

  #tally(name: string): Tally {
    const known = this.#tallies.get(name)
    if (known !== undefined) return known
    const made: Tally = { open: 0, formerOpen: 0, settled: [] }
    this.#tallies.set(name, made)
    return made
  }

  /** That of its own for a scope, or the one for all scopes where there are many. */
  #tallyFor(scope: string, nowMs: number): Tally {
    if (this.spec.field === undefined) return this.#tally(ANY)
    const name = scopeName(scope)
    if (!this.#tallies.has(name) && this.#tallies.size >= MOST_SCOPES) this.#forgetIdle(nowMs)
    return this.#tally(this.#tallies.has(name) || this.#tallies.size < MOST_SCOPES ? name : ANY)
  }

  #forgetIdle(nowMs: number): void {
    for (const [name, tally] of this.#tallies) {
      this.#forget(tally, nowMs)
      if (tally.open + tally.formerOpen === 0 && tally.settled.length === 0) this.#tallies.delete(name)
    }
  }

  #forget(tally: Tally, nowMs: number): void {
    // Keys that share a bucket drain it together, however little one of them sends.
    if (this.#drain === undefined)
      tally.settled = tally.settled.filter(({ latestMs }) => latestMs + this.#countsMs > nowMs)
    else if (this.#levelAt(tally.settled, nowMs - TICK_MS) === 0) tally.settled = []
  }

  /** Of a bucket that keys share, as of now: what has drained by then must not drain again when another key's is added. */
  #levelled({ settled }: Tally, nowMs: number): Tally["settled"] {
    const latestMs = Math.max(nowMs, settled.at(-1)?.latestMs ?? nowMs)
    return settled.length === 0 ? [] : [{ latestMs, cost: this.#levelAt(settled, latestMs - TICK_MS) }]
  }

  /** What a bucket counts of what has arrived before. */
  #levelAt(settled: Tally["settled"], atMs: number): number {
    const drain = this.#drain ?? 0
    let level = 0
    let fromMs = Number.NEGATIVE_INFINITY
    for (const { cost, latestMs } of settled) {
      level = (level === 0 ? 0 : Math.max(0, level - drain * (latestMs - fromMs))) + cost
      fromMs = latestMs
    }
    return Math.min(mostOf(this.spec), Math.max(0, level - drain * Math.max(0, atMs - fromMs)))
  }

  #add(tally: Tally, cost: number, latestMs: number): void {
    const { settled } = tally
    if (this.#drain !== undefined) {
      tally.settled = this.#poured(settled, cost, latestMs)
      return
    }
    const partOf = (atMs: number) => Math.floor((atMs * PARTS) / this.#countsMs)
    const same = settled.findLast((one) => partOf(one.latestMs) === partOf(latestMs))
    if (same === undefined) settled.push({ latestMs, cost })
    else {
      same.latestMs = Math.max(same.latestMs, latestMs)
      same.cost += cost
    }
  }

  /** The level when the last but one arrived, and what has arrived since. What comes at about the same time is not told apart. */
  #poured(settled: Tally["settled"], cost: number, latestMs: number): Tally["settled"] {
    const last = settled.at(-1)
    if (last === undefined) return [{ latestMs, cost }]
    if (latestMs < last.latestMs + TICK_MS) {
      const together = { latestMs: Math.max(latestMs, last.latestMs), cost: last.cost + cost }
      return [...settled.slice(0, -1), together]
    }
    const before = { latestMs: last.latestMs, cost: this.#levelAt(settled, last.latestMs) }
    return [before, { latestMs, cost }]
  }
}
