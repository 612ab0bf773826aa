/** Ways to tamper with a journal that its records alone give away, and the line that must be named. */
import type { JournalRecord } from "../../src/journal/JournalRecord.ts"
import { naiveCertificate } from "./naiveCertificate.ts"

type Sent = Extract<JournalRecord, { readonly type: "sent" }>
type RequestEnd = Extract<JournalRecord, { readonly settled: number }>
type Journal = ReadonlyArray<JournalRecord>

export interface Tampered {
  readonly journal: Journal
  /** Lines, counted from 1, of which one must be among those that are named. */
  readonly lines: ReadonlyArray<number>
}

/** Tampers with a journal; `pick` chooses where. Undefined where this one has nothing to tamper with. */
export type Tamper = (journal: Journal, pick: number) => Tampered | undefined

const isSent = (record: JournalRecord | undefined): record is Sent => record?.type === "sent"
const isEnd = (record: JournalRecord | undefined): record is RequestEnd =>
  record !== undefined && "settled" in record

/** One of the places where records of a kind stand, and its record. */
const choose = <R extends JournalRecord>(
  journal: Journal,
  pick: number,
  is: (record: JournalRecord | undefined) => record is R,
  also: (record: R, at: number) => boolean = () => true,
): { readonly at: number; readonly record: R } | undefined => {
  const places = journal.flatMap((record, at) => (is(record) && also(record, at) ? [{ at, record }] : []))
  return places[pick % Math.max(1, places.length)]
}

/** Where the end of a request stands whose `sent` stands at `at`. */
const endOf = (journal: Journal, at: number): number => {
  const sent = journal[at]
  return journal.findIndex(
    (record, index) =>
      index > at &&
      isSent(sent) &&
      (record.type === "outcome" || record.type === "returned") &&
      record.id === sent.id,
  )
}

const line = (at: number): number => at + 1

const altered =
  <R extends JournalRecord>(
    is: (record: JournalRecord | undefined) => record is R,
    alter: (record: R) => JournalRecord,
    also?: (record: R) => boolean,
  ): Tamper =>
  (journal, pick) => {
    const found = choose(journal, pick, is, also)
    if (found === undefined) return undefined
    return { journal: journal.with(found.at, alter(found.record)), lines: [line(found.at)] }
  }

const isFooter = (
  record: JournalRecord | undefined,
): record is Extract<JournalRecord, { readonly type: "footer" }> => record?.type === "footer"

const keySends = (journal: Journal, key: string): ReadonlyArray<number> =>
  journal.flatMap((record, at) => (isSent(record) && record.key === key ? [at] : []))

/** Two requests of a key, one right after the other. */
const neighbours = (journal: Journal, pick: number) => {
  const second = choose(journal, pick, isSent, (sent, at) => keySends(journal, sent.key).indexOf(at) > 0)
  if (second === undefined) return undefined
  const sends = keySends(journal, second.record.key)
  const at = sends[sends.indexOf(second.at) - 1] ?? 0
  const first = journal[at]
  return isSent(first) ? { first: { at, record: first }, second } : undefined
}

/** A request with another nonce, in both of its records. */
const withNonce = (journal: Journal, at: number, nonce: number): Journal => {
  const sent = journal[at]
  const endAt = endOf(journal, at)
  const end = journal[endAt]
  const one = isSent(sent) ? journal.with(at, { ...sent, nonce }) : journal
  return isEnd(end) ? one.with(endAt, { ...end, nonce }) : one
}

type Of<T extends JournalRecord["type"]> = Extract<JournalRecord, { readonly type: T }>
const isPing = (record: JournalRecord | undefined): record is Of<"ping"> => record?.type === "ping"
const isHeader = (record: JournalRecord): record is Of<"header"> => record.type === "header"
const isReach = (record: JournalRecord | undefined): record is Of<"reach"> => record?.type === "reach"

/** Whether the end that stands there is an answer later than twice the bound of that moment. */
const isTooLate = (journal: ReadonlyArray<JournalRecord>, at: number): boolean => {
  const [header] = journal
  const end = journal[at]
  if (header?.type !== "header" || !isEnd(end) || end.written === undefined) return false
  const changed = journal.slice(0, at).findLast(isReach)
  const boundMs = changed?.boundMs ?? header.settings.boundMs ?? Infinity
  return end.settled > end.written + 2 * boundMs
}

