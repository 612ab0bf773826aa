/**
 * Laws of logs that are summarised as one. Each has a broken variant that it must catch.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { NodeServices } from "@effect/platform-node"
import { Effect, ManagedRuntime, Option, Result } from "effect"
import * as fc from "fast-check"
import { afterAll, assert, beforeAll, describe, expect, it } from "vitest"
import type { JournalRecord } from "../src/journal/JournalRecord.ts"
import { makeRunRecorder, type RunRecord } from "../src/report/RunRecord.ts"
import type { Selection } from "../src/summary/Selection.ts"
import type { LogOptions } from "../src/summary/LogOptions.ts"
import { makeLogReader } from "../src/summary/LogReader.ts"
import { makeEventTaker } from "../src/summary/EventTaker.ts"
import type { PythonPiece } from "../src/summary/merge/LogPiece.ts"
import { mergeSources } from "../src/summary/merge/mergeSources.ts"
import { openMerge } from "../src/summary/merge/openMerge.ts"
import type { MergePlan } from "../src/summary/merge/planMerge.ts"
import type { RunsPlan } from "../src/summary/merge/planRuns.ts"
import { makeRunEvents } from "../src/summary/merge/runEvents.ts"
import { summariseMerged } from "../src/summary/merge/summariseMerged.ts"
import type { Summary } from "../src/summary/Summary.ts"
import { footer } from "../test/summary/records.ts"
import { catches, holds as holdsSoOften, RUNS } from "./support/law.ts"
import { type GeneratedJournal, journal, journalWithGaps, pythonLine, pythonLog } from "./support/logs.ts"

const defaults = { keys: 5, limit: 20 }
const ONE_THREAD = { threads: 1, togetherFrom: Infinity }

/** Every scenario is written to disk and read back, several times. */
const holds = <A>(arbitrary: fc.Arbitrary<A>, law: (scenario: A) => Promise<void>): Promise<void> =>
  holdsSoOften(arbitrary, law, [], Math.ceil(RUNS / 4))

let folder = ""
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "paceline-merge-"))
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

/** A file as it is given. */
interface File {
  readonly name: string
  readonly lines: ReadonlyArray<string>
  readonly isPacked: boolean
}

const write = (files: ReadonlyArray<File>): ReadonlyArray<string> =>
  files.map(({ name, lines, isPacked }) => {
    const path = join(folder, name)
    const text = lines.map((line) => `${line}\n`).join("")
    writeFileSync(path, isPacked ? gzipSync(text, { level: 1 }) : text)
    return path
  })

type Listen = NonNullable<LogOptions["listen"]>

/** How plans are changed before they are carried out: not at all, but for broken variants. */
type Change = (plan: MergePlan, paths: ReadonlyArray<string>) => MergePlan
const asPlanned: Change = (plan) => plan

const runtime = ManagedRuntime.make(NodeServices.layer)
afterAll(() => runtime.dispose())

/** How plans are carried out: as the program does it, but for broken variants. */
const summarise = (plan: MergePlan, options: LogOptions) =>
  summariseMerged(plan, defaults, options, ONE_THREAD)

const merge = (
  files: ReadonlyArray<File>,
  change: Change,
  options: LogOptions = {},
  carryOut: typeof summarise = summarise,
): Promise<Result.Result<Summary, string>> => {
  const paths = write(files)
  return openMerge(paths).pipe(
    Effect.flatMap((plan) => carryOut(change(plan, paths), options)),
    Effect.mapError(({ message }) => message),
    Effect.result,
    (merged) => runtime.runPromise(merged),
  )
}

const whole = (lines: ReadonlyArray<string>, options: LogOptions = {}): Summary => {
  const reader = makeLogReader(defaults, options)
  for (const line of lines) reader.line(line)
  reader.end()
  return Option.getOrThrow(reader.summary())
}

const unwrap = <A>(merged: Result.Result<A, string>): A =>
  Result.getOrThrowWith(merged, (message) => new Error(message))

