/**
 * Laws of summaries that are made part by part, as several threads read one log. Each has a broken variant that
 * it must catch.
 */
import { Option } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { makeLogReader } from "../src/summary/LogReader.ts"
import { makeOriginFinder, type Origin } from "../src/summary/Origin.ts"
import {
  addEvent,
  emptyPart,
  mergeParts,
  type PartialSummary,
  summaryOf,
} from "../src/summary/PartialSummary.ts"
import type { Summary } from "../src/summary/Summary.ts"
import type { WindowGrid } from "../src/summary/WindowGrid.ts"
import { type Writer, writers } from "../src/summary/Writer.ts"
import { catches, holds } from "./support/law.ts"
import {
  type GeneratedJournal,
  journal,
  journalWithGaps,
  lateness,
  pythonLine,
  pythonLog,
  writtenLate,
} from "./support/logs.ts"

const defaults = { keys: 5, limit: 20 }

/** A log as it lies in a file, and the places in which it is cut, as shares of its length. */
interface CutLog {
  readonly bytes: Uint8Array
  readonly cuts: ReadonlyArray<number>
}

const NEWLINE = 10

/** The lines that begin in a range of bytes, each to its end. */
const linesBeginningIn = (bytes: Uint8Array, from: number, to: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let start = from === 0 ? 0 : bytes.indexOf(NEWLINE, from - 1) + 1
  if (from > 0 && start === 0) return lines
  while (start < Math.min(to, bytes.length)) {
    const newline = bytes.indexOf(NEWLINE, start)
    const end = newline === -1 ? bytes.length : newline
    lines.push(new TextDecoder().decode(bytes.subarray(start, end)))
    start = end + 1
  }
  return lines
}

/** The lines of a range of bytes as if it were a file: those that the cuts tear are two. */
const linesWithin: typeof linesBeginningIn = (bytes, from, to) =>
  linesBeginningIn(bytes.subarray(from, to), 0, to - from)

const whole = (bytes: Uint8Array): Option.Option<Summary> => {
  const reader = makeLogReader(defaults)
  for (const line of linesBeginningIn(bytes, 0, bytes.length)) reader.line(line)
  return reader.summary()
}

/** A log whose beginning was read. */
interface Head {
  readonly writer: Writer
  readonly origin: Origin
}

/** Who wrote the log: the first line that anyone's reader recognises tells. */
const writerOf = (lines: ReadonlyArray<string>): Writer | undefined => {
  for (const line of lines) {
    const writer = writers.find(({ read }) => Option.isSome(read(line)))
    if (writer !== undefined) return writer
  }
  return undefined
}

const readHead = (bytes: Uint8Array): Head | undefined => {
  const lines = linesBeginningIn(bytes, 0, bytes.length)
  const writer = writerOf(lines)
  if (writer === undefined) return undefined
  const finder = makeOriginFinder({ ...defaults, source: writer.source })
  for (const line of lines) {
    const event = Option.getOrUndefined(writer.read(line))
    if (event !== undefined) finder.add(event)
  }
  return { writer, origin: finder.origin() }
}

const readPart = ({ writer, origin }: Head, lines: ReadonlyArray<string>, isFirst: boolean) => {
  const part = emptyPart(isFirst)
  for (const line of lines) {
    const event = writer.read(line)
    if (Option.isNone(event)) addEvent(part, { type: "unrecognised", lines: 1 }, origin)
    else addEvent(part, event.value, origin)
  }
  // As it comes from another thread.
  return structuredClone(part)
}

type Lines = typeof linesBeginningIn
type Parts = readonly [PartialSummary, ...ReadonlyArray<PartialSummary>]

const readParts = (
  { bytes, cuts }: CutLog,
  head: Head,
  linesOf: Lines,
  originOf: (lines: ReadonlyArray<string>) => Origin = () => head.origin,
): Parts => {
  const places = cuts.map((cut) => Math.floor(cut * bytes.length)).toSorted((one, other) => one - other)
  const ends = [...places, bytes.length]
  const [first, ...others] = ends.map((to, index) => {
    const lines = linesOf(bytes, ends[index - 1] ?? 0, to)
    return readPart({ ...head, origin: originOf(lines) }, lines, index === 0)
  })
  return [first ?? emptyPart(true), ...others]
}

type Merge = typeof mergeParts

