/**
 * `exchange`: serves the protocol until it is stopped, then says what it saw.
 */
import { Console, Duration, Effect, Option, Result } from "effect"
import { Command, Flag } from "effect/cli"
import { NetAddress } from "effect/net"
import { counted } from "../platform/counted.ts"
import { rulesText } from "./runWords.ts"
import type { ExchangeTally } from "../exchange/ArrivalTally.ts"
import { noRecord, openRecord } from "../exchange/ExchangeRecord.ts"
import type { ExchangeOptions } from "../exchange/ExchangeServer.ts"
import { alignColumns } from "../platform/alignColumns.ts"
import { freshSeed } from "../platform/Random.ts"
import { VENUE_NAMES } from "../venues/venues.ts"
import { checkVenueFlags, emulatedKeys, serveVenue, showVenueTally } from "./emulate.ts"
import { refuse } from "./errors.ts"
import { exchangeMillis, isLoopback, LONGEST_DELAY } from "./checks.ts"
import { duration, faults, integer, parsed, seed } from "./Flags.ts"
import { checkTier, tierFlag } from "./venue.ts"
import { noncesFlag, rules, rulesOf } from "./ruleFlags.ts"
import { fileToWrite, isSameFile } from "./files.ts"
import { oneOf } from "./faultParts.ts"
import { FAULT_FORMS, faultLines, playedLines } from "./faultSpec.ts"
import { keysFileFlag, resolveKeys } from "./keys.ts"
import { quote } from "../platform/quote.ts"
import type { Parse } from "./values.ts"
import { examples } from "./examples.ts"

const faultForms = Object.values(FAULT_FORMS)
  .map(({ form }) => form)
  .join(", ")
const DEFAULT_HOST = "127.0.0.1"
const columns = [
  ["key", (_) => _.key],
  ["requests", (_) => _.requests],
  ["accepted", (_) => _.accepted],
  ["over limit", (_) => _.rateLimit],
  ["blocked", (_) => _.blocked],
  ["bad nonce", (_) => _.nonce],
  ["busiest window", (_) => _.busiestWindow],
] as const satisfies ReadonlyArray<readonly [string, (key: ExchangeTally["keys"][number]) => string | number]>

/** The tally for people: a table with a row for each key. */
export const showTally = (tally: ExchangeTally): string =>
  [
    ...alignColumns(
      [
        columns.map(([title]) => title),
        ...tally.keys.map((key) => columns.map(([, cell]) => String(cell(key)))),
      ],
      "right",
    ),
    `busiest window: the most requests in any ${tally.windowMs} ms, refused ones too`,
    ...playedLines(tally.faults),
    `requests with an unknown key: ${tally.unknownKey}; accepted order ids that had been accepted before: ${tally.repeatedOrders} (each run of the exercise's order source counts from 0)`,
  ].join("\n")

/** A tally for people, and for programs: one line of JSON. */
const wordsOf =
  <Tally extends object>(show: (tally: Tally) => string) =>
  (tally: Tally): string =>
    `${show(tally)}\n${JSON.stringify({ type: "tally", ...tally })}`

const serve = Effect.fnUntraced(function* (options: ExchangeOptions) {
  const { faults = [] } = options
  // Loaded here, so that no other command pays for HTTP.
  const ExchangeServer = yield* Effect.promise(() => import("../exchange/ExchangeServer.ts"))
  const running = yield* ExchangeServer.make(options)
  const delays = `0-${Duration.toMillis(options.maxDelay)} ms`
  yield* Console.log(
    `exchange: ${running.url}  (${counted(options.keys.length, "key")}, ${rulesText(options)}, delays ${delays} each way, seed ${options.seed})`,
  )
  yield* Effect.forEach(faultLines(faults), (line) => Console.log(line), { discard: true })
  return running
})

/** Nothing at all would stand for every address of this machine. */
const parseHost: Parse<string> = (text) =>
  /^[\w.:%-]+$/.test(text)
    ? Result.succeed(text)
    : Result.fail(`${quote(text)} is not an address or a host name; write one such as ${DEFAULT_HOST} or ::1`)

const warnOfHost = (host: string) =>
  isLoopback(host)
    ? Effect.void
    : Console.error(
        `warning: ${NetAddress.formatUrlHostString(host)} is not a loopback address: other machines may reach this exchange, and API keys travel to it unencrypted`,
      )

