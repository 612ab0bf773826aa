/**
 * `run`: dispatches orders, shows progress, writes the journal, prints the summary.
 */
import { join } from "node:path"
import { Console, DateTime, Duration, Effect, Option, Redacted } from "effect"
import { Command } from "effect/cli"
import { counted } from "../platform/counted.ts"
import type { ApiKey } from "../domain/ApiKey.ts"
import type { LimitSettings } from "../domain/LimitSpec.ts"
import type { Fault } from "../exchange/faults/Fault.ts"
import { defaultStateDirectory } from "../keys/StateDirectory.ts"
import { refuse, UsageError } from "./errors.ts"
import { freshSeed } from "../platform/Random.ts"
import { isFolder } from "../recovery/readJournals.ts"
import { ackWindowDesign, type Design } from "../run/Design.ts"
import type { HttpRunSettings, SourceSettings } from "../run/HttpRun.ts"
import { RunProgress } from "../run/RunProgress.ts"
import { validateFile } from "../run/sources/NdjsonSource.ts"
import { renderSummaries } from "../summary/render.ts"
import { exerciseKeys, exerciseRules } from "../venues/exercise/exercise.ts"
import type { Venue } from "../venues/Venue.ts"
import type { VenueName } from "../venues/venues.ts"
import { misfitOf } from "../run/sources/venueOrders.ts"
import { asUserError, inWords } from "./advice.ts"
import { checkFound, checkLog, checkOrderRate, expectOrdersOnStandardInput, isLoopback } from "./checks.ts"
import { resolveCredentials } from "./credentials.ts"
import { refuseProxies } from "./proxies.ts"
import { countPassedOver, showPassedOver } from "./runWords.ts"
import { runFlags } from "./runFlags.ts"
import { makeRunView } from "./RunView.ts"
import { chooseVenue, rulesOf } from "./venue.ts"
import { examples } from "./examples.ts"

/** The delays of an exchange that a run starts itself, in milliseconds each way. */
const EMBEDDED_MAX_DELAY_MS = 50
/** These, and a margin for handling. */
const OWN_BOUND = Option.some(Duration.millis(EMBEDDED_MAX_DELAY_MS + 5))

/** Our own exchange's delays are known: a bound below them breaks its promise. */
const warnOfBound = (bound: Duration.Duration | undefined) =>
  bound === undefined || Duration.toMillis(bound) >= EMBEDDED_MAX_DELAY_MS
    ? Effect.void
    : Console.error(
        `warning: --bound ${Duration.format(bound)} is less than the ${EMBEDDED_MAX_DELAY_MS} ms that our own exchange may take: expect nonce errors and exceeds`,
      )

/** Starts an exchange of our own, on a free port. */
const ownExchange = Effect.fnUntraced(function* (
  settings: Pick<HttpRunSettings, "keys" | "seed" | keyof LimitSettings>,
  faults: ReadonlyArray<Fault>,
) {
  // Loaded here, so that a run against another exchange does not pay for a server.
  const { make } = yield* Effect.promise(() => import("../exchange/ExchangeServer.ts"))
  const { url } = yield* make({
    ...settings,
    faults,
    maxDelay: Duration.millis(EMBEDDED_MAX_DELAY_MS),
    host: "127.0.0.1",
    port: 0,
  })
  return url
})

/** The exercise's keys are public: nobody means to send them to an exchange that is not theirs. */
const needsKeys = (url: Option.Option<URL>, keysFile: Option.Option<string>, keys: ReadonlyArray<ApiKey>) =>
  Option.isSome(url) && !isLoopback(url.value.hostname) && Option.isNone(keysFile) && keys === exerciseKeys

/** What an exchange on another machine calls for. */
const checkExchange = Effect.fnUntraced(function* (
  url: Option.Option<URL>,
  keysFile: Option.Option<string>,
  keys: ReadonlyArray<ApiKey>,
) {
  if (needsKeys(url, keysFile, keys)) {
    return yield* refuse(
      "--url names another machine: give API keys for it, with --keys-file or in PACELINE_API_KEYS",
    )
  }
  if (Option.isSome(url) && !isLoopback(url.value.hostname)) yield* refuseProxies(url.value)
})

