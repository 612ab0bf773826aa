/**
 * Figures of a journal from the whole list of its records, by their definitions. Written a second time, with no
 * thought for speed or memory, to hold the summary to.
 */
import type { Header, JournalRecord } from "../../src/journal/JournalRecord.ts"
import type { Summary } from "../../src/summary/Summary.ts"

type Of<Type> = Extract<JournalRecord, { readonly type: Type }>
/** A record of a request that was answered or given up. */
type Settled = Extract<JournalRecord, { readonly settled: number }>

const isType =
  <Type extends JournalRecord["type"]>(type: Type) =>
  (record: JournalRecord): record is Of<Type> =>
    record.type === type
export const isSettled = (record: JournalRecord): record is Settled => "settled" in record

export const microsOf = (ms: number): number => Math.round(ms * 1000)
export const between = (from: number, to: number): number => microsOf(to) - microsOf(from)

/** From creation to the first request, in microseconds. */
export const queueWaits = (records: ReadonlyArray<JournalRecord>): ReadonlyArray<number> =>
  records
    .filter(isType("sent"))
    .filter((record) => record.attempt === 1)
    .map((record) => between(record.createdAt, record.t))

/** From a request's beginning to its being handed over, in microseconds. */
export const writeDelays = (records: ReadonlyArray<JournalRecord>): ReadonlyArray<number> =>
  records
    .filter(isSettled)
    .flatMap((record) => (record.written === undefined ? [] : [between(record.sent, record.written)]))

/** @param unfinished orders without an outcome */
export const lossesOf = (records: ReadonlyArray<JournalRecord>, unfinished: number): Summary["losses"] => {
  const outcomes = records.filter(isType("outcome"))
  const count = (is: (record: Of<"outcome">) => boolean) => outcomes.filter(is).length
  const expired = (place: string) => count((_) => _.outcome === "expired" && _.place === place)
  const rejected = (reason: string) => count((_) => _.outcome === "rejected" && _.reason === reason)
  const unknown = (cause: string) => count((_) => _.outcome === "unknown" && _.cause === cause)
  return {
    expired: { queue: expired("queue"), limiter: expired("limiter") },
    rejected: {
      "rate-limit": rejected("rate-limit"),
      blocked: rejected("blocked"),
      nonce: rejected("nonce"),
      "api-key": rejected("api-key"),
      clock: rejected("clock"),
      exchange: rejected("exchange"),
    },
    unknown: {
      timeout: unknown("timeout"),
      "broken-connection": unknown("broken-connection"),
      undecodable: unknown("undecodable"),
      "server-error": unknown("server-error"),
      unfinished,
    },
    cancelled: count((_) => _.outcome === "cancelled"),
  }
}

/** @param points the log's beginning, all acceptances and its end, in microseconds: there may be millions */
export const longestGap = (points: ArrayLike<number>): Summary["longestWithoutAcceptance"] => {
  const first = points[0] ?? 0
  let longest = -Infinity
  let from = first
  for (let index = 1; index < points.length; index += 1) {
    const before = points[index - 1] ?? 0
    const micros = (points[index] ?? 0) - before
    if (micros <= longest) continue
    longest = micros
    from = before
  }
  return { ms: longest / 1000, fromMs: (from - first) / 1000 }
}

/** Times in microseconds. */
interface Hold {
  readonly from: number
  /** When the request has certainly arrived. */
  readonly permitBack: number
  /** When the key's next one could go. */
  readonly nextCouldGo: number
}

export const holdOf = (
  record: Settled,
  { boundMs, requestTimeoutMs }: (typeof Header.Type)["settings"],
): Hold => {
  const from = microsOf(record.sent)
  const settled = microsOf(record.settled)
  const byBound =
    record.written === undefined || boundMs === null
      ? Number.POSITIVE_INFINITY
      : microsOf(record.written) + microsOf(boundMs)
  // Given up, or without an answer that means something.
  if ("cause" in record) {
    const permitBack = settled + microsOf(boundMs ?? requestTimeoutMs)
    return { from, permitBack, nextCouldGo: Math.min(permitBack, byBound) }
  }
  return { from, permitBack: Math.min(settled, byBound), nextCouldGo: Math.min(settled, byBound) }
}

