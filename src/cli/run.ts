/**
 * `run`: dispatches orders, shows progress, writes the journal, prints the summary.
 */
import { join } from "node:path"
import { Console, DateTime, Duration, Effect, Option, Redacted } from "effect"
import { Command, Flag } from "effect/cli"
import { DEFAULT_REQUEST_TIMEOUT } from "../dispatch/requestTimeout.ts"
import type { ApiKey } from "../domain/ApiKey.ts"
import { exerciseKeys } from "../venues/exercise/exercise.ts"
import { validateFile } from "../run/sources/NdjsonSource.ts"
import { freshSeed } from "../platform/Random.ts"
import { isFolder } from "../recovery/readJournals.ts"
import { countPassedOver, showPassedOver } from "../recovery/Resumption.ts"
import { renderSummaries } from "../summary/render.ts"
import { EMBEDDED_MAX_DELAY_MS, type OrderSource, type RunSettings } from "../run/RunSettings.ts"
import { UsageError } from "../platform/errors.ts"
import { exchangeMillis, LONGEST_WINDOW } from "./exchangeMillis.ts"
import { file, fileToWrite, isSameFile } from "./files.ts"
import * as Flags from "./Flags.ts"
import { isLoopback } from "./isLoopback.ts"
import { keysFileFlag, resolveKeys } from "./keys.ts"
import { checkOrderRate } from "./orderRate.ts"
import { quote } from "../platform/quote.ts"
import { makeRunProgress } from "./RunProgress.ts"
import { expectOrdersOnStandardInput } from "./standardInput.ts"
import { resolveState, stateFlag } from "./state.ts"

const flags = {
  url: Flags.httpUrl("url", {
    description:
      "Where the exchange takes orders, such as http://127.0.0.1:9999/api/request. Left out: start an exchange here and send to it",
  }).pipe(Flag.optional),
  duration: Flags.duration("duration", {
    description: "How long orders are made, or read (default: 30s; with --orders, until the end)",
  }).pipe(Flag.optional),
  load: Flags.nonNegative("load", {
    description:
      "How many orders are made, times 95 % of all slots of all keys: 95.2 a second for five keys with 20 a second (default: 1)",
    max: 1000,
  }).pipe(Flag.optional),
  orders: file(
    "orders",
    'Take orders from NDJSON instead, one {"id": "...", "params": {...}} a line; - is standard input. A file with a bad line is refused; a bad line of standard input is reported, counted and passed over',
    "FILE|-",
  ),
  seed: Flags.seed("seed", {
    description:
      "What orders and delays derive from, so that a run can be repeated (default: a random one, shown)",
  }).pipe(Flag.optional),
  ttl: Flags.durationOrNone("ttl", {
    description: "An order's time to live: how long after its creation it is worth sending",
    default: "1s",
  }),
  limit: Flags.integer("limit", {
    description: "Requests that the exchange lets each key pass in one window",
    default: "20",
    max: 10_000,
  }),
  window: Flags.duration("window", { description: "The exchange's window", default: "1s" }),
  bound: Flags.durationOrNone("bound", {
    description:
      "The longest time a request takes from here until the exchange counts it, with a margin for handling; none where it is not known: safe with any delay, and 5 % slower",
    default: "55ms",
    zero: true,
  }),
  gate: Flags.gate({
    description:
      "What decides when a key may send next (all but ack-window exceed the limit or overtake nonces sooner or later)",
    default: "ack-window",
  }),
  keysFile: keysFileFlag,
  faults: Flags.faults("fault", {
    description:
      "What our own exchange does wrong, written as for paceline exchange; may be given several times",
  }),
  log: fileToWrite(
    "log",
    "Where to write the journal (default: paceline-<date>-<time>.ndjson, in the folder given with --resume if there is one)",
  ),
  state: stateFlag,
  durable: Flag.Boolean("durable").pipe(
    Flag.withDescription(
      "Let no request leave before its record is on the disk itself: the journal then suffices to resume after a power failure, too. Without it, after any death of the process",
    ),
    Flag.withDefault(false),
  ),
  resume: Flag.String("resume").pipe(
    Flag.withMetavar("JOURNAL|FOLDER"),
    Flag.withDescription(
      "Go on where the journal of a former run ends; give one for every former run, or a folder that holds them all. Orders that it says were accepted, rejected or expired are done; those sent without an answer are unknown, reported and not sent again; all others follow, cancelled ones too. Needs --orders",
    ),
    Flag.atLeast(0),
  ),
  format: Flags.format({ description: "The form of the summary at the end", default: "text" }),
  noProgress: Flag.Boolean("no-progress").pipe(
    Flag.withDescription("Show nothing while running"),
    Flag.withDefault(false),
  ),
}