const DEFAULT_DURATION = Duration.seconds(30)

const sourceOf = Effect.fnUntraced(function* (
  orders: Option.Option<string>,
  load: Option.Option<number>,
  duration: Option.Option<Duration.Duration>,
): Effect.fn.Return<SourceSettings, UsageError> {
  if (Option.isNone(orders)) {
    return {
      type: "random",
      load: Option.getOrElse(load, () => 1),
      duration: Option.getOrElse(duration, () => DEFAULT_DURATION),
    }
  }
  if (Option.isSome(load)) {
    return yield* refuse("--load and --orders: a file's orders come as they are; leave out one of the two")
  }
  return { type: "ndjson", from: orders.value, duration: Option.getOrUndefined(duration) }
})

/** The directory to use; undefined for an exchange of our own, which ends with the run and has nothing to remember. */
const resolveState = Effect.fnUntraced(function* (given: Option.Option<string>, hasUrl: boolean) {
  if (Option.isSome(given)) {
    if (given.value === "") return yield* refuse("--state: name a directory")
    return given.value
  }
  return hasUrl ? yield* defaultStateDirectory : undefined
})

/** Standard input without a single order is no success: something else was meant to be there. */
const tellBadLines = (count: number, orders: number) => {
  const lines = counted(count, "bad line")
  return orders === 0
    ? refuse(`standard input held no order, but ${lines}; nothing was sent`)
    : Console.error(`${lines} of standard input ${count === 1 ? "was" : "were"} passed over`)
}

/** Only a file's orders can be resumed. */
const checkResume = (paths: ReadonlyArray<string>, source: SourceSettings, retryRejected: boolean) => {
  if (paths.length > 0 && source.type === "random")
    return refuse(
      "--resume goes on with the orders of a file: give it with --orders. Orders made at random have nothing to go on with",
    )
  return retryRejected && paths.length === 0
    ? refuse("--retry-rejected is about orders of former runs: give their journals, with --resume")
    : Effect.void
}

/** The moment at which it starts, to the millisecond. Of runs that start in the same one each gets a name of its own. */
const defaultLog = Effect.map(DateTime.now, (now) => {
  const [date, time] = DateTime.formatIso(now).split("T")
  return `paceline-${date ?? ""}-${(time ?? "").replaceAll(":", "").slice(0, 10).replace(".", "-")}.ndjson`
})

/** What is to be done about rate-limit errors, where it is not what the exercise calls for. */
const parkingOf = (given: Option.Option<number>, venue: Venue | undefined) =>
  Option.match(given, {
    // No other venue is known to block a key for good.
    onNone: () => (venue === undefined ? {} : { parking: { blockAfter: Number.POSITIVE_INFINITY } }),
    onSome: (parkAfter) =>
      venue === undefined && parkAfter < exerciseRules.blockAfter
        ? { parking: { parkAfter } }
        : { parking: { parkAfter, blockAfter: Number.POSITIVE_INFINITY } },
  })

/** Beside the journals of former runs where these are kept in a folder, so that the next run finds it there. */
const newLog = Effect.fnUntraced(function* (former: ReadonlyArray<string>) {
  const name = yield* defaultLog
  const folders = yield* Effect.filter(former, isFolder)
  return folders[0] === undefined ? name : join(folders[0], name)
})

/** What makes no sense together, whatever the files hold. */
const checkTogether = (input: {
  readonly url: Option.Option<URL>
  readonly faults: ReadonlyArray<Fault>
  readonly gate: Design
  readonly venue: VenueName
}) => {
  if (Option.isNone(input.url)) return Effect.void
  const other = input.venue === "exercise" ? "--url" : `--venue ${input.venue}`
  if (input.faults.length > 0) {
    return refuse(
      "--fault and --url: only our own exchange does wrong when told to; leave out one of the two",
    )
  }
  return input.gate === ackWindowDesign
    ? Effect.void
    : refuse(
        `--gate ${input.gate.name} and ${other}: this gate exceeds limits or overtakes nonces, so it meets only our own exchange; leave out one of the two`,
      )
}