/** Whether logs were refused that have nothing of the time that is looked at. */
const isOfNothing = (merged: Result.Result<Summary, string>): boolean =>
  Result.isFailure(merged) && merged.failure.includes(" has nothing ")

/** What a report shows of a log that is read with these options. */
const recording = (selection: Selection) => {
  let recorded: RunRecord | undefined
  const options: LogOptions = {
    selection,
    listen: (source) => {
      const recorder = makeRunRecorder({ ...defaults, source })
      return {
        add: recorder.add,
        end: () => {
          recorder.end()
          recorded = recorder.record()
        },
      }
    },
  }
  const record = (): RunRecord => recorded ?? assert.fail("a listener is told the log's end")
  return { options, record }
}

const encode = (record: JournalRecord): string => JSON.stringify(record)

/** Where a log of so many lines is cut, the order in which its pieces are given, and which of them are packed. */
const cutting = fc.record({
  cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), {
    minLength: 1,
    maxLength: 4,
  }),
  order: fc.array(fc.nat(), { minLength: 5, maxLength: 5 }),
  packed: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 5, maxLength: 5 }),
})
type Cutting = typeof cutting extends fc.Arbitrary<infer A> ? A : never

/** The pieces in the order of their lines, of which each has some; and as they are given. */
const piecesOf = (lines: ReadonlyArray<string>, { cuts, order, packed }: Cutting) => {
  const ends = [...new Set([...cuts.map((cut) => Math.ceil(cut * lines.length)), lines.length])]
    .filter((end) => end > 0)
    .toSorted((one, other) => one - other)
  const pieces = ends.map((end, index): File => ({
    name: `piece-${index}`,
    lines: lines.slice(ends[index - 1] ?? 0, end),
    // To pack takes time, so few are.
    isPacked: packed[index] === 0,
  }))
  const given = pieces
    .map((piece, index) => ({ piece, place: order[index] ?? 0 }))
    .toSorted((one, other) => one.place - other.place)
    .map(({ piece }) => piece)
  return { pieces, given }
}