/** Orders' creations in microseconds, in the order in which they left the queue: as their first records tell. */
const creationsOf = (records: ReadonlyArray<JournalRecord>): ReadonlyArray<number> => {
  const told = new Set<string>()
  return records.flatMap((record) => {
    if (record.type === "sent") {
      told.add(record.id)
      return record.attempt === 1 ? [microsOf(record.createdAt)] : []
    }
    return record.type === "outcome" && !told.has(record.id) ? [microsOf(record.createdAt)] : []
  })
}

const LONGEST = 86_400_000_000

/** How long each request that ended an order held what, in microseconds, in the order in which that was known. */
const waysOf = (records: ReadonlyArray<JournalRecord>, settings: (typeof Header.Type)["settings"]) =>
  records
    .filter(isSettled)
    .filter((record) => record.type === "outcome")
    .map((record) => {
      const { from, nextCouldGo, permitBack } = holdOf(record, settings)
      const isAccepted =
        record.outcome === "accepted" ||
        (record.outcome === "rejected" && ["rate-limit", "nonce", "blocked"].includes(record.reason))
      return {
        permit: permitBack - from,
        next: Math.max(0, nextCouldGo - from),
        settled: microsOf(record.settled) - from,
        isAccepted,
      }
    })
    .filter(({ permit }) => permit >= 0 && permit <= LONGEST)

/**
 * Plays the safe rules on the log's orders, with all that each lane has ever sent kept. All in microseconds.
 *
 * @param first the time of the log's first outcome
 * @param windows complete ones in which the log has orders
 */
export const safeOptimumOf = (
  records: ReadonlyArray<JournalRecord>,
  { keys, settings }: typeof Header.Type,
  first: number,
  windows: number,
): number | null => {
  const ways = waysOf(records, settings)
  if (ways.length === 0) return null
  const lanes = keys.map((_, index) => ({
    usedAs: index - keys.length,
    nextFrom: -Infinity,
    backAt: new Array<number>(),
  }))
  const readyAt = ({ backAt, nextFrom }: (typeof lanes)[number]): number =>
    Math.max(nextFrom, backAt.toSorted((one, other) => other - one)[settings.limit - 1] ?? -Infinity)
  const acceptedAt: Array<number> = []
  let sent = 0
  for (const created of creationsOf(records)) {
    const [lane] = lanes.toSorted((one, other) => readyAt(one) - readyAt(other) || one.usedAs - other.usedAs)
    const way = ways[sent % ways.length]
    if (lane === undefined || way === undefined) return null
    const at = Math.max(created, readyAt(lane))
    if (settings.ttlMs !== null && at >= created + microsOf(settings.ttlMs)) continue
    sent += 1
    lane.usedAs = sent
    lane.nextFrom = at + way.next
    lane.backAt.push(at + way.permit + microsOf(settings.windowMs) + 1000)
    if (way.isAccepted) acceptedAt.push(at + way.settled)
  }
  const seconds = Math.max(1, windows)
  return acceptedAt.filter((at) => at >= first && at < first + seconds * 1e6).length / seconds
}

/** @param safeOptimum orders a second; null where the log does not tell */
export const utilisationOf = (
  { keys, settings }: typeof Header.Type,
  throughput: number,
  safeOptimum: number | null,
): Summary["utilisation"] => {
  const { limit, windowMs } = settings
  const ceiling = (limit * keys.length) / ((windowMs + 1) / 1000)
  return {
    ceiling,
    ofCeiling: throughput / ceiling,
    safeOptimum,
    ofSafeOptimum: safeOptimum === null || safeOptimum === 0 ? null : throughput / safeOptimum,
  }
}

/**
 * From a log's first outcome to its last, or to the end that was planned, in microseconds; and from there to the last moment at
 * which the run took orders. A plan within a second is none.
 *
 * @param last the time of the last outcome
 */
