/** What a certificate says of windows and nonces, straight from the definitions: every request against all before it. */
import type { JournalRecord } from "../../src/journal/JournalRecord.ts"

type Sent = Extract<JournalRecord, { readonly type: "sent" }>
type Header = Extract<JournalRecord, { readonly type: "header" }>
type End = Extract<JournalRecord, { readonly type: "returned" | "outcome" }>

export interface NaiveKey {
  readonly key: string
  readonly requests: number
  readonly windowMs: number | null
  readonly orderMs: number | null
}

export interface NaiveSend {
  /** Where its `sent` record stands, counted from 0. */
  readonly at: number
  readonly windowMs: number | null
  readonly orderMs: number | null
}

export interface NaiveCertificate {
  readonly sends: ReadonlyArray<NaiveSend>
  readonly keys: ReadonlyArray<NaiveKey>
  readonly windowViolations: number
  readonly nonceViolations: number
}

const micros = (ms: number): number => Math.round(ms * 1000)
/** Without end is so long. */
const millis = (us: number): number => Math.max(-1e15, us / 1000)
const smallest = (spares: ReadonlyArray<number>): number | null =>
  spares.length === 0 ? null : Math.min(...spares)

/** What a journal says of the bound, and of what was lost, in microseconds. */
const naiveReach = (journal: ReadonlyArray<JournalRecord>, header: Header) => {
  const { boundMs, pings, requestTimeoutMs } = header.settings
  const timeout = micros(requestTimeoutMs)
  const isNew = header.version > 1
  const boundAt = (at: number): number => {
    const changes = journal
      .slice(0, at)
      .flatMap((record) => (record.type === "reach" ? [record.boundMs] : []))
    return micros((isNew ? changes.at(-1) : undefined) ?? boundMs ?? Infinity)
  }
  const longestRoundTrip = (at: number): number =>
    Math.max(
      0,
      ...journal.slice(0, at).flatMap((record) => {
        if (record.type === "ping") return [micros(record.t) - micros(record.begun)]
        if (!("settled" in record) || record.written === undefined) return []
        const isLost = record.type === "outcome" && record.outcome === "unknown"
        return isLost ? [] : [micros(record.settled) - micros(record.written)]
      }),
    )
  return {
    boundAt,
    lost: (settled: number, endAt: number, knownAt: number): number => {
      if (!isNew || pings === false)
        return micros(settled) + Math.min(boundAt(endAt), boundMs === null ? timeout : Infinity)
      const travel = boundMs === null ? Math.min(longestRoundTrip(endAt), timeout) : boundAt(endAt)
      const ping = journal.find(
        (record, at) =>
          at > endAt &&
          at < knownAt &&
          record.type === "ping" &&
          micros(record.begun) >= micros(settled) + travel - 2,
      )
      return ping?.type === "ping" ? micros(ping.cleared) : Infinity
    },
  }
}

/** The naive certificate of a journal in which every request has one end at most. */
export const naiveCertificate = (journal: ReadonlyArray<JournalRecord>): NaiveCertificate => {
  const header = journal.find((record) => record.type === "header")
  if (header === undefined) throw new Error("a journal has a header")
  const { limit, windowMs } = header.settings
  const reach = naiveReach(journal, header)
  let windowViolations = 0
  let nonceViolations = 0
  const all: Array<NaiveSend> = []

  const keys = header.keys.map((key): NaiveKey => {
    const sends: Array<{
      readonly sent: Sent
      readonly at: number
      readonly end?: End
      readonly endAt: number
    }> = []
    journal.forEach((sent, at) => {
      if (sent.type !== "sent" || sent.key !== key) return
      const isEnd = (record: JournalRecord): record is End =>
        (record.type === "returned" || record.type === "outcome") && record.id === sent.id
      const endAt = journal.findIndex((record, index) => index > at && isEnd(record))
      const end = journal[endAt]
      sends.push({
        sent,
        at,
        endAt: endAt === -1 ? Infinity : endAt,
        ...(end !== undefined && isEnd(end) ? { end } : {}),
      })
    })

    const written = (end: End | undefined, bound: number): number => {
      const at = end !== undefined && "written" in end ? end.written : undefined
      return at === undefined ? Infinity : micros(at) + bound
    }
    /** By the bound at the send that is judged; of what is known before the record at `knownAt`. */
    const latest = (end: End | undefined, endAt: number, bound: number, knownAt = Infinity): number => {
      if (end === undefined) return Infinity
      if (!("settled" in end)) return -Infinity
      if (end.type === "returned" && end.reason === "not-sent") return -Infinity
      if (end.type === "outcome" && end.outcome === "unknown") return reach.lost(end.settled, endAt, knownAt)
      const isLate =
        header.version > 1 &&
        end.written !== undefined &&
        micros(end.settled) > micros(end.written) + 2 * reach.boundAt(endAt) + 2
      return isLate ? micros(end.settled) : Math.min(micros(end.settled), written(end, bound))
    }

    const judged = sends.map(({ at, sent }, i): NaiveSend => {
      const bound = reach.boundAt(at)
      const counted = sends
        .slice(0, i)
        .map(({ end, endAt }) => latest(end, endAt, bound))
        .filter((until) => until !== -Infinity)
        .toSorted((one, other) => other - one)
      const limiting = counted[limit - 1]
      const before = sends[i - 1]
      if (before !== undefined && sent.nonce <= before.sent.nonce) nonceViolations += 1
      const overtakable =
        before === undefined
          ? -Infinity
          : before.endAt < at
            ? latest(before.end, before.endAt, bound, at)
            : Math.min(latest(before.end, before.endAt, bound, at), written(before.end, bound))
      return {
        at,
        windowMs: limiting === undefined ? null : millis(micros(sent.t) - limiting - micros(windowMs) - 1000),
        orderMs: overtakable === -Infinity ? null : millis(micros(sent.t) - overtakable),
      }
    })
    all.push(...judged)
    const known = (spares: ReadonlyArray<number | null>) => spares.filter((spare) => spare !== null)
    const windowSpares = known(judged.map((send) => send.windowMs))
    const orderSpares = known(judged.map((send) => send.orderMs))
    windowViolations += windowSpares.filter((spare) => spare < -0.001).length
    nonceViolations += orderSpares.filter((spare) => spare < -0.001).length
    return {
      key,
      requests: sends.length,
      windowMs: smallest(windowSpares),
      orderMs: smallest(orderSpares),
    }
  })
  return { sends: all, keys, windowViolations, nonceViolations }
}