export const run = Command.make(
  "run",
  runFlags,
  Effect.fnUntraced(function* (given) {
    const { input, venue } = yield* chooseVenue(given)
    const source = yield* sourceOf(input.orders, input.load, input.duration)
    yield* checkTogether(input)
    yield* checkLog(input.log, [
      ["--orders", Option.filter(input.orders, (orders) => orders !== "-")],
      ["--keys-file", input.keysFile],
    ])
    const rules = yield* rulesOf(input, venue)
    const keys = yield* resolveCredentials(input.keysFile, venue)
    if (source.type === "random") {
      yield* checkOrderRate({ load: source.load, keys: keys.length, ...rules })
    } else {
      yield* source.from === "-"
        ? expectOrdersOnStandardInput
        : validateFile(source.from, misfitOf(venue, rules.limits))
    }
    yield* checkResume(input.resume, source, input.retryRejected)
    yield* checkFound(input.log, input.resume)
    yield* checkExchange(input.url, input.keysFile, keys)
    const seed = Option.isSome(input.seed) ? input.seed.value : yield* freshSeed
    // Nothing is assumed of an exchange that nobody described.
    const bound = Option.getOrUndefined(
      Option.getOrElse(input.bound, () => (Option.isSome(input.url) ? Option.none() : OWN_BOUND)),
    )
    const settings = {
      exchange: Option.isSome(input.url)
        ? Redacted.make(input.url.value)
        : ownExchange({ keys, seed, ...rules }, input.faults),
      venue,
      source,
      keys,
      seed,
      ttl: Option.getOrUndefined(input.ttl),
      ...rules,
      bound,
      design: input.gate,
      requestTimeout: input.requestTimeout,
      log: Option.isSome(input.log) ? input.log.value : yield* newLog(input.resume),
      logOrAnother: Option.isNone(input.log),
      state: yield* resolveState(input.state, Option.isSome(input.url)),
      durable: input.durable,
      resume: input.resume.length === 0 ? undefined : input.resume,
      retryRejected: input.retryRejected,
      ...parkingOf(input.parkAfter, venue),
      inWords,
    }
    if (Option.isNone(input.url)) yield* warnOfBound(bound)
    // Loaded here, so that no other command pays for HTTP.
    const { prepareHttpRun } = yield* Effect.promise(() => import("../run/HttpRun.ts"))
    const prepared = yield* prepareHttpRun(settings)
    const finished = Effect.gen(function* () {
      const { badLines, end, exit, summary } = yield* Effect.provideService(
        prepared.run,
        RunProgress,
        makeRunView(settings, input.noProgress),
      )
      yield* Console.log(renderSummaries(input.format, [{ name: prepared.log, summary }]).trimEnd())
      const passedOver = yield* prepared.passedOver
      const { created } = summary.orders
      if (passedOver !== undefined) yield* Console.error(showPassedOver(passedOver, summary.orders))
      if (badLines > 0) yield* tellBadLines(badLines, created + countPassedOver(passedOver))
      // An interruption would swallow a typed error; as a defect it still reaches the user.
      yield* end.end === "stopped" ? Effect.orDie(Effect.mapError(exit, asUserError)) : exit
    })
    // A run that is stopped still tells what it did.
    yield* Effect.uninterruptible(finished)
  }, Effect.scoped),
).pipe(
  Command.withDescription(
    "Dispatches orders, shows progress, writes the journal and prints a summary. Ctrl-C stops it: it still waits for requests in flight, and writes everything.",
  ),
  Command.withShortDescription("Dispatch orders (what paceline does without a command)"),
  examples({
    "paceline run --duration 60s --load 0.95": "A minute against an exchange that it starts itself",
    "paceline run --url http://127.0.0.1:9999/api/request --orders orders.ndjson":
      "Send a file's orders to an exchange",
    "paceline run --url http://127.0.0.1:9999/api/request --orders orders.ndjson --resume journals":
      "The same, again and again until all are done: no run repeats what a former one did",
  }),
)