const mergeAll = ([first, ...others]: Parts, origin: Origin, merge: Merge): Option.Option<PartialSummary> =>
  others.reduce(
    (merged, part) => Option.flatMap(merged, (earlier) => merge(earlier, part, origin)),
    Option.some(first),
  )

/** How the parts of a log become its summary. */
type Combine = (log: CutLog, head: Head) => Option.Option<Summary>

const byMerging =
  (merge: Merge, lines: Lines = linesBeginningIn): Combine =>
  (log, head) =>
    Option.map(mergeAll(readParts(log, head, lines), head.origin, merge), (merged) =>
      summaryOf(merged, head.origin),
    )

const cuts = fc.oneof(
  fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 4 }),
  fc.array(
    fc.integer({ min: 0, max: 20 }).map((twentieth) => twentieth / 20),
    { maxLength: 21 },
  ),
)

const strangeLine = fc.constantFrom(
  "",
  "Traceback (most recent call last):",
  "größer als ein Byte: 價格 🚀",
  `{"type":"outcome","t":1`,
  `{"type":"key","t":1,"key":"key-1","state":"parked","rateLimitErrors":9}`,
  "2026-11-23 16:24:06,711 - root - INFO - Req",
)

/** Lines as bytes, with strange ones among them, and an end that may be torn. */
const asFile = (lines: fc.Arbitrary<ReadonlyArray<string>>): fc.Arbitrary<CutLog> =>
  fc
    .record({
      lines,
      strange: fc.array(fc.record({ line: strangeLine, at: fc.nat({ max: 100 }) }), { maxLength: 4 }),
      torn: fc.nat({ max: 60 }),
      cuts,
    })
    .map(({ lines, strange, torn, cuts }) => {
      const all = [...lines]
      for (const { line, at } of strange) all.splice(at % (all.length + 1), 0, line)
      const bytes = new TextEncoder().encode(`${all.join("\n")}\n`)
      return { bytes: bytes.subarray(0, Math.max(0, bytes.length - torn)), cuts }
    })

const late = fc.array(lateness, { maxLength: 60, size: "max" })

const linesOf = (journal: fc.Arbitrary<GeneratedJournal>) =>
  fc.record({ journal, late }).map(({ journal: { records }, late }) => {
    const [header, ...others] = records
    const written = writtenLate(others, (record) => record.t * 1000, late)
    return [header, ...written].map((record) => JSON.stringify(record))
  })

const pythonLines = fc
  .record({ records: pythonLog, late })
  .map(({ records, late }) => writtenLate(records, (record) => record.ms * 1000, late).map(pythonLine))

/** Several runs of some minutes in one file: with every header the times begin again. */
const severalRuns = fc
  .array(linesOf(journalWithGaps(fc.integer({ min: 0, max: 60_000_000 }))), { minLength: 2, maxLength: 3 })
  .map((runs): ReadonlyArray<string> => runs.flat())

const oneLog = fc.oneof(asFile(linesOf(journal)), asFile(pythonLines))

const isWhole =
  (combine: Combine) =>
  async (log: CutLog): Promise<void> => {
    const head = readHead(log.bytes)
    if (head === undefined) return
    expect(combine(log, head)).toEqual(whole(log.bytes))
  }

const countsOf = (grid: WindowGrid, window: number) => (window < grid.oldest + 64 ? grid.head : grid.tail)

/** Forgets what the later part counted in the window in which the earlier ends. */
const withoutSharedWindow: Merge = (earlier, later, origin) => {
  const shared = earlier.windows.newest
  const windows = structuredClone(later.windows)
  if (shared >= windows.oldest && shared <= windows.newest) {
    const { accepted, left } = countsOf(windows, shared)
    accepted[shared % 64] = 0
    left[shared % 64] = 0
  }
  return mergeParts(earlier, { ...later, windows }, origin)
}

/** Forgets that orders sent in the earlier part ended in the later. */
const withoutEndings: Merge = (earlier, later, origin) => {
  const unfinished = { ...later.tally.unfinished, named: new Set<string>() }
  return mergeParts(earlier, { ...later, tally: { ...later.tally, unfinished } }, origin)
}

/** Forgets that requests of orders sent in the earlier part came back in the later. */
const withoutReturns: Merge = (earlier, later, origin) => {
  const unfinished = { ...later.tally.unfinished, cameBack: new Set<string>() }
  return mergeParts(earlier, { ...later, tally: { ...later.tally, unfinished } }, origin)
}

