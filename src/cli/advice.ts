/**
 * The line that a user reads of an error, and the exit status. Errors elsewhere are typed and say in one line what
 * happened; here the line gets what to do about it, in the words of the command line.
 */
import { join } from "node:path"
import type {
  EverythingRefused,
  ExchangeUnreachable,
  LogFailed,
  NoUsableKey,
} from "../dispatch/SubmitFailure.ts"
import type { RecordNotOpened, RecordUnwritable } from "../exchange/ExchangeRecord.ts"
import type { ExchangeNotServed } from "../exchange/ExchangeServer.ts"
import type { JournalNotOpened, JournalUnwritable } from "../journal/Journal.ts"
import type { StateError, StateUnusable } from "../keys/StateError.ts"
import { CommandFailed, UsageError } from "./errors.ts"
import type { RecoveryError } from "../recovery/RecoveryError.ts"
import type { NothingAccepted, OrdersUnreadable } from "../run/RunFailure.ts"
import { IS_A_JOURNAL } from "../run/sources/OrderJson.ts"
import type { AtRest } from "../simulation/VirtualTime.ts"
import type { LogUnusable } from "../summary/logProblems.ts"

/** A line for each reason that an error may have. */
type Advice<E extends { readonly reason: string }> = Readonly<
  Record<E["reason"], (message: string, error: E) => string>
>

type JournalError = JournalNotOpened | JournalUnwritable

/** Every typed error that may reach a user. */
export type Told =
  | AtRest
  | EverythingRefused
  | ExchangeNotServed
  | ExchangeUnreachable
  | JournalError
  | LogFailed
  | LogUnusable
  | NothingAccepted
  | NoUsableKey
  | OrdersUnreadable
  | RecoveryError
  | RecordNotOpened
  | RecordUnwritable
  | StateError

const JOURNAL: Advice<JournalError> = {
  "cannot-open": (message) => `${message}. Choose another file with --log`,
  directory: (message) => `--log ${message}: name a file in it`,
  "not-empty": (message) => `--log ${message}. Choose another file, or remove it`,
  "disk-full": (message) => `${message}. The run was stopped; free space or choose another file with --log`,
  unwritable: (message) => `${message}. The run was stopped; choose another file with --log`,
}

/** What is wrong with lines of orders, with what to do about one that is a journal's. */
export const ofBadLines = (problem: string): string =>
  problem.replace(
    IS_A_JOURNAL,
    `${IS_A_JOURNAL}: go on with that run by --resume, or look at it with summarise`,
  )

const ORDERS: Advice<OrdersUnreadable> = {
  "not-a-file": (message) => `${message}: give it to standard input, with --orders -`,
  "too-many": (message) => `${message}: split it into several runs`,
  "bad-lines": ofBadLines,
  changed: ofBadLines,
  unreadable: (message) => message,
}

const RECOVERY: Advice<RecoveryError> = {
  unreadable: (message) => `${message}; give a journal, or a folder of journals`,
  "no-journal": (message) => `${message}; give a file that a run of paceline has written`,
  newer: (message) => `${message}; use a newer paceline`,
  damaged: (message) =>
    `${message}. What it says of an order cannot be known; leave the file as it is, and settle its orders with the exchange`,
  changed: (message) =>
    `${message}. Put back the file as it was written: orders of the lines that are missing would be sent again`,
  "two-journals": (message) => `${message}: give each in a file of its own`,
  "too-many": (message) => message,
  random: (message) => `--resume: ${message}: only orders that came from --orders can go on`,
  checked: (message) =>
    `--resume: ${message}; leave it out, and keep journals of runs without --live in a folder of their own`,
  incomplete: (message) => `--resume: ${message}: give that journal too, or its orders would be sent again`,
}

const NOTHING_ACCEPTED: Advice<NothingAccepted> = {
  held: (message) =>
    `${message}. Wait that long before the next run, and ask the exchange whether this address is banned`,
  refused: (message) => `${message}. Check --url, and what the exchange answers to a single request`,
  unanswered: (message) =>
    `${message}. Check --url: whether it is http or https, and what the exchange answers to a single request`,
}

const LOG: Advice<LogUnusable> = {
  directory: (message, { file }) => `${message}; give the logs in it, such as ${join(file, "*")}`,
  gzip: (message) => `${message}; give the whole file`,
  unreadable: (message) => `${message}; give the path of a journal or of a Python client's log`,
  "not-a-file": (message) => `--follow: ${message}; give one that a log is written to`,
  newer: (message) => `${message}; summarise it with a newer paceline`,
  nothing: (message) => `${message}; give a journal or a Python client's log`,
  "no-beginning": (message) =>
    `${message}; give --since and --until as times from its beginning, such as 10s`,
  missed: (message) => `${message}; give --since and --until such that something is between them`,
  "python-log": (message) => `${message}; only a journal can be certified`,
}