describe("the pieces of a journal", () => {
  const rotated = fc
    .record({ journal, cutting, strange: fc.array(fc.nat({ max: 100 }), { maxLength: 3 }) })
    .map(({ journal: { records }, cutting, strange }) => {
      // A line that is none follows a record: no piece has nothing else.
      const after = new Set(strange.map((at) => at % records.length))
      const units = records.map((record, index) =>
        after.has(index) ? `${encode(record)}\nnothing` : encode(record),
      )
      return { units, cutting, times: records.map(({ t }) => t) }
    })

  /** Pieces of one and the same moment, whose order only their records could tell. */
  const areAlike = (pieces: ReadonlyArray<File>, message: string): boolean => {
    const moments = pieces.flatMap(({ lines }) => {
      const times = new Set(
        lines.flatMap((line) => /"type":"(?!header)[^}]*?"t":([\d.]+)/.exec(line)?.[1] ?? []),
      )
      return times.size === 1 ? [...times] : []
    })
    return /which of them comes first cannot be told/.test(message) && new Set(moments).size < moments.length
  }

  const isWhole =
    (change: Change) => async (log: typeof rotated extends fc.Arbitrary<infer A> ? A : never) => {
      const { pieces, given } = piecesOf(log.units, log.cutting)
      const merged = await merge(given, change)
      if (Result.isFailure(merged)) expect(areAlike(pieces, merged.failure)).toBe(true)
      else expect(merged.success).toEqual(whole(log.units.flatMap((unit) => unit.split("\n"))))
    }

  it("are the journal that was cut, in whatever order they are given", async () => {
    await holds(rotated, isWhole(asPlanned))
  })

  const withPieces =
    (
      rearrange: (
        pieces: Extract<MergePlan, { type: "run" }>["run"]["pieces"],
        paths: ReadonlyArray<string>,
      ) => Extract<MergePlan, { type: "run" }>["run"]["pieces"],
    ): Change =>
    (plan, paths) =>
      plan.type === "run"
        ? { ...plan, run: { ...plan.run, pieces: rearrange(plan.run.pieces, paths) } }
        : plan

  it("are not, where they are read in the order in which they are given", async () => {
    const asGiven = withPieces((pieces, paths) =>
      pieces.toSorted((one, other) => paths.indexOf(one.file) - paths.indexOf(other.file)),
    )
    await catches(rotated, isWhole(asGiven))
  })

  it("are not, where one of several is left out", async () => {
    await catches(
      rotated,
      isWhole(withPieces((pieces) => (pieces.length < 2 ? pieces : pieces.slice(0, -1)))),
    )
  })

  /** The journal of a run that ended in order. */
  const ended = fc
    .record({ journal, cutting, left: fc.nat() })
    .map(({ journal: { records }, cutting, left }) => {
      const counts = { created: 0, accepted: 0, rejected: 0, expired: 0, unknown: 0, cancelled: 0 }
      for (const one of records) {
        if (one.type !== "outcome") continue
        counts.created += 1
        counts[one.outcome] += 1
      }
      return { records: [...records, footer((records.at(-1)?.t ?? 0) + 1, counts)], cutting, left }
    })
  type Ended = typeof ended extends fc.Arbitrary<infer A> ? A : never

  /** Neither the first one, nor the last one, is left out: what they have others lack. */
  const isNoticed =
    (change: Change) =>
    async ({ records, cutting, left }: Ended) => {
      const { pieces, given } = piecesOf(records.map(encode), cutting)
      const middle = pieces.slice(1, -1)
      const missing = middle[left % Math.max(1, middle.length)]
      const merged = await merge(
        given.filter((piece) => piece !== missing),
        change,
      )
      if (missing === undefined || !missing.lines.some((line) => line.includes('"outcome"')))
        expect(Result.isSuccess(merged) || areAlike(pieces, merged.failure)).toBe(true)
      else
        expect(Result.isFailure(merged) ? merged.failure : "").toMatch(
          /are not one whole journal|which of them comes first cannot be told/,
        )
    }

  it("are refused where one is missing in which orders ended, and the footer is there", async () => {
    await holds(ended, isNoticed(asPlanned))
  })

  it("are not refused, where nobody looks at the footer", async () => {
    const withoutFooter = withPieces((pieces) => pieces.map((piece) => ({ ...piece, footer: undefined })))
    await catches(ended, isNoticed(withoutFooter))
  })
})

describe("the journals of several runs", () => {
  const START_MS = Date.UTC(2026, 10, 23, 16)

  /** When a run began, and whether it went on from the first one. */
  const life = (short: fc.Arbitrary<GeneratedJournal>) =>
    fc.record({
      journal: short,
      startMs: fc.oneof(
        fc.integer({ min: 0, max: 5000 }),
        fc.constantFrom(0, 1000),
        fc.integer({ min: 0, max: 3_000_000 }),
      ),
      resumes: fc.boolean(),
      cutting,
    })
  const oneRule = ({ journal: { header } }: { readonly journal: GeneratedJournal }) => ({
    ...header.settings,
    limit: 4,
    windowMs: 1000,
  })
  const smallGap = fc.integer({ min: 0, max: 300_000 })
  const lives = fc
    .array(life(fc.oneof(journal, journalWithGaps(smallGap))), { minLength: 2, maxLength: 4 })
    .map((all) =>
      all.map((one, index) => {
        const startedAt = new Date(START_MS + one.startMs).toISOString()
        const [first] = all
        const former = {
          file: "former",
          startedAt: new Date(START_MS + (first?.startMs ?? 0)).toISOString(),
          seed: 0,
        }
        const isHeir = index > 0 && one.resumes
        const records = one.journal.records.map((record): JournalRecord =>
          record.type === "header"
            ? {
                ...record,
                startedAt,
                seed: index,
                settings: oneRule(one),
                ...(isHeir ? { resumes: [former] } : {}),
              }
            : record,
        )
        return { ...one, records, isHeir, name: `run-${index}.ndjson` }
      }),
    )
  type Life = (typeof lives extends fc.Arbitrary<infer A> ? A : never)[number]

  const endOf = ({ records, startMs }: Life): number => startMs + (records.at(-1)?.t ?? 0)
  const family = (lives: ReadonlyArray<Life>, one: Life): Life => (one.isHeir ? (lives[0] ?? one) : one)

  /** What is whose, by the rules of docs/figures.md. */
  const kinshipOf = (lives: ReadonlyArray<Life>) => {
    const byStart = lives.toSorted((one, other) => one.startMs - other.startMs)
    const [first] = byStart
    const begin = first?.startMs ?? 0
    const areApart = lives.some((one) =>
      lives.some(
        (other) =>
          family(lives, one) !== family(lives, other) &&
          one.startMs < endOf(other) &&
          other.startMs < endOf(one),
      ),
    )
    const heads = byStart.map((one) => family(lives, one))
    const families = [...new Set(heads)]
    const labelsOf = (head: Life): ReadonlyArray<string> => [
      ...new Set(
        byStart.filter((one) => family(lives, one) === head).flatMap(({ journal }) => journal.header.keys),
      ),
    ]
    const nameOf = (head: Life, label: string): string => {
      if (!areApart) return label
      const owners = families.filter((other) => labelsOf(other).includes(label))
      if (owners.length === 1 && owners[0] === head) return label
      const eldest = byStart.find((one) => family(lives, one) === head)
      return `${eldest?.name ?? ""}:${label}`
    }
    const keys = [...new Set(families.flatMap((head) => labelsOf(head).map((label) => nameOf(head, label))))]
    return { byStart, begin, families, nameOf, keys }
  }

  /** All records of all runs in the order of their times, each moved and named. */
  const recordsOfAll = (lives: ReadonlyArray<Life>): ReadonlyArray<JournalRecord> => {
    const { begin, byStart, families, keys, nameOf } = kinshipOf(lives)
    const moved = byStart.flatMap((one) =>
      one.records.slice(1).map((record): JournalRecord => {
        const by = one.startMs - begin
        const head = family(lives, one)
        return {
          ...record,
          t: record.t + by,
          ...("id" in record ? { id: `${families.indexOf(head)}/${record.id}` } : {}),
          ...("createdAt" in record ? { createdAt: record.createdAt + by } : {}),
          ...("key" in record ? { key: nameOf(head, record.key) } : {}),
          ...("sent" in record ? { sent: record.sent + by, settled: record.settled + by } : {}),
          ...("written" in record && record.written !== undefined ? { written: record.written + by } : {}),
        }
      }),
    )
    const header = byStart[0]?.records[0]
    return [
      ...(header?.type === "header" ? [{ ...header, keys }] : []),
      ...moved.toSorted((one, other) => one.t - other.t),
    ]
  }

  const filesOf = (lives: ReadonlyArray<Life>): ReadonlyArray<File> =>
    lives
      .flatMap(({ name, records, cutting }) =>
        // A piece is called as logrotate does it.
        piecesOf(records.map(encode), { ...cutting, cuts: cutting.cuts.slice(0, 1) }).given.map((piece) => ({
          ...piece,
          name: piece.name === "piece-0" ? name : piece.name.replace(/^piece-/, `${name}.`),
        })),
      )
      .toReversed()

  /** Of runs that have no end; their records in a row have one header. */
  const wholeOf = (lives: ReadonlyArray<Life>, summary: Summary): Summary => ({
    ...summary,
    run: summary.run && { ...summary.run, runs: lives.length, runsWithoutEnd: lives.length },
  })

  const isOne = (change: Change, carryOut?: typeof summarise) => async (lives: ReadonlyArray<Life>) => {
    expect(unwrap(await merge(filesOf(lives), change, {}, carryOut))).toEqual(
      wholeOf(lives, whole(recordsOfAll(lives).map(encode))),
    )
  }

  const withRuns =
    (alter: (run: Extract<MergePlan, { type: "runs" }>["runs"][number]) => object): Change =>
    (plan) =>
      plan.type === "runs"
        ? { ...plan, runs: plan.runs.map((run) => Object.assign({}, run, alter(run))) }
        : plan

  it("are what all their records in the order of their times give", async () => {
    await holds(lives, isOne(asPlanned))
  })

  /** A part of the time that all runs took, and some of their keys. */
  const looks = fc.record({
    since: fc.option(fc.integer({ min: 0, max: 10_000 })),
    forMs: fc.option(fc.integer({ min: 0, max: 3_000_000 })),
    keys: fc.array(fc.nat({ max: 5 }), { maxLength: 2 }),
  })
  type Look = typeof looks extends fc.Arbitrary<infer A> ? A : never

  const offset = (ms: number | null) => (ms === null ? undefined : ({ type: "offset", ms } as const))

  /** What is looked at, in the times of a log that begins so much after the first run. */
  const selectionOf = ({ forMs, since }: Look, keys: ReadonlyArray<string>, beginMs: number): Selection => ({
    since: offset(since === null ? null : since - beginMs),
    until: offset(forMs === null ? null : (since ?? 0) + forMs - beginMs),
    keys,
  })

  const chosen = (all: ReadonlyArray<string>, { keys }: Look): ReadonlyArray<string> => [
    ...new Set(keys.flatMap((index) => all[index % Math.max(1, all.length)] ?? [])),
  ]

  const looked = fc.record({ lives, look: looks })
  type Looked = typeof looked extends fc.Arbitrary<infer A> ? A : never

  const isOneInPart =
    (narrow: (selection: Selection) => Selection) =>
    async ({ lives, look }: Looked) => {
      const selection = selectionOf(look, chosen(kinshipOf(lives).keys, look), 0)
      const merged = recording(narrow(selection))
      const naive = recording(selection)
      const records = recordsOfAll(lives)
      const told = await merge(filesOf(lives), asPlanned, merged.options)
      const { since, until } = selection
      const isAny = records.some(
        ({ t, type }) =>
          type !== "header" && type !== "footer" && (since?.ms ?? 0) <= t && t < (until?.ms ?? Infinity),
      )
      expect(isOfNothing(told)).toBe(!isAny && (since !== undefined || until !== undefined))
      if (isOfNothing(told)) return
      expect(unwrap(told)).toEqual(wholeOf(lives, whole(records.map(encode), naive.options)))
      // Spare times are those of each run by itself.
      const shown = ({ points }: RunRecord) => points.map((point) => ({ ...point, spareMs: null }))
      expect(shown(merged.record())).toEqual(shown(naive.record()))
    }

  it("are that in part, too, and in the intervals of their report", async () => {
    await holds(
      looked,
      isOneInPart((selection) => selection),
    )
  })

  it("are not, where no more than one of the keys is looked at", async () => {
    await catches(
      looked,
      isOneInPart((selection) => ({ ...selection, keys: selection.keys.slice(0, 1) })),
    )
  })

  describe("have the least of the spare times that each of them has alone", () => {
    const each = fc.record({
      boundMs: fc.constantFrom(null, 0, 55, 300),
      requestTimeoutMs: fc.constantFrom(100, 5000),
    })
    /** Runs by one rule, and each with a bound of its own. */
    const bounded = fc
      .record({ lives, look: looks, settings: fc.array(each, { minLength: 4, maxLength: 4 }) })
      .map(({ lives, look, settings }): Looked => ({
        look,
        lives: lives.map((one, index) => ({
          ...one,
          records: one.records.map((record) =>
            record.type === "header"
              ? { ...record, settings: { ...record.settings, ...settings[index], limit: 2 } }
              : record,
          ),
        })),
      }))

    const least = (spares: ReadonlyArray<number | null>): number =>
      Math.min(...spares.filter((spare) => spare !== null))
    const leastShown = ({ points }: RunRecord): number => least(points.map(({ spareMs }) => spareMs))

    const law =
      (change: Change, hear: (listen: Listen) => Listen = (listen) => listen) =>
      async ({ lives, look }: Looked) => {
        const { begin, keys, nameOf } = kinshipOf(lives)
        const asked = chosen(keys, look)
        const together = recording(selectionOf(look, asked, 0))
        const { listen, ...options } = together.options
        const merged = await merge(filesOf(lives), change, {
          ...options,
          ...(listen && { listen: hear(listen) }),
        })
        if (isOfNothing(merged)) return
        unwrap(merged)

        const spareByKey = new Map<string, number>()
        const shown: Array<number> = []
        for (const one of lives) {
          const head = family(lives, one)
          const labels = one.journal.header.keys.filter(
            (label) => asked.length === 0 || asked.includes(nameOf(head, label)),
          )
          if (labels.length === 0) continue
          const alone = recording(selectionOf(look, labels, one.startMs - begin))
          whole(one.records.map(encode), alone.options)
          shown.push(leastShown(alone.record()))
          for (const [label, spareMs] of alone.record().spareByKey) {
            const name = nameOf(head, label)
            spareByKey.set(name, least([spareByKey.get(name) ?? null, spareMs]))
          }
        }
        expect(new Map(together.record().spareByKey)).toEqual(spareByKey)
        expect(leastShown(together.record())).toBe(least(shown))
      }
    it("holds", () => holds(bounded, law(asPlanned)))

    it("catches one that judges all runs as one", () =>
      catches(
        bounded,
        law(asPlanned, (listen) => (source, current) => {
          const listener = listen(source, current)
          return {
            ...listener,
            add: (event) => {
              if (event.type !== "settings") return listener.add(event)
              const { runs: _, ...common } = event
              listener.add(common)
            },
          }
        }),
      ))

    it("catches one that goes by the widest bound of all", () =>
      catches(
        bounded,
        law((plan) => {
          if (plan.type !== "runs") return plan
          const { boundMs, requestTimeoutMs, runs = [] } = plan.settings
          const widened = runs.map((run) => ({ ...run, boundMs, requestTimeoutMs }))
          return { ...plan, settings: { ...plan.settings, runs: widened } }
        }),
      ))
  })

  it("are not, where all runs are taken to begin at once", async () => {
    await catches(lives, isOne(withRuns(() => ({ offsetMs: 0 }))))
  })

  it("are not, where orders with the same id are one", async () => {
    await catches(lives, isOne(withRuns(() => ({ idPrefix: "" }))))
  })

  it("are not, where keys with the same label are always one", async () => {
    await catches(lives, isOne(withRuns(() => ({ keyName: (label: string) => label }))))
  })

  /** Reads some of the runs at once, then others. */
  const inTurns =
    (turns: (runs: RunsPlan["runs"]) => ReadonlyArray<RunsPlan["runs"]>): typeof summarise =>
    (plan, options) =>
      Effect.gen(function* () {
        if (plan.type !== "runs") return yield* summarise(plan, options)
        const taker = makeEventTaker({ ...defaults, source: "journal" }, {})
        taker.take(plan.settings)
        for (const runs of turns(plan.runs))
          yield* mergeSources(
            runs.map((run) => ({
              pieces: run.pieces,
              beginMs: run.offsetMs,
              translate: makeRunEvents(run),
            })),
            taker.take,
          )
        taker.end()
        return taker.summary()
      })

  it("are read in one turn", async () => {
    await holds(
      lives,
      isOne(
        asPlanned,
        inTurns((runs) => [runs]),
      ),
    )
  })

  it("are not, where one run is read after the other", async () => {
    await catches(
      lives,
      isOne(
        asPlanned,
        inTurns((runs) => runs.map((run) => [run])),
      ),
    )
  })
})

describe("the logs of Python clients", () => {
  /** One client's, which numbers its orders. */
  const client = pythonLog.map((records) => {
    let next = 0
    return records.map((record) => (record.kind === "requests" ? record : { ...record, number: next++ }))
  })
  const rotated = fc.record({ records: client, cutting })
  type Records = typeof client extends fc.Arbitrary<infer A> ? A : never
  type Rotated = typeof rotated extends fc.Arbitrary<infer A> ? A : never

  const isWhole =
    (change: (merged: Summary, pieces: ReadonlyArray<File>) => Summary) =>
    async ({ records, cutting }: Rotated) => {
      const lines = records.map(pythonLine)
      const { given } = piecesOf(lines, cutting)
      const merged = await merge(given, asPlanned)
      expect(change(unwrap(merged), given)).toEqual(whole(lines))
    }

  it("that was rotated are the log that was cut", async () => {
    await holds(
      rotated,
      isWhole((merged) => merged),
    )
  })

  it("that was rotated are not, where each piece is taken for a client of its own", async () => {
    await catches(
      rotated,
      isWhole((merged, pieces) => ({
        ...merged,
        averageRequestsRate: pieces.reduce((sum, { lines }) => sum + whole(lines).averageRequestsRate, 0),
      })),
    )
  })

  const several = fc.array(client, { minLength: 2, maxLength: 3 })

  const isOne = (change: Change) => async (clients: ReadonlyArray<Records>) => {
    const files = clients.map((records, index) => ({
      name: `client-${index}.log`,
      lines: records.map(pythonLine),
      isPacked: false,
    }))
    const merged = unwrap(await merge(files, change))
    const all = clients.flat().toSorted((one, other) => one.ms - other.ms)
    const { averageRequestsRate: _, orders, ...figures } = whole(all.map(pythonLine))
    expect({
      ...merged,
      averageRequestsRate: undefined,
      orders: { ...merged.orders, created: orders.created },
    }).toEqual({ ...figures, orders })
  }

  const withLogs =
    (alter: (logs: ReadonlyArray<PythonPiece>) => ReadonlyArray<PythonPiece>): Change =>
    (plan) =>
      plan.type === "clients" ? { ...plan, logs: alter(plan.logs) } : plan

  it("that ran side by side count as all their lines do", async () => {
    await holds(several, isOne(asPlanned))
  })

  it("do not, where one of them is forgotten", async () => {
    await catches(several, isOne(withLogs((logs) => logs.slice(1))))
  })

  it("do not, where one is read after the other", async () => {
    // Its turn comes when those before it are at their end.
    const inTheirOrder = withLogs((logs) =>
      logs.map((log, index) => (index === 0 ? log : { ...log, firstMs: Infinity })),
    )
    await catches(several, isOne(inTheirOrder))
  })

  /** How their lines are told apart. */
  type Files = (clients: ReadonlyArray<Records>) => ReadonlyArray<Records>

  const isNumbered = (files: Files) => async (clients: ReadonlyArray<Records>) => {
    const made = (records: Records) => {
      const numbers = records.filter(({ kind }) => kind !== "requests").map(({ number }) => number)
      return numbers.length === 0 ? 0 : Math.max(...numbers) - Math.min(...numbers) + 1
    }
    // From the same moment on, so that neither goes on where the other ends.
    const logs = clients.map((records) => [
      ...records,
      ...records.map((record) => ({ ...record, ms: record.ms + 10_000 })),
    ])
    const given = files(logs).map((records, index) => ({
      name: `client-${index}.log`,
      lines: records.map(pythonLine),
      isPacked: false,
    }))
    const merged = unwrap(await merge(given, asPlanned))
    expect(merged.orders.created).toBe(clients.reduce((sum, records) => sum + made(records), 0))
  }
  const two = fc.tuple(client, client)

  it("made as many orders as they numbered", async () => {
    await holds(
      two,
      isNumbered((logs) => logs),
    )
  })

  it("did not, where all are taken for one", async () => {
    const asOne: Files = (logs) => [logs.flat().toSorted((one, other) => one.ms - other.ms)]
    await catches(two, isNumbered(asOne))
  })
})