/** Our own exchange's delays are known: a bound below them breaks its promise. */
const warnOfBound = ({ bound }: RunSettings) =>
  bound === undefined || Duration.toMillis(bound) >= EMBEDDED_MAX_DELAY_MS
    ? Effect.void
    : Console.error(
        `warning: --bound ${Duration.format(bound)} is less than the ${EMBEDDED_MAX_DELAY_MS} ms that our own exchange may take: expect nonce errors and exceeds`,
      )

/** The exercise's keys are public: nobody means to send them to an exchange that is not theirs. */
const needsKeys = (url: Option.Option<URL>, keysFile: Option.Option<string>, keys: ReadonlyArray<ApiKey>) =>
  Option.isSome(url) && !isLoopback(url.value.hostname) && Option.isNone(keysFile) && keys === exerciseKeys

const DEFAULT_DURATION = Duration.seconds(30)

const sourceOf = Effect.fnUntraced(function* (
  orders: Option.Option<string>,
  load: Option.Option<number>,
  duration: Option.Option<Duration.Duration>,
): Effect.fn.Return<OrderSource, UsageError> {
  if (Option.isNone(orders)) {
    return {
      type: "random",
      load: Option.getOrElse(load, () => 1),
      duration: Option.getOrElse(duration, () => DEFAULT_DURATION),
    }
  }
  if (Option.isSome(load)) {
    return yield* new UsageError({
      message: "--load and --orders: a file's orders come as they are; leave out one of the two",
    })
  }
  return { type: "ndjson", from: orders.value, duration: Option.getOrUndefined(duration) }
})

/** No exchange counts in less, and what asks for more has slipped in the unit: the pace would be one order in hours. */
const SHORTEST_WINDOW = Duration.millis(1)
const LONGEST_FOREIGN_WINDOW = Duration.days(1)

const checkWindow = (window: Duration.Duration) =>
  Duration.between(window, { minimum: SHORTEST_WINDOW, maximum: LONGEST_FOREIGN_WINDOW })
    ? Effect.void
    : Effect.fail(new UsageError({ message: "--window: from 1ms to 1d" }))

/** The journal must not be written into what the run reads. */
const checkLog = Effect.fnUntraced(function* (
  log: Option.Option<string>,
  read: ReadonlyArray<readonly [flag: string, file: Option.Option<string>]>,
) {
  if (Option.isNone(log)) return
  for (const [flag, name] of read) {
    if (Option.isSome(name) && (yield* isSameFile(log.value, name.value))) {
      return yield* new UsageError({
        message: `--log and ${flag} name the same file, ${quote(name.value)}; write the journal to another`,
      })
    }
  }
})

/** Standard input without a single order is no success: something else was meant to be there. */
const tellBadLines = (count: number, orders: number) => {
  const lines = count === 1 ? "1 bad line" : `${count} bad lines`
  return orders === 0
    ? Effect.fail(new UsageError({ message: `standard input held no order, but ${lines}; nothing was sent` }))
    : Console.error(`${lines} of standard input ${count === 1 ? "was" : "were"} passed over`)
}

/** Whether a run goes on from others can be judged before their journals are read. */
const checkResume = (paths: ReadonlyArray<string>, source: OrderSource) =>
  paths.length > 0 && source.type === "random"
    ? Effect.fail(
        new UsageError({
          message:
            "--resume goes on with the orders of a file: give it with --orders. Orders made at random have nothing to go on with",
        }),
      )
    : Effect.void

/** The moment at which it starts, to the millisecond. Of runs that start in the same one each gets a name of its own. */
const defaultLog = Effect.map(DateTime.now, (now) => {
  const [date, time] = DateTime.formatIso(now).split("T")
  return `paceline-${date ?? ""}-${(time ?? "").replaceAll(":", "").slice(0, 10).replace(".", "-")}.ndjson`
})

