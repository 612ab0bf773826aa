/** What a certificate says of windows and nonces, straight from the definitions: every request against all before it. */
import type { JournalRecord } from "../../src/journal/JournalRecord.ts"

type Sent = Extract<JournalRecord, { readonly type: "sent" }>
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
const millis = (us: number): number => us / 1000
const smallest = (spares: ReadonlyArray<number>): number | null =>
  spares.length === 0 ? null : Math.min(...spares)

/** The naive certificate of a journal in which every request has one end at most. */
export const naiveCertificate = (journal: ReadonlyArray<JournalRecord>): NaiveCertificate => {
  const header = journal.find((record) => record.type === "header")
  if (header === undefined) throw new Error("a journal has a header")
  const { boundMs, limit, requestTimeoutMs, windowMs } = header.settings
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

    const written = (end: End | undefined): number => {
      const at = end !== undefined && "written" in end ? end.written : undefined
      return at === undefined || boundMs === null ? Infinity : micros(at) + micros(boundMs)
    }
    const latest = (end: End | undefined): number => {
      if (end === undefined) return Infinity
      if (!("settled" in end)) return -Infinity
      if (end.type === "returned" && end.reason === "not-sent") return -Infinity
      return end.type === "outcome" && end.outcome === "unknown"
        ? micros(end.settled) + micros(boundMs ?? requestTimeoutMs)
        : Math.min(micros(end.settled), written(end))
    }

    const judged = sends.map(({ at, sent }, i): NaiveSend => {
      const counted = sends
        .slice(0, i)
        .map(({ end }) => latest(end))
        .filter((until) => until !== -Infinity)
        .toSorted((one, other) => other - one)
      const limiting = counted[limit - 1]
      const before = sends[i - 1]
      if (before !== undefined && sent.nonce <= before.sent.nonce) nonceViolations += 1
      const overtakable =
        before === undefined
          ? -Infinity
          : before.endAt < at
            ? latest(before.end)
            : Math.min(latest(before.end), written(before.end))
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
