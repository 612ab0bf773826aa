/**
 * Finds out what logs amount to as one: a run whose journal is in pieces, several runs, or Python clients.
 */
import { Result } from "effect"
import { quote } from "../../platform/quote.ts"
import { groupRuns, type Run } from "./groupRuns.ts"
import { type JournalPiece, type LogPiece, nameOfPieces, type PythonPiece } from "./LogPiece.ts"
import { planRuns, type RunsPlan } from "./planRuns.ts"

export type MergePlan =
  | { readonly type: "run"; readonly run: Run }
  | ({ readonly type: "runs" } & RunsPlan)
  | { readonly type: "clients"; readonly logs: ReadonlyArray<PythonPiece> }

/** Files that may be open at once. */
const MOST_AT_ONCE = 100

interface Span {
  readonly beginMs: number
  readonly endMs: number
}

/** The most of them that go on at the same time. */
const mostAtOnce = (spans: ReadonlyArray<Span>): number => {
  const ends = spans.map(({ endMs }) => endMs).toSorted((one, other) => one - other)
  let over = 0
  let most = 0
  for (const [index, { beginMs }] of spans.toSorted((one, other) => one.beginMs - other.beginMs).entries()) {
    while ((ends[over] ?? Infinity) < beginMs) over += 1
    most = Math.max(most, index + 1 - over)
  }
  return most
}

const refuseTooMany = (spans: ReadonlyArray<Span>): Result.Result<void, string> => {
  const most = mostAtOnce(spans)
  return most <= MOST_AT_ONCE
    ? Result.succeed(undefined)
    : Result.fail(
        `${most} of the logs go on at the same time, and no more than ${MOST_AT_ONCE} can be merged; give fewer`,
      )
}

const isJournal = (piece: LogPiece): piece is JournalPiece => piece.source === "journal"
const isPython = (piece: LogPiece): piece is PythonPiece => piece.source === "python-client"

/** Logs that were looked at become one; in a line for the user why they cannot. */
export const planMerge = (pieces: ReadonlyArray<LogPiece>): Result.Result<MergePlan, string> =>
  Result.gen(function* () {
    const journals = pieces.filter(isJournal)
    const logs = pieces.filter(isPython)
    const [journal] = journals
    const [log] = logs
    if (journal !== undefined && log !== undefined)
      return yield* Result.fail(
        `${quote(journal.file)} is a journal, and ${quote(log.file)} a Python client's log, which does not say in which time zone it is; summarise them side by side, without --merge`,
      )
    if (journal === undefined) {
      yield* refuseTooMany(logs.map(({ firstMs, lastMs }) => ({ beginMs: firstMs, endMs: lastMs })))
      return {
        type: "clients",
        logs: logs.toSorted((one, other) => one.firstMs - other.firstMs || (one.file < other.file ? -1 : 1)),
      }
    }
    const runs = yield* groupRuns(journals)
    const [run] = runs
    if (run !== undefined && runs.length === 1) return { type: "run", run }
    const plan = yield* planRuns(runs)
    yield* refuseTooMany(
      plan.runs.map(({ offsetMs, pieces }) => ({
        beginMs: offsetMs,
        endMs: offsetMs + (pieces.at(-1)?.lastMs ?? 0),
      })),
    )
    return { type: "runs", ...plan }
  })

/** The merged log's name: its first file's, and how many more there are. */
export const nameOfMerged = (plan: MergePlan): string => {
  switch (plan.type) {
    case "run":
      return nameOfPieces(plan.run.pieces)
    case "runs":
      return nameOfPieces(plan.runs.flatMap(({ pieces }) => pieces))
    case "clients":
      return nameOfPieces(plan.logs)
  }
}
