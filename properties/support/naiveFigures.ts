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
const sum = (numbers: ReadonlyArray<number>): number => numbers.reduce((all, one) => all + one, 0)

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

/**
 * How long requests held a permit, and the key's order, all together, from the log's first outcome on.
 *
 * @param first the time of that, in microseconds
 */
export const heldSince = (
  first: number,
  holds: ReadonlyArray<Hold>,
): { readonly permits: number; readonly order: number; readonly requests: number } => {
  const until = (to: (hold: Hold) => number) =>
    sum(holds.map((hold) => Math.max(0, to(hold) - Math.max(first, hold.from))))
  return {
    permits: until((hold) => hold.permitBack),
    order: until((hold) => hold.nextCouldGo),
    requests: holds.length,
  }
}

export const utilisationOf = (
  records: ReadonlyArray<JournalRecord>,
  header: typeof Header.Type,
  throughput: number,
  first: number,
): Summary["utilisation"] => {
  const holds = records
    .filter(isSettled)
    .filter((record) => record.type === "outcome")
    .map((record) => holdOf(record, header.settings))
  return utilisationWith(heldSince(first, holds), header, throughput)
}

/** @param held of the requests that ended an order */
export const utilisationWith = (
  held: ReturnType<typeof heldSince>,
  { keys, settings }: typeof Header.Type,
  throughput: number,
): Summary["utilisation"] => {
  const { limit, windowMs, marginMs } = settings
  const { requests } = held
  const permitMs = held.permits / requests / 1000
  const orderMs = held.order / requests / 1000
  const ceiling = (limit * keys.length) / ((windowMs + 1) / 1000)
  const window = (limit * keys.length) / ((windowMs + (marginMs ?? 1) + permitMs) / 1000)
  const safeOptimum =
    requests === 0 ? null : orderMs === 0 ? window : Math.min(window, (1000 / orderMs) * keys.length)
  return {
    ceiling,
    ofCeiling: throughput / ceiling,
    safeOptimum,
    ofSafeOptimum: safeOptimum === null ? null : throughput / safeOptimum,
  }
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
  runs: 1,
  runsWithoutEnd: records.some(isType("footer")) ? 0 : 1,
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
    const perMs = total === 0 ? null : sent / (total / 1000)
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
      sentPerWindow: perMs && Math.min(sent, perMs * settings.windowMs),
      slotsUsed: perMs && (perMs * (settings.windowMs + 1)) / settings.limit,
      nonceJumps: own.filter(isType("nonce-jump")).length,
      retired:
        left === undefined
          ? null
          : { atMs: (microsOf(left.t) - first) / 1000, state: left.state, reason: left.reason ?? null },
    }
  })
}