export const lengthOf = (
  records: ReadonlyArray<JournalRecord>,
  { settings }: typeof Header.Type,
  first: number,
  last: number,
): { readonly total: number; readonly withOrders: number; readonly planned: number } => {
  const plan = microsOf(settings.durationMs ?? Infinity) - first
  const planned = plan < 1e6 ? Infinity : plan
  const footer = records.find(isType("footer"))
  const recorded = Math.min(planned, last - first)
  if (footer === undefined) return { total: recorded, withOrders: recorded, planned }
  const ended = Math.max(0, microsOf(footer.t) - first)
  const hasFailed = footer.end === "failed" && planned !== Infinity
  const total = Math.max(recorded, hasFailed ? planned : Math.min(planned, ended))
  return { total, withOrders: Math.min(total, ended), planned }
}

/** @param records those of one run, with its header */
export const runOf = (
  records: ReadonlyArray<JournalRecord>,
  { keys, settings, startedAt }: typeof Header.Type,
): Summary["run"] => ({
  startedAt,
  gate: settings.gate,
  keys: keys.length,
  limit: settings.limit,
  windowMs: settings.windowMs,
  boundMs: settings.boundMs,
  marginMs: settings.marginMs,
  requestTimeoutMs: settings.requestTimeoutMs,
  durationMs: settings.durationMs,
  hasEnd: records.some(isType("footer")),
})

/** @param first the time of the log's first outcome, and from there to the last, in microseconds */
export const keysOf = (
  records: ReadonlyArray<JournalRecord>,
  { keys, settings }: typeof Header.Type,
  first: number,
  total: number,
): NonNullable<Summary["keys"]> => {
  const seen = records.flatMap((record) => ("key" in record ? [record.key] : []))
  return [...new Set([...keys, ...seen])].map((key) => {
    const own = records.filter((record) => "key" in record && record.key === key)
    const refused = (reason: string) =>
      own.filter((record) => record.type !== "key" && "reason" in record && record.reason === reason).length
    const ended = (outcome: string) =>
      own.filter((record) => record.type === "outcome" && record.outcome === outcome).length
    const sent = own.filter(isType("sent")).length
    const left = own.find(isType("key"))
    const plannedMs = settings.durationMs ?? Infinity
    const leftInTime =
      own.filter((record) => record.type === "sent" && record.t < plannedMs).length -
      own.filter(
        (record) => record.type === "returned" && record.reason === "not-sent" && record.sent < plannedMs,
      ).length
    const perMs = total === 0 ? null : leftInTime / (total / 1000)
    const windows = Math.floor(total / 1000 / (settings.windowMs + 1)) + 1
    return {
      key,
      sent,
      accepted: ended("accepted"),
      unknown: ended("unknown"),
      notSent: refused("not-sent"),
      unfinished: sent - own.filter(isSettled).length,
      refused: {
        "rate-limit": refused("rate-limit"),
        blocked: refused("blocked"),
        nonce: refused("nonce"),
        "api-key": refused("api-key"),
        clock: refused("clock"),
        exchange: refused("exchange"),
      },
      sentPerWindow: perMs && Math.min(leftInTime, perMs * settings.windowMs),
      slotsUsed: perMs === null ? null : leftInTime / (settings.limit * windows),
      nonceJumps: own.filter(isType("nonce-jump")).length,
      retired:
        left === undefined
          ? null
          : { atMs: (microsOf(left.t) - first) / 1000, state: left.state, reason: left.reason ?? null },
    }
  })
}

/** @param first the time of the log's first outcome, in microseconds */
export const keysGoneOf = (
  keys: NonNullable<Summary["keys"]>,
  first: number,
): NonNullable<Summary["keysGone"]> | null => {
  if (keys.some(({ retired }) => retired === null)) return null
  const how = (state: string): number => keys.filter(({ retired }) => retired?.state === state).length
  return {
    atMs: first / 1000 + Math.max(...keys.map(({ retired }) => retired?.atMs ?? 0)),
    keys: { blocked: how("blocked"), parked: how("parked"), unknown: how("unknown") },
  }
}