/** Beside the journals of former runs where these are kept in a folder, so that the next run finds it there. */
const newLog = Effect.fnUntraced(function* (former: ReadonlyArray<string>) {
  const name = yield* defaultLog
  const folders = yield* Effect.filter(former, isFolder)
  return folders[0] === undefined ? name : join(folders[0], name)
})

export const run = Command.make(
  "run",
  flags,
  Effect.fnUntraced(function* (input) {
    const source = yield* sourceOf(input.orders, input.load, input.duration)
    if (Option.isSome(input.url) && input.faults.length > 0) {
      return yield* new UsageError({
        message: "--fault and --url: only our own exchange does wrong when told to; leave out one of the two",
      })
    }
    yield* Option.isNone(input.url)
      ? exchangeMillis("--window", input.window, LONGEST_WINDOW)
      : checkWindow(input.window)
    yield* checkLog(input.log, [
      ["--orders", Option.filter(input.orders, (orders) => orders !== "-")],
      ["--keys-file", input.keysFile],
    ])
    const keys = yield* resolveKeys(input.keysFile)
    if (source.type === "random") {
      const { limit, window } = input
      yield* checkOrderRate({ load: source.load, keys: keys.length, limit, window })
    } else {
      yield* source.from === "-" ? expectOrdersOnStandardInput : validateFile(source.from)
    }
    yield* checkResume(input.resume, source)
    if (needsKeys(input.url, input.keysFile, keys)) {
      return yield* new UsageError({
        message:
          "--url names another machine: give API keys for it, with --keys-file or in PACELINE_API_KEYS",
      })
    }
    const state = yield* resolveState(input.state, Option.isSome(input.url))
    const settings: RunSettings = {
      url: Option.getOrUndefined(Option.map(input.url, (url) => Redacted.make(url))),
      source,
      keys,
      seed: Option.isSome(input.seed) ? input.seed.value : yield* freshSeed,
      ttl: Option.getOrUndefined(input.ttl),
      limit: input.limit,
      window: input.window,
      bound: Option.getOrUndefined(input.bound),
      gate: input.gate,
      requestTimeout: DEFAULT_REQUEST_TIMEOUT,
      faults: input.faults,
      log: Option.isSome(input.log) ? input.log.value : yield* newLog(input.resume),
      logOrAnother: Option.isNone(input.log),
      ...(state === undefined ? {} : { state }),
      durable: input.durable,
      resume: input.resume.length === 0 ? undefined : input.resume,
    }
    if (settings.url === undefined) yield* warnOfBound(settings)
    // Loaded here, so that no other command pays for HTTP.
    const { run: dispatchRun } = yield* Effect.promise(() => import("../run/Run.ts"))
    const progress = yield* makeRunProgress(settings, { quiet: input.noProgress })
    yield* dispatchRun(settings, progress, ({ badLines, log, passedOver, summary }) =>
      Effect.gen(function* () {
        yield* Console.log(renderSummaries(input.format, [{ name: log, summary }]).trimEnd())
        if (passedOver !== undefined) {
          yield* Console.error(showPassedOver(passedOver, summary.orders.created))
        }
        const { created } = summary.orders
        if (badLines > 0) yield* tellBadLines(badLines, created + countPassedOver(passedOver))
      }),
    )
  }),
).pipe(
  Command.withDescription(
    "Dispatches orders, shows progress, writes the journal and prints a summary. Ctrl-C stops it: what is in flight is awaited, and everything is written.",
  ),
  Command.withShortDescription("Dispatch orders (what paceline does without a command)"),
  Command.withExamples([
    {
      command: "paceline run --duration 60s --load 0.95",
      description: "A minute against an exchange of our own",
    },
    {
      command: "paceline run --url http://127.0.0.1:9999/api/request --orders orders.ndjson",
      description: "Send a file's orders to an exchange",
    },
    {
      command:
        "paceline run --url http://127.0.0.1:9999/api/request --orders orders.ndjson --resume journals",
      description: "The same, again and again until all are done: whatever a former run did is not repeated",
    },
  ]),
)
