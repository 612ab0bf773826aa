/** The flags of `summarise`, and what of them cannot be asked for together. */
import { Duration, Option, Result } from "effect"
import { Argument, type Command, Flag } from "effect/cli"
import { quote } from "../platform/quote.ts"
import { STANDARD_INPUT } from "../summary/logProblems.ts"
import { isContradictory, momentText, type Selection, type TimeSpan } from "../summary/Selection.ts"
import { fileToWrite } from "./files.ts"
import * as Flags from "./Flags.ts"
import { integer } from "./Flags.ts"
import { parseMoment } from "./moment.ts"
import { parseDuration } from "./values.ts"

const MOST_KEYS = 1000
const SHORTEST_INTERVAL = Duration.seconds(1)

const moment = (name: string, description: string) =>
  Flags.parsed(name, "TIME", parseMoment, { description }).pipe(Flag.optional)

export const summariseFlags = {
  logs: Argument.String("log").pipe(
    Argument.withDescription(
      'Journals of paceline and logs of the exercise\'s Python clients, packed by gzip or not; "-" is standard input',
    ),
    Argument.variadic({ min: 1 }),
  ),
  format: Flags.format(["text", "json", "csv", "classic"], {
    description:
      "How to print: a table, one JSON value (an array for several logs), comma-separated values with a line for each log, or the ten lines of the exercise's own analysis",
    default: "text",
  }),
  since: moment(
    "since",
    "Only what happened from TIME on: 10s (from the log's beginning), 09:30 or 2026-11-24T09:30:00 (by the log's own clock, UTC in journals). An order counts when it ends, also as created: one that was created before --until and ended after it is left out",
  ),
  until: moment("until", "Only what happened before TIME"),
  key: Flags.parsed(
    "key",
    "LABEL",
    (text) =>
      text === ""
        ? Result.fail("the label is empty; write a key's label, such as key-1")
        : Result.succeed(text),
    {
      description:
        "Only requests of the key LABEL, and orders that ended with it; may be given several times. Orders that expired or were cancelled in the queue belong to no key",
    },
  ).pipe(Flag.between(0, MOST_KEYS)),
  every: Flags.parsed(
    "every",
    "DURATION",
    (text) =>
      Result.flatMap(parseDuration({ zero: false })(text), (every) =>
        Duration.isLessThan(every, SHORTEST_INTERVAL)
          ? Result.fail(`${quote(text)} is too short; intervals are at least 1s long`)
          : Result.succeed(every),
      ),
    {
      description:
        "Print a line for each interval instead, such as 10s (as JSON: an object a line). Intervals begin with the log; rates are over the part that the log, --since and --until cover. An order counts as created where it was created, and as everything else where it ended",
    },
  ).pipe(Flag.optional),
  keys: integer("keys", {
    description: "How many API keys the client has, for logs that do not say",
    max: 1_000_000,
    default: "5",
  }),
  limit: integer("limit", {
    description: "How many requests of a key may pass in a second, for logs that do not say",
    max: 1_000_000,
    default: "20",
  }),
  follow: Flags.toggle(
    "follow",
    "Show the figures of a log that is being written until its run ends (or Ctrl-C), then print them. It waits for a file that is not there yet, and goes on with one that is replaced",
  ),
  append: fileToWrite("append", "Also append the ten lines of the classic form to FILE"),
  certify: Flags.toggle(
    "certify",
    "Print a proof instead, from each journal alone, that its run kept the rules; or name the first line where it did not, and exit with status 1. Where the exchange refused requests all the same, say what that means, and exit with status 3",
  ),
  html: fileToWrite(
    "html",
    "Also write a report to FILE, one page that needs no network: figures, and charts of orders, ages, round trips, keys and the window's spare time (or the least spare of each limit), with the logs side by side",
  ),
}

/** What the command is given. */
export type SummariseConfig = Command.Command.Config.Infer<typeof summariseFlags>

/** Which part of the logs to look at. */
export const selectionOf = ({ key, since, until }: SummariseConfig): Selection => ({
  since: Option.getOrUndefined(since),
  until: Option.getOrUndefined(until),
  keys: key,
})

/** What is wrong with times between which no log can have anything. */
const problemWithTimes = (span: TimeSpan): string | undefined => {
  const { since, until } = span
  if (until?.type === "offset" && until.ms === 0)
    return `--until: ${momentText(until)} is where a log begins, and nothing is before that; give a later time`
  return since !== undefined && until !== undefined && isContradictory(span)
    ? `--since ${momentText(since)} and --until ${momentText(until)}: nothing is between them; give an --until that is later than --since`
    : undefined
}

const problemWithCertify = (config: SummariseConfig): string | undefined => {
  const { append, every, follow, format, html, key, since, until } = config
  if (follow || key.length > 0 || [append, every, html, since, until].some(({ _tag }) => _tag === "Some"))
    return "--certify judges a journal as a whole, and makes no figures; leave out --since, --until, --key, --every, --follow, --append and --html"
  return format === "classic" || format === "csv"
    ? `--certify: the form ${format} has no room for a certificate; use --format text or json`
    : undefined
}

const problemWithFollow = ({ every, html, logs }: SummariseConfig): string | undefined => {
  if (Option.isSome(html)) return "--follow writes no report; give --html without it once the run has ended"
  const packed = logs.find((name) => name.endsWith(".gz"))
  if (packed !== undefined)
    return `--follow reads a log while it is written, and ${quote(packed)} is packed and so complete; leave out --follow`
  if (logs[0] === STANDARD_INPUT)
    return '--follow follows a file that is being written; leave it out with "-", which is read to its end'
  return logs.length > 1 || Option.isSome(every)
    ? "--follow takes one file, and no --every; follow one log, or summarise them without --follow"
    : undefined
}

/** Why the command cannot do what it is asked for, and what to ask for instead; undefined where it can. */
export const problemWith = (config: SummariseConfig): string | undefined => {
  const { certify, every, follow, format, logs } = config
  if (logs.filter((log) => log === STANDARD_INPUT).length > 1)
    return 'standard input can be read only once; give "-" once'
  if (certify) return problemWithCertify(config)
  const withTimes = problemWithTimes(selectionOf(config))
  if (withTimes !== undefined) return withTimes
  if (Option.isSome(every) && format === "classic")
    return "--every has no classic form; give --format text, json or csv"
  return follow ? problemWithFollow(config) : undefined
}
