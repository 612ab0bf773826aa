/**
 * How many orders several Python clients made. Each numbers its own, and may count them once a second; a log in which the
 * times and the numbers of another go on is a further piece of it.
 */
import type { LogEvent } from "../../journal/LogEvent.ts"
import {
  createdByNumber,
  emptyNumbering,
  mergeNumberings,
  type Numbering,
  orderNumbered,
  ordersCounted,
  requestsPerSecond,
} from "../Numbering.ts"
import { isTimed } from "../Origin.ts"

/** One log, or the logs of one client. */
interface Numbered {
  readonly numbering: Numbering
  readonly firstMs: number
  readonly lastMs: number
}

/** A client's logs so far, in the order of their times. */
interface Client extends Numbered {
  /** The last log's own, as far as it has numbers. */
  readonly last: Numbering
}

export interface ClientNumbers {
  /** Takes an event of the log with this number. */
  readonly add: (log: number, event: LogEvent) => void
  /** Orders that all clients created. */
  readonly created: () => number
  /** The same in a second, in so long a time. */
  readonly requestsPerSecond: (totalMs: number) => number
}

/** So much earlier than another's end a log may begin and yet go on from it: threads write lines late. */
const LATE_MS = 1000

const hasNumbers = ({ largest, smallest }: Numbering): boolean => smallest <= largest

/** Whether the numbers go on: they are greater, and nearer to where the former end than to where they begin. */
const numbersGoOn = (former: Numbering, next: Numbering): boolean =>
  !hasNumbers(former) ||
  !hasNumbers(next) ||
  (next.smallest > former.smallest &&
    Math.abs(next.smallest - former.largest) <= next.smallest - former.smallest)

const gapOf = (client: Client, { numbering }: Numbered): number =>
  hasNumbers(client.last) && hasNumbers(numbering)
    ? Math.abs(numbering.smallest - client.last.largest)
    : Infinity

/** The clients whose logs these are. */
const clientsOf = (logs: ReadonlyArray<Numbered>): ReadonlyArray<Client> => {
  const clients: Array<Client> = []
  for (const log of logs.toSorted((one, other) => one.firstMs - other.firstMs)) {
    const former = clients
      .filter(({ last, lastMs }) => log.firstMs >= lastMs - LATE_MS && numbersGoOn(last, log.numbering))
      .toSorted((one, other) => gapOf(one, log) - gapOf(other, log) || other.lastMs - one.lastMs)[0]
    if (former === undefined) {
      clients.push({ ...log, last: log.numbering })
      continue
    }
    clients[clients.indexOf(former)] = {
      numbering: mergeNumberings(former.numbering, log.numbering),
      firstMs: former.firstMs,
      lastMs: Math.max(former.lastMs, log.lastMs),
      last: hasNumbers(log.numbering) ? log.numbering : former.last,
    }
  }
  return clients
}

export const makeClientNumbers = (): ClientNumbers => {
  const logs = new Map<number, { numbering: Numbering; firstMs: number; lastMs: number }>()

  const clients = () => clientsOf([...logs.values()])

  return {
    add: (log, event) => {
      if (!isTimed(event)) return
      const known = logs.get(log) ?? { numbering: emptyNumbering(), firstMs: Infinity, lastMs: -Infinity }
      logs.set(log, known)
      known.firstMs = Math.min(known.firstMs, event.atMs)
      known.lastMs = Math.max(known.lastMs, event.atMs)
      if (event.type === "requests") ordersCounted(known.numbering, event.count)
      else if (event.number !== undefined) orderNumbered(known.numbering, event.number)
    },
    created: () => clients().reduce((sum, { numbering }) => sum + createdByNumber(numbering), 0),
    requestsPerSecond: (totalMs) => {
      const all = clients()
      return all.reduce((sum, { firstMs, lastMs, numbering }) => {
        // Who counts tells of the time in which it ran, who only numbers of all of it.
        const share = all.length > 1 && numbering.counts > 0 ? (lastMs - firstMs) / (totalMs || 1) : 1
        return sum + requestsPerSecond(numbering, totalMs) * share
      }, 0)
    },
  }
}