/** Takes the lowest throughput of the parts for that of the log. */
const lowestOfParts: Combine = (log, head) => {
  const parts = readParts(log, head, linesBeginningIn)
  const lowest = Math.min(...parts.map((part) => summaryOf(part, head.origin).lowestThroughput))
  return Option.map(byMerging(mergeParts)(log, head), (summary) => ({ ...summary, lowestThroughput: lowest }))
}

/** Takes the mean of the parts' percentiles for those of the log. */
const meanOfPercentiles: Combine = (log, head) => {
  const known = readParts(log, head, linesBeginningIn).flatMap(
    (part) => summaryOf(part, head.origin).roundTrip ?? [],
  )
  const p90 = known.reduce((sum, roundTrip) => sum + roundTrip.p90, 0) / known.length
  return Option.map(byMerging(mergeParts)(log, head), (summary) => ({
    ...summary,
    roundTrip: summary.roundTrip === null ? null : { ...summary.roundTrip, p90 },
  }))
}

/** Looks for the longest stretch without an acceptance in each part for itself. */
const stretchesOfParts: Merge = (earlier, later, origin) =>
  Option.map(mergeParts(earlier, later, origin), (merged) => {
    const [one, other] = [earlier.tally.acceptances, later.tally.acceptances]
    const longer = (other?.longestMs ?? 0) > (one?.longestMs ?? 0) ? other : one
    const { acceptances } = merged.tally
    return {
      ...merged,
      tally: {
        ...merged.tally,
        acceptances: acceptances && { ...acceptances, ...(longer && { longestMs: longer.longestMs }) },
      },
    }
  })

/** Takes the later part's figures of a key for those of both. */
const latestKeys: Merge = (earlier, later, origin) =>
  Option.map(mergeParts(earlier, later, origin), (merged) => ({
    ...merged,
    tally: { ...merged.tally, keys: new Map([...earlier.tally.keys, ...later.tally.keys]) },
  }))

/** Forgets how long the later part's requests were held. */
const withoutHeld: Merge = (earlier, later, origin) =>
  Option.map(mergeParts(earlier, later, origin), (merged) => ({ ...merged, held: earlier.held }))

/** Numbers the windows of every part from its own first record. */
const ownOrigins: Combine = (log, head) => {
  const parts = readParts(log, head, linesBeginningIn, (lines) => ({
    ...head.origin,
    firstMs: readHead(new TextEncoder().encode(lines.join("\n")))?.origin.firstMs ?? 0,
  }))
  return Option.map(mergeAll(parts, head.origin, mergeParts), (merged) => summaryOf(merged, head.origin))
}

describe("the parts of a log, cut anywhere", () => {
  it("add up to the summary of the whole", async () => {
    await holds(oneLog, isWhole(byMerging(mergeParts)))
  })

  it("do not, where a window that two parts share is counted in one", async () => {
    await catches(oneLog, isWhole(byMerging(withoutSharedWindow)))
  })

  it("do not, where orders that end in another part are lost", async () => {
    await catches(oneLog, isWhole(byMerging(withoutEndings)))
  })

  it("do not, where a request that came back in another part has no end", async () => {
    await catches(oneLog, isWhole(byMerging(withoutReturns)))
  })

  it("do not, where the lowest throughput is the lowest of the parts", async () => {
    await catches(oneLog, isWhole(lowestOfParts))
  })

  it("do not, where a stretch without an acceptance ends at a cut", async () => {
    await catches(oneLog, isWhole(byMerging(stretchesOfParts)))
  })

  it("do not, where a key that two parts name has the figures of one", async () => {
    await catches(oneLog, isWhole(byMerging(latestKeys)))
  })

  it("do not, where only the first part tells how long requests are under way", async () => {
    await catches(oneLog, isWhole(byMerging(withoutHeld)))
  })

  it("do not, where percentiles are averaged", async () => {
    await catches(oneLog, isWhole(meanOfPercentiles))
  })

  it("do not, where a cut tears a line in two", async () => {
    await catches(oneLog, isWhole(byMerging(mergeParts, linesWithin)))
  })

  it("do not, where each part counts windows from its own first record", async () => {
    await catches(oneLog, isWhole(ownOrigins))
  })
})