export const tampering: Readonly<Record<string, Tamper>> = {
  "a send that is moved to before it was allowed": (journal, pick) => {
    const found = neighbours(journal, pick)
    if (found === undefined) return undefined
    const { first, second } = found
    const spare = naiveCertificate(journal).sends.find(({ at }) => at === second.at)
    const before = journal[endOf(journal, first.at)]
    // Of one that is lost, or answered too late for the bound, less is known before its end, and less is asked.
    const isUntold =
      (before?.type === "outcome" && before.outcome === "unknown") ||
      isTooLate(journal, endOf(journal, first.at))
    const spareMs = Math.min(spare?.windowMs ?? Infinity, isUntold ? Infinity : (spare?.orderMs ?? Infinity))
    const t = Math.round((second.record.t - spareMs - 0.01) * 1000) / 1000
    if (!(t > first.record.t)) return undefined
    const endAt = endOf(journal, second.at)
    const end = journal[endAt]
    const ended = isEnd(end) ? journal.with(endAt, { ...end, sent: t }) : journal
    const at = ended.findIndex((record, index) => index > first.at && record.t > t)
    const moved = ended.toSpliced(second.at, 1).toSpliced(at, 0, { ...second.record, t })
    return { journal: moved, lines: [line(at)] }
  },
  "nonces that are swapped": (journal, pick) => {
    const found = neighbours(journal, pick)
    if (found === undefined) return undefined
    const { first, second } = found
    return {
      journal: withNonce(withNonce(journal, first.at, second.record.nonce), second.at, first.record.nonce),
      lines: [line(second.at)],
    }
  },
  "a record of a send that stands there twice": (journal, pick) => {
    const found = choose(journal, pick, isSent)
    if (found === undefined) return undefined
    return { journal: journal.toSpliced(found.at, 0, found.record), lines: [line(found.at + 1)] }
  },
  "a record of a send that is missing": (journal, pick) => {
    const found = choose(journal, pick, isSent, (_, at) => isEnd(journal[endOf(journal, at)]))
    if (found === undefined) return undefined
    const endAt = endOf(journal, found.at)
    // The key's next request is held against the one before the gap, and may show the gap before the end does.
    const next = keySends(journal, found.record.key).find((at) => at > found.at)
    const lines = [line(endAt - 1), ...(next === undefined ? [] : [line(next - 1)])]
    return { journal: journal.toSpliced(found.at, 1), lines }
  },
  "an outcome that is missing": (journal, pick) => {
    const sent = choose(journal, pick, isSent, (_, at) => journal[endOf(journal, at)]?.type === "outcome")
    if (sent === undefined) return undefined
    return { journal: journal.toSpliced(endOf(journal, sent.at), 1), lines: [line(sent.at)] }
  },
  "an outcome of an order that was not sent, and is missing": (journal, pick) => {
    const isUnsent = (
      record: JournalRecord | undefined,
    ): record is Extract<JournalRecord, { readonly outcome: "expired" }> =>
      record?.type === "outcome" && record.outcome === "expired"
    const found = choose(
      journal,
      pick,
      isUnsent,
      ({ id }) => !journal.some((record) => record.type === "returned" && record.id === id),
    )
    if (found === undefined) return undefined
    return { journal: journal.toSpliced(found.at, 1), lines: [journal.length - 1] }
  },
  "an outcome that stands there twice": (journal, pick) => {
    const isOutcome = (
      record: JournalRecord | undefined,
    ): record is Extract<JournalRecord, { readonly type: "outcome" }> => record?.type === "outcome"
    const found = choose(journal, pick, isOutcome)
    if (found === undefined) return undefined
    return { journal: journal.toSpliced(found.at, 0, found.record), lines: [line(found.at + 1)] }
  },
  "an order that expires while its request is under way": (journal, pick) => {
    const found = choose(journal, pick, isSent)
    if (found === undefined) return undefined
    const { createdAt, id, t } = found.record
    const expired = { type: "outcome", outcome: "expired", t, id, createdAt } as const
    return { journal: journal.toSpliced(found.at + 1, 0, expired), lines: [line(found.at + 1)] }
  },
  "an order that is sent again after its outcome": (journal, pick) => {
    const found = choose(journal, pick, isSent, (_, at) => journal[endOf(journal, at)]?.type === "outcome")
    const last = journal.at(-2)
    if (found === undefined || last === undefined) return undefined
    const again = { ...found.record, t: last.t, nonce: Number.MAX_SAFE_INTEGER }
    return { journal: journal.toSpliced(-1, 0, again), lines: [journal.length] }
  },
  "a count in the footer": (journal, pick) => {
    const names = ["created", "accepted", "rejected", "expired", "unknown", "cancelled"] as const
    const name = names[pick % names.length] ?? "created"
    return altered(isFooter, (footer) => ({ ...footer, [name]: footer[name] + 1 }))(journal, 0)
  },
  "an outcome that is another than the footer counted": (journal, pick) => {
    const isAccepted = (
      record: JournalRecord | undefined,
    ): record is Extract<JournalRecord, { readonly outcome: "accepted" }> =>
      record?.type === "outcome" && record.outcome === "accepted"
    const found = choose(journal, pick, isAccepted)
    if (found === undefined) return undefined
    const refused = { ...found.record, outcome: "rejected", reason: "exchange" } as const
    return { journal: journal.with(found.at, refused), lines: [journal.length] }
  },
  "lines that changed places": (journal, pick) => {
    const places = journal.flatMap((record, at) => {
      const next = journal[at + 1]
      return at > 0 && next !== undefined && next.t > record.t && next.type !== "footer" ? [at] : []
    })
    const at = places[pick % Math.max(1, places.length)]
    const [one, other] = at === undefined ? [] : [journal[at], journal[at + 1]]
    if (at === undefined || one === undefined || other === undefined) return undefined
    return { journal: journal.toSpliced(at, 2, other, one), lines: [line(at), line(at + 1)] }
  },
  "a ping that is missing, and told when a request had arrived that was lost": (journal, pick) => {
    const found = choose(journal, pick, isPing)
    if (found === undefined) return undefined
    const without = journal.toSpliced(found.at, 1)
    const isTooEarly = (spareMs: number | null): boolean => spareMs !== null && spareMs < -0.001
    const lines = naiveCertificate(without).sends.flatMap(({ at, orderMs, windowMs }) =>
      isTooEarly(orderMs) || isTooEarly(windowMs) ? [line(at)] : [],
    )
    return lines.length === 0 ? undefined : { journal: without, lines }
  },
  "a ping that tells too early by when all has arrived": altered(isPing, (ping) => ({
    ...ping,
    cleared: ping.t,
  })),
  "a ping that was answered before it was begun": altered(isPing, (ping) => ({ ...ping, begun: ping.t + 1 })),
  "a change of the reach that is missing after an answer that was late": (journal, pick) => {
    const next = (at: number) =>
      journal.findIndex((record, index) => index > at && (isSent(record) || isReach(record)))
    const boundBefore = (at: number) =>
      journal.slice(0, at).findLast(isReach)?.boundMs ?? journal.find(isHeader)?.settings.boundMs ?? 0
    const found = choose(
      journal,
      pick,
      isReach,
      ({ boundMs, cause }, at) =>
        // Times are written in whole microseconds: a bound that widens by less may not have had to.
        cause === "answer" && boundMs - boundBefore(at) > 0.01 && isSent(journal[next(at)]),
    )
    if (found === undefined) return undefined
    return { journal: journal.toSpliced(found.at, 1), lines: [line(next(found.at) - 1)] }
  },
  "a reach that widens for nothing": altered(
    isReach,
    (reach) => ({ ...reach, cause: "calm" }),
    ({ cause }) => cause !== "calm",
  ),
  "another key in an end": altered(isEnd, (end) => ({ ...end, key: "key-0" })),
  "another nonce in an end": altered(isEnd, (end) => ({ ...end, nonce: end.nonce + 1 })),
  "another attempt in an end": altered(isEnd, (end) => ({ ...end, attempt: end.attempt + 1 })),
  "an end that says it was sent before its record": (journal, pick) => {
    // Where another record is of the same moment, it may have been.
    const found = choose(
      journal,
      pick,
      isSent,
      ({ t }, at) => journal[at - 1]?.t !== t && isEnd(journal[endOf(journal, at)]),
    )
    if (found === undefined) return undefined
    const endAt = endOf(journal, found.at)
    const end = journal[endAt]
    if (!isEnd(end)) return undefined
    return { journal: journal.with(endAt, { ...end, sent: found.record.t - 0.5 }), lines: [line(endAt)] }
  },
  "a request that is sent after it was settled": altered(isEnd, (end) => ({ ...end, sent: end.settled + 1 })),
  "a request that settles before it is sent": altered(isEnd, (end) => ({ ...end, settled: end.sent - 1 })),
  "a request that settles after its record": altered(isEnd, (end) => ({ ...end, settled: end.t + 1 })),
  "a request that is written before it is sent": altered(isEnd, (end) => ({ ...end, written: end.sent - 1 })),
  "a key that the header does not know": altered(isSent, (sent) => ({ ...sent, key: "key-0" })),
  "another attempt in a send": altered(isSent, (sent) => ({ ...sent, attempt: sent.attempt + 1 })),
  "a creation after the send": altered(isSent, (sent) => ({ ...sent, createdAt: sent.t + 1 })),
  "a header that is missing": (journal) => ({ journal: journal.slice(1), lines: [1] }),
  "a record after the footer": (journal) => {
    const last = journal.at(-1)
    return last === undefined ? undefined : { journal: [...journal, last], lines: [line(journal.length)] }
  },
  "a second header": (journal, pick) => {
    const header = journal[0]
    const at = 1 + (pick % (journal.length - 1))
    return header === undefined
      ? undefined
      : { journal: journal.toSpliced(at, 0, { ...header, t: journal[at - 1]?.t ?? 0 }), lines: [line(at)] }
  },
}
