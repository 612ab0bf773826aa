/** What is wrong with a log, in one line. */
import { Effect, Schema } from "effect"
import { JOURNAL_VERSION } from "../journal/JournalRecord.ts"
import type { UnreadableLog } from "../journal/logBytes.ts"
import { quote } from "../platform/quote.ts"
import type { LogSummariser } from "./LogSummariser.ts"
import type { Missed } from "./LogSpan.ts"
import { clockText, offsetText, spanText } from "./Selection.ts"

/** The name that stands for standard input. */
export const STANDARD_INPUT = "-"

export const nameOf = (file: string): string => (file === STANDARD_INPUT ? "standard input" : quote(file))

/** There is nothing to learn from a log. */
export class LogUnusable extends Schema.TaggedError<LogUnusable>()("LogUnusable", {
  /**
   * `directory`, `gzip` and `unreadable`: its bytes cannot be had; `no-beginning`: the time that was asked for is none
   * of its own; `missed`: it has nothing of that time; `python-log`: it does not say what a certificate needs.
   */
  reason: Schema.Literals([
    "directory",
    "gzip",
    "unreadable",
    "not-a-file",
    "newer",
    "nothing",
    "no-beginning",
    "missed",
    "python-log",
  ]),
  /** Its name. */
  file: Schema.String,
  message: Schema.String,
}) {}

export const cannotRead =
  (file: string) =>
  ({ problem, reason }: UnreadableLog): LogUnusable =>
    new LogUnusable({
      reason: reason === "other" ? "unreadable" : reason,
      file,
      message:
        reason === "not-a-file" ? `${nameOf(file)} is not a file` : `cannot read ${nameOf(file)}: ${problem}`,
    })

export const tooNew = (file: string, version: number): LogUnusable =>
  new LogUnusable({
    reason: "newer",
    file,
    message: `${nameOf(file)} is a journal of version ${version}, and this paceline reads up to version ${JOURNAL_VERSION}`,
  })

/** Fails where the log is a journal that is too new to be read here. */
export const refuseNewer = (
  file: string,
  log: Pick<LogSummariser, "newerVersion">,
): Effect.Effect<void, LogUnusable> =>
  Effect.suspend(() => {
    const version = log.newerVersion()
    return version === undefined ? Effect.void : Effect.fail(tooNew(file, version))
  })

export const nothingReadable = (file: string, lines: number): LogUnusable => {
  const holds =
    lines === 0
      ? "is empty"
      : `holds nothing readable in ${lines === 1 ? "its one line" : `its ${lines} lines`}`
  return new LogUnusable({ reason: "nothing", file, message: `${nameOf(file)} ${holds}` })
}

const noBeginning = (file: string): LogUnusable =>
  new LogUnusable({
    reason: "no-beginning",
    file,
    message: `${nameOf(file)} does not say when it began`,
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
): Effect.Effect<void, LogUnusable> =>
  Effect.suspend(() => {
    if (log.lacksBeginning()) return Effect.fail(noBeginning(file))
    const missed = log.missed()
    if (missed === undefined) return Effect.void
    const message = `${nameOf(file)} has nothing ${spanText(missed.asked)}: ${extentText(missed)}`
    return Effect.fail(new LogUnusable({ reason: "missed", file, message }))
  })