describe("the parts of a log to which other runs were appended", () => {
  const isWholeOrNone = (merge: Merge) => async (log: CutLog) => {
    const head = readHead(log.bytes)
    if (head === undefined) return
    const merged = byMerging(merge)(log, head)
    if (Option.isSome(merged)) expect(merged).toEqual(whole(log.bytes))
  }

  it("add up to the summary of the whole, or to none where they cannot", async () => {
    await holds(asFile(severalRuns), isWholeOrNone(mergeParts))
  })

  it("do not, where parts that cannot be merged are merged in their times' order", async () => {
    const inOrderOfTime: Merge = (earlier, later, origin) =>
      Option.orElse(mergeParts(earlier, later, origin), () =>
        mergeParts({ ...later, tally: earlier.tally }, { ...earlier, tally: later.tally }, origin),
      )
    await catches(asFile(severalRuns), isWholeOrNone(inOrderOfTime))
  })
})

describe("merging", () => {
  /** Merges neighbours in an order that the numbers choose. */
  const mergeInOrder = (
    parts: Parts,
    choices: ReadonlyArray<number>,
    origin: Origin,
    merge: Merge,
  ): Option.Option<PartialSummary> => {
    let left: ReadonlyArray<PartialSummary> = parts
    for (let round = 0; left.length > 1; round += 1) {
      const at = (choices[round % choices.length] ?? 0) % (left.length - 1)
      const [earlier, later] = left.slice(at, at + 2)
      if (earlier === undefined || later === undefined) break
      const merged = merge(earlier, later, origin)
      if (Option.isNone(merged)) return merged
      left = [...left.slice(0, at), merged.value, ...left.slice(at + 2)]
    }
    return Option.fromUndefinedOr(left[0])
  }

  /** What two summaries of parts must agree on: all that they could show, now or merged further. */
  const essence = (part: PartialSummary, origin: Origin) => ({
    summary: summaryOf(part, origin),
    windows: part.windows,
    unfinished: part.tally.unfinished,
    keys: [...part.tally.keys],
    acceptances: part.tally.acceptances,
    held: part.held,
  })

  const groupings = fc.record({
    log: oneLog,
    choices: fc.array(fc.nat({ max: 20 }), { minLength: 1, maxLength: 8 }),
  })
  const isAssociative =
    (merge: Merge) =>
    async ({ log, choices }: { readonly log: CutLog; readonly choices: ReadonlyArray<number> }) => {
      const head = readHead(log.bytes)
      if (head === undefined) return
      const { origin } = head
      const [first, ...others] = readParts(log, head, linesBeginningIn)
      // Also where the log's beginning is not among them.
      for (const parts of [[first, ...others], others] as const) {
        const [one, ...more] = parts
        if (one === undefined) continue
        const all = mergeInOrder([one, ...more], choices, origin, merge)
        const fromTheLeft = mergeAll([one, ...more], origin, merge)
        expect(Option.map(all, (part) => essence(part, origin))).toEqual(
          Option.map(fromTheLeft, (part) => essence(part, origin)),
        )
      }
    }

  it("gives the same in any grouping", async () => {
    await holds(groupings, isAssociative(mergeParts))
  })

  it("does not, where a merged part tells only of the orders that its earlier half named", async () => {
    const forgetful: Merge = (earlier, later, origin) =>
      Option.map(mergeParts(earlier, later, origin), (merged) => ({
        ...merged,
        tally: {
          ...merged.tally,
          unfinished: { ...merged.tally.unfinished, named: earlier.tally.unfinished.named },
        },
      }))
    await catches(groupings, isAssociative(forgetful))
  })

  const changesNothing = (empty: () => PartialSummary) => async (log: CutLog) => {
    const head = readHead(log.bytes)
    if (head === undefined) return
    const { origin } = head
    const [first, ...others] = readParts(log, head, linesBeginningIn)
    for (const part of [first, ...others]) {
      const merged = mergeParts(part, empty(), origin)
      expect(Option.map(merged, (_) => essence(_, origin))).toEqual(Option.some(essence(part, origin)))
    }
    for (const part of others) {
      const merged = mergeParts(empty(), part, origin)
      expect(Option.map(merged, (_) => essence(_, origin))).toEqual(Option.some(essence(part, origin)))
    }
  }

  it("with an empty part changes nothing", async () => {
    await holds(
      oneLog,
      changesNothing(() => emptyPart(false)),
    )
  })

  it("would, were an empty part one with an empty first window", async () => {
    const withWindow = () => {
      const part = emptyPart(false)
      return { ...part, windows: { ...part.windows, oldest: 0, newest: 0 } }
    }
    await catches(oneLog, changesNothing(withWindow))
  })
})