const STATE: Advice<StateUnusable> = {
  "no-home": (message) => `${message}: name a directory with --state`,
  "no-directory": (message) => `${message}. Name another with --state`,
  "not-a-lock": (message) => `${message}. Remove it, or name another directory with --state`,
  "no-lock": (message) => `${message}. Check the directory, or name another with --state`,
  unreadable: (message) => `${message}. Make it readable, or name another directory with --state`,
  newer: (message) => `${message}. Use that version`,
  "nonce-unit": (message) => `${message}. Go on with --nonce-unit ns`,
  damaged: (message, { label }) =>
    label === undefined
      ? `${message}. Put back an intact copy; or remove the file, if the exchange does not ask to be left alone: it keeps the end of that`
      : `${message}. Put back an intact copy; or, once no request of ${label} was sent for a minute, remove the file: its nonces then go on from the wall clock, and its rate-limit errors are forgotten`,
}

const NO_ANSWER = "Nothing answers there: check the address, the port, and any firewall on the way"
const TOO_MANY_FILES = "Too many files are open: raise the limit (ulimit -n), or use fewer keys"

/** Why no connection to an exchange can be had, by the platform's error code. */
const NO_CONNECTION: ReadonlyMap<string, string> = new Map([
  ["ENOTFOUND", "There is no such host: check the address"],
  ["EAI_AGAIN", "No name server answers: check the network"],
  ["ECONNREFUSED", "Nothing listens there: check the address and the port, and that it is running"],
  ["connect timeout", NO_ANSWER],
  ["UND_ERR_CONNECT_TIMEOUT", NO_ANSWER],
  ["ETIMEDOUT", NO_ANSWER],
  ["EMFILE", TOO_MANY_FILES],
  ["ENFILE", TOO_MANY_FILES],
  ["EADDRNOTAVAIL", "There is no such address, or this machine has no port left: check the address"],
])

/** Of a certificate's troubles some have codes that begin with ERR_TLS_. */
const CERTIFICATE_CODE = /CERT|SELF_SIGNED|UNABLE_TO_/
const TLS_CODE = /^(?:EPROTO|ERR_SSL_|ERR_TLS_)/

/** What to do where no connection can be had, in a sentence. */
export const adviceFor = (code: string): string => {
  const known = NO_CONNECTION.get(code)
  if (known !== undefined) return known
  if (CERTIFICATE_CODE.test(code)) {
    return "Its certificate is not trusted: check the address; where its authority is your own, name its file in NODE_EXTRA_CA_CERTS"
  }
  return TLS_CODE.test(code)
    ? "It does not speak TLS there: check the port, and whether the address should begin with http://"
    : "Check its address, and that it is running"
}

const forKeys = ({ keys }: NoUsableKey): string => {
  const has = (state: string) => keys.some((key) => key.state === state)
  if (keys.every((key) => key.state === "unknown")) return "Check the keys and the address"
  if (has("out of step")) {
    return "Stop other clients that use the keys, and ask the exchange for their last nonces"
  }
  if (has("refused")) return "Ask the exchange what it says above of the keys: whether they may trade"
  return has("parked")
    ? "Lower the limit, or raise the window or the bound, to what the exchange really allows"
    : "Ask the exchange about them, or use other keys"
}

/** The line that a user reads. */
export const inWords = (error: Told): string => {
  switch (error._tag) {
    case "JournalNotOpened":
    case "JournalUnwritable":
      return JOURNAL[error.reason](error.message, error)
    case "LogUnusable":
      return LOG[error.reason](error.message, error)
    case "OrdersUnreadable":
      return ORDERS[error.reason](error.message, error)
    case "FormerJournalUnreadable":
    case "NotResumable":
      return RECOVERY[error.reason](error.message, error)
    case "NothingAccepted":
      return NOTHING_ACCEPTED[error.reason](error.message, error)
    case "EverythingRefused":
      return `${error.message}. Set right what it names, such as this machine's clock, --url or a permission of the keys; then go on with --resume, and with --retry-rejected for the orders that were refused`
    case "NoUsableKey":
      return `${error.message}. ${forKeys(error)}`
    case "ExchangeUnreachable":
      return `${error.message}. ${adviceFor(error.code)}`
    case "RecordNotOpened":
      return `${error.message}. Choose another file with --record`
    case "RecordUnwritable":
      return `${error.message}. The exchange was stopped; free space or choose another file with --record`
    case "StateUnusable":
      return STATE[error.reason](error.message, error)
    case "KeyInUse":
      return `${error.message}. Stop it, or use other keys`
    case "StateUnwritable":
      return `${error.message}. The run was stopped, because it sends nothing that it cannot remember; make room, or check the directory`
    case "AtRest":
    case "ExchangeNotServed":
    case "LogFailed":
      return error.message
  }
}

/** Wrong usage and unreadable input: nothing was done yet. */
const WRONG_INPUT: ReadonlySet<string> = new Set<Told["_tag"]>([
  "FormerJournalUnreadable",
  "JournalNotOpened",
  "LogUnusable",
  "NotResumable",
  "OrdersUnreadable",
  "RecordNotOpened",
  "StateUnusable",
])

/** The error that ends a command, with its exit status. */
export const asUserError = (error: Told): UsageError | CommandFailed => {
  const about = { message: inWords(error) }
  return WRONG_INPUT.has(error._tag) ? new UsageError(about) : new CommandFailed(about)
}
