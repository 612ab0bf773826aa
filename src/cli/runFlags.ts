/** The flags of `run`. */
import { Effect, Option } from "effect"
import { Flag } from "effect/cli"
import { defaultStateDirectory } from "../keys/StateDirectory.ts"
import { file, fileToWrite } from "./files.ts"
import * as Flags from "./Flags.ts"
import * as Rules from "./ruleFlags.ts"
import { keysFileFlag } from "./keys.ts"
import { venueFlags } from "./venue.ts"
import { exerciseRules } from "../venues/exercise/exercise.ts"

// The help names the directory of this user on this platform.
const shownDefault = Option.getOrElse(
  Effect.runSync(Effect.option(defaultStateDirectory)),
  () => "none, for this user has no home directory",
)

const stateFlag = Flag.String("state").pipe(
  Flag.withMetavar("DIR"),
  Flag.withDescription(
    `Keep each key's nonces, errors and times in DIR for the next run, and keep other runs off the keys (default: ${shownDefault}; nothing is kept of an exchange that the run starts itself)`,
  ),
  Flag.optional,
)

export const runFlags = {
  url: Flags.httpUrl({
    description:
      "The exchange's address for orders, such as http://127.0.0.1:9999/api/request (default: an exchange that the run starts itself; with --venue, the venue's own address). No proxy is used: where the environment names one for another machine, the run ends at once",
  }).pipe(Flag.optional),
  duration: Flags.duration("duration", {
    description: "How long to make or read orders (default: 30s; with --orders, until they end)",
  }).pipe(Flag.optional),
  load: Flags.nonNegative("load", {
    description:
      "How many orders to make, as a multiple of 95 % of what the keys' limits allow: 1 is 95.2 a second for five keys of 20 a second (default: 1)",
    max: 1000,
  }).pipe(Flag.optional),
  orders: file(
    "orders",
    'Read orders from NDJSON instead, one {"id": "...", "params": {...}} a line; - is standard input. A file with a bad line is refused; a bad line of standard input is reported, counted and passed over',
    "FILE|-",
  ),
  seed: Flags.seed({
    description:
      "The seed of orders and delays: the same one gives the same again (default: a random one, shown where it decides something)",
  }).pipe(Flag.optional),
  ttl: Flags.durationOrNone("ttl", {
    description: "An order's time to live: it expires this long after its creation, if it was not sent",
    default: "1s",
  }),
  ...venueFlags,
  ...Rules.rules,
  limit: Rules.limitFlag(
    "Given several times, all of them hold. Beside --venue they take the place of all of the venue's own",
    "20; with --venue, the venue's own",
  ),
  nonceUnit: Rules.nonceUnit,
  bound: Flags.durationOrNone("bound", {
    description:
      "The longest time a request takes from here until the exchange counts it, with a margin for handling; none is safe with any delay, and slower: nothing counts as arrived before its answer is there (default: 55ms with an exchange that the run starts itself, none with any other)",
    zero: true,
  }).pipe(Flag.optional),
  parkAfter: Flags.countOrNever("park-after", {
    description: `Take a key out of service after N rate-limit errors within a minute; those in flight together count once. With never, or ${exerciseRules.blockAfter} and more, the exchange is taken to be one that blocks no key for good (default: 5, and ${exerciseRules.blockAfter - 1} over all runs, for the exercise's exchange blocks a key for good after ${exerciseRules.blockAfter}; with another --venue, never)`,
    max: 1_000_000,
  }).pipe(Flag.optional),
  requestTimeout: Flags.duration("request-timeout", {
    description:
      "How long an answer is awaited before the request is given up and its order is unknown. Shorter: a lost request holds up its key for less long. Longer: fewer slow answers end as unknown",
    default: "5s",
  }),
  gate: Flags.gate({
    description:
      "What decides when a key may send next (all but ack-window exceed the limit or overtake nonces sooner or later, and need an exchange that the run starts itself)",
    default: "ack-window",
  }),
  keysFile: keysFileFlag("another venue has none"),
  faults: Flags.faults({
    description:
      "A fault of the exchange that the run starts, written as for paceline exchange; may be given several times",
  }),
  log: fileToWrite(
    "log",
    "Where to write the journal (default: paceline-<date>-<time>.ndjson, in the folder given with --resume if there is one)",
  ),
  state: stateFlag,
  durable: Flags.toggle(
    "durable",
    "Send no request before its record is on the disk itself, so that --resume works even after a power failure. Without it, --resume works after any death of the process",
  ),
  resume: Flag.String("resume").pipe(
    Flag.withMetavar("JOURNAL|FOLDER"),
    Flag.withDescription(
      "Go on where the journal of a former run ends; give one for every former run, or a folder that holds them all. Orders that were accepted, rejected or expired are done; orders that were sent without an answer are reported and not sent again; all others follow, also cancelled ones and those rejected for their key alone. Needs --orders",
    ),
    Flag.atLeast(0),
  ),
  retryRejected: Flags.toggle(
    "retry-rejected",
    "With --resume: send orders again that former runs ended as rejected, such as those that were refused for a wrong clock. None that was accepted, or that may have been executed",
  ),
  format: Flags.format(["text", "json", "classic"], {
    description: "The form of the summary at the end",
    default: "text",
  }),
  noProgress: Flags.noProgress,
}
