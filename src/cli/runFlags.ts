/** The flags of `run`. */
import { Effect, Option } from "effect"
import { Flag } from "effect/cli"
import { defaultStateDirectory } from "../keys/StateDirectory.ts"
import { file, fileToWrite } from "./files.ts"
import * as Flags from "./Flags.ts"
import { keysFileFlag } from "./keys.ts"

// The help names the directory of this user on this platform.
const shownDefault = Option.getOrElse(
  Effect.runSync(Effect.option(defaultStateDirectory)),
  () => "none, for this user has no home directory",
)

const stateFlag = Flag.String("state").pipe(
  Flag.withMetavar("DIR"),
  Flag.withDescription(
    `Remember in DIR what a later run must know of each key, and keep other runs off the keys (default: ${shownDefault}; nothing is kept without --url)`,
  ),
  Flag.optional,
)

export const runFlags = {
  url: Flags.httpUrl({
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
  seed: Flags.seed({
    description:
      "What orders and delays derive from, so that a run can be repeated (default: a random one, shown)",
  }).pipe(Flag.optional),
  ttl: Flags.durationOrNone("ttl", {
    description: "An order's time to live: how long after its creation it is worth sending",
    default: "1s",
  }),
  limit: Flags.limit,
  window: Flags.window,
  bound: Flags.durationOrNone("bound", {
    description:
      "The longest time a request takes from here until the exchange counts it, with a margin for handling; none where it is not known: safe with any delay, and 5 % slower",
    default: "55ms",
    zero: true,
  }),
  gate: Flags.gate({
    description:
      "What decides when a key may send next (all but ack-window exceed the limit or overtake nonces sooner or later, and are for our own exchange alone)",
    default: "ack-window",
  }),
  keysFile: keysFileFlag,
  faults: Flags.faults({
    description:
      "What our own exchange does wrong, written as for paceline exchange; may be given several times",
  }),
  log: fileToWrite(
    "log",
    "Where to write the journal (default: paceline-<date>-<time>.ndjson, in the folder given with --resume if there is one)",
  ),
  state: stateFlag,
  durable: Flags.toggle(
    "durable",
    "Let no request leave before its record is on the disk itself: the journal then suffices to resume after a power failure, too. Without it, after any death of the process",
  ),
  resume: Flag.String("resume").pipe(
    Flag.withMetavar("JOURNAL|FOLDER"),
    Flag.withDescription(
      "Go on where the journal of a former run ends; give one for every former run, or a folder that holds them all. Orders that it says were accepted, rejected or expired are done; those sent without an answer are unknown, reported and not sent again; all others follow, cancelled ones too. Needs --orders",
    ),
    Flag.atLeast(0),
  ),
  format: Flags.format(["text", "json", "classic"], {
    description: "The form of the summary at the end",
    default: "text",
  }),
  noProgress: Flags.noProgress,
}