/** The command. It runs until it is interrupted; then it answers what is in flight and prints the tally. */
export const exchange = Command.make(
  "exchange",
  {
    host: parsed("host", "ADDRESS", parseHost, {
      description: "The address to listen on",
      default: DEFAULT_HOST,
    }),
    port: integer("port", {
      description: "The port to listen on, 0 for any free one",
      min: 0,
      max: 65_535,
      default: "9999",
    }),
    venue: parsed("venue", VENUE_NAMES.join("|"), oneOf(VENUE_NAMES), {
      description:
        "Whose protocol, limits, bans and errors to emulate; all but the exercise have limits of their own, and demo keys, which are printed: docs/venues.md",
      default: "exercise",
    }),
    tier: tierFlag,
    keysFile: keysFileFlag("of any other venue, demo keys"),
    ...rules,
    nonces: noncesFlag(
      "Whether a key's nonce must be greater than the last that was accepted, or may be any whole number",
    ),
    maxDelay: duration("max-delay", {
      description: "The longest delay, each way",
      zero: true,
      default: "50ms",
    }),
    seed: seed({
      description:
        "The seed of delays and faults: the same one gives the same again (default: a new one each time)",
    }).pipe(Flag.optional),
    faults: faults({
      description: `A fault to play, to try clients out; may be given several times: ${faultForms}. P is a probability from 0 to 1; at=AT, every=EVERY and for=D say when, times=N how often at most. A venue besides the exercise plays all but quota. See docs/faults.md`,
    }),
    record: fileToWrite(
      "record",
      "Append every judged request to FILE as a line of JSON (key label, order id, nonce, verdict, time), before it is answered",
    ),
  },
  Effect.fnUntraced(function* (flags) {
    const { tier, venue } = flags
    yield* checkTier(venue, tier)
    if (venue !== "exercise") yield* checkVenueFlags(venue, flags)
    yield* exchangeMillis("--max-delay", flags.maxDelay, LONGEST_DELAY)
    if (
      Option.isSome(flags.record) &&
      Option.isSome(flags.keysFile) &&
      (yield* isSameFile(flags.record.value, flags.keysFile.value))
    ) {
      return yield* refuse(
        `--record and --keys-file name the same file, ${quote(flags.record.value)}; write the record to another`,
      )
    }
    const settings = {
      host: flags.host,
      port: flags.port,
      maxDelay: flags.maxDelay,
      seed: yield* Option.match(flags.seed, { onNone: () => freshSeed, onSome: Effect.succeed }),
      faults: flags.faults,
    }
    const rules = yield* rulesOf(flags)
    const keys =
      venue === "exercise" ? yield* resolveKeys(flags.keysFile) : yield* emulatedKeys(venue, flags.keysFile)
    let seen: Effect.Effect<string> | undefined
    yield* Effect.gen(function* () {
      const record = Option.isNone(flags.record) ? noRecord : yield* openRecord(flags.record.value)
      seen =
        venue === "exercise"
          ? Effect.map((yield* serve({ ...settings, ...rules, keys, record })).tally, wordsOf(showTally))
          : Effect.map(
              (yield* serveVenue(venue, { ...settings, keys, record, tier: Option.getOrUndefined(tier) }))
                .tally,
              wordsOf(showVenueTally),
            )
      yield* warnOfHost(settings.host)
      return yield* record.failed
    }).pipe(
      Effect.scoped,
      // Outside of the scope: by now everything in flight is answered and counted.
      Effect.onInterrupt(() => (seen === undefined ? Effect.void : Effect.flatMap(seen, Console.log))),
    )
  }),
).pipe(
  Command.withDescription(
    "Serves the exchange's protocol, or a venue's, until stopped, then prints what it saw, as text and as one line of JSON.",
  ),
  Command.withShortDescription("Serve the exchange's protocol, or a venue's"),
  examples({
    "paceline exchange": "The exercise's exchange, for any client of the exercise",
    "paceline exchange --port 0 --max-delay 5ms --seed 1": "A quicker one on a free port",
    "paceline exchange --limit 20/1s --limit bucket:60,decay=1/s@account+symbol":
      "One that counts in two ways at once: a request passes both or neither",
    "paceline exchange --venue binance":
      "An emulated Binance Spot, to try any bot against: give the bot this address and the credentials that it prints",
    "paceline exchange --fault lost-answer:0.01 --fault spike:0.05:300ms --seed 1":
      "One that loses answers and delays requests, the same ones each time",
    "paceline exchange --fault status:1:503:retry-after=2s:at=10s:for=5s --fault restart:every=1m":
      "One that fails for five seconds, and forgets everything each minute",
  }),
)
