/** What is wrong with a log, in one line for its user. */
import { join } from "node:path"
import { Effect } from "effect"
import { JOURNAL_VERSION } from "../journal/JournalRecord.ts"
import type { UnreadableLog } from "../journal/logBytes.ts"
import { UsageError } from "../platform/errors.ts"
import { quote } from "../platform/quote.ts"
import type { LogSummariser } from "./LogSummariser.ts"
import type { Missed } from "./LogSpans.ts"
import { clockText, offsetText, spanText } from "./Selection.ts"

/** The name that stands for standard input. */
export const STANDARD_INPUT = "-"

export const nameOf = (file: string): string => (file === STANDARD_INPUT ? "standard input" : quote(file))

const adviceOn = (file: string, { reason }: UnreadableLog): string => {
  if (reason === "directory") return `give the logs in it, such as ${join(file, "*.ndjson")}`
  return reason === "gzip" ? "give the whole file" : "give the path of a journal or of a Python client's log"
}

export const cannotRead =
  (file: string) =>
  (error: UnreadableLog): UsageError =>
    new UsageError({ message: `cannot read ${nameOf(file)}: ${error.problem}; ${adviceOn(file, error)}` })

export const tooNew = (file: string, version: number): UsageError =>
  new UsageError({
    message: `${nameOf(file)} is a journal of version ${version}, and this paceline reads up to version ${JOURNAL_VERSION}; summarise it with a newer paceline`,
  })

/** Fails where the log is a journal that is too new to be read here. */
export const refuseNewer = (
  file: string,
  log: Pick<LogSummariser, "newerVersion">,
): Effect.Effect<void, UsageError> =>
  Effect.suspend(() => {
    const version = log.newerVersion()
    return version === undefined ? Effect.void : Effect.fail(tooNew(file, version))
  })

export const nothingReadable = (file: string, lines: number): UsageError =>
  new UsageError({
    message:
      lines === 0
        ? `${nameOf(file)} is empty; give a journal or a Python client's log`
        : `${nameOf(file)} holds nothing readable in ${lines === 1 ? "its one line" : `its ${lines} lines`}; give a journal or a Python client's log`,
  })

const noBeginning = (file: string): UsageError =>
  new UsageError({
    message: `${nameOf(file)} does not say when it began; give --since and --until as times from its beginning, such as 10s`,
  })

/** From where to where a log goes, as those count who asked: by the clock or from the log's beginning. */
const extentText = ({ asked, has }: Missed): string => {
  if (has === undefined) return "it has no records at all"
  const { beginMs, clockMs, startMs, endMs } = has
  const isByClock = [asked.since, asked.until].some((moment) => moment && moment.type !== "offset")
  const text = (ms: number): string => {
    const rounded = Math.round(ms - beginMs)
    return isByClock && clockMs !== undefined ? clockText(clockMs + rounded) : offsetText(rounded)
  }
  return `it goes from ${text(startMs)} to ${text(endMs)}`
}

/** Fails where the log does not say what the time that was asked for is by its clock, or has nothing of it. */
export const refuseMissed = (
  file: string,
  log: Pick<LogSummariser, "lacksBeginning" | "missed">,
): Effect.Effect<void, UsageError> =>
  Effect.suspend(() => {
    if (log.lacksBeginning()) return Effect.fail(noBeginning(file))
    const missed = log.missed()
    if (missed === undefined) return Effect.void
    const message = `${nameOf(file)} has nothing ${spanText(missed.asked)}: ${extentText(missed)}; give --since and --until such that something is between them`
    return Effect.fail(new UsageError({ message }))
  })
