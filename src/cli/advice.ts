/**
 * What a user reads of an error, and the exit status that it ends the program with. Errors elsewhere are typed and say
 * what happened in one line; here the line gets what to do about it, in the words of the command line.
 */
import { join } from "node:path"
import type { ExchangeUnreachable, LogFailed, NoUsableKey } from "../dispatch/SubmitFailure.ts"
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
import { adviceFor } from "./noConnection.ts"

type JournalError = JournalNotOpened | JournalUnwritable

/** Every typed error that may reach a user. */
export type Told =
  | AtRest
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

const ofJournal = ({ message, reason }: JournalError): string => {
  switch (reason) {
    case "cannot-open":
      return `${message}. Choose another file with --log`
    case "directory":
      return `--log ${message}: name a file in it`
    case "not-empty":
      return `--log ${message}. Choose another file, or remove it`
    case "disk-full":
      return `${message}. The run was stopped; free space or choose another file with --log`
    case "unwritable":
      return `${message}. The run was stopped; choose another file with --log`
  }
}

/** What is wrong with lines of orders, with what to do about one that is a journal's. */
export const ofBadLines = (problem: string): string =>
  problem.replace(
    IS_A_JOURNAL,
    `${IS_A_JOURNAL}: go on with that run by --resume, or look at it with summarise`,
  )

const ofOrders = ({ message, reason }: OrdersUnreadable): string => {
  switch (reason) {
    case "not-a-file":
      return `${message}: give it to standard input, with --orders -`
    case "too-many":
      return `${message}: split it into several runs`
    case "bad-lines":
    case "changed":
      return ofBadLines(message)
    case "unreadable":
      return message
  }
}

const ofRecovery = ({ message, reason }: RecoveryError): string => {
  switch (reason) {
    case "unreadable":
      return `${message}; give a journal, or a folder of journals`
    case "no-journal":
      return `${message}; give a file that a run of paceline has written`
    case "newer":
      return `${message}; use a newer paceline`
    case "damaged":
      return `${message}. What it says of an order cannot be known; leave the file as it is, and settle its orders with the exchange`
    case "two-journals":
      return `${message}: give each in a file of its own`
    case "too-many":
      return message
    case "random":
      return `--resume: ${message}: only orders that came from --orders can go on`
    case "incomplete":
      return `--resume: ${message}: give that journal too, or its orders would be sent again`
  }
}

const ofNothingAccepted = ({ message, reason }: NothingAccepted): string => {
  switch (reason) {
    case "unreachable":
      return `${message}. Check its address, and that it is running`
    case "refused":
      return `${message}. Check --url, and what the exchange answers to a single request`
    case "unanswered":
      return `${message}. Check --url: whether it is http or https, and what the exchange answers to a single request`
  }
}

const ofLog = ({ file, message, reason }: LogUnusable): string => {
  switch (reason) {
    case "directory":
      return `${message}; give the logs in it, such as ${join(file, "*.ndjson")}`
    case "gzip":
      return `${message}; give the whole file`
    case "unreadable":
      return `${message}; give the path of a journal or of a Python client's log`
    case "not-a-file":
      return `--follow: ${message}; give one that a log is written to`
    case "newer":
      return `${message}; summarise it with a newer paceline`
    case "nothing":
      return `${message}; give a journal or a Python client's log`
    case "no-beginning":
      return `${message}; give --since and --until as times from its beginning, such as 10s`
    case "missed":
      return `${message}; give --since and --until such that something is between them`
    case "python-log":
      return `${message}; only a journal can be certified`
  }
}

const ofState = ({ label = "the key", message, reason }: StateUnusable): string => {
  switch (reason) {
    case "no-home":
      return `${message}: name a directory with --state`
    case "no-directory":
      return `${message}. Name another with --state`
    case "not-a-lock":
      return `${message}. Remove it, or name another directory with --state`
    case "no-lock":
      return `${message}. Check the directory, or name another with --state`
    case "unreadable":
      return `${message}. Make it readable, or name another directory with --state`
    case "newer":
      return `${message}. Use that version`
    case "damaged":
      return `${message}. Put back an intact copy; or, once no request of ${label} was sent for a minute, remove the file: its nonces then go on from the wall clock, and its rate-limit errors are forgotten`
  }
}

const forKeys = ({ keys }: NoUsableKey): string => {
  const has = (state: string) => keys.some((key) => key.state === state)
  if (keys.every((key) => key.state === "unknown")) return "Check the keys and the address"
  if (has("out of step")) {
    return "Stop other clients that use the keys, and ask the exchange for their last nonces"
  }
  return has("parked")
    ? "Lower the limit, or raise the window or the bound, to what the exchange really allows"
    : "Ask the exchange about them, or use other keys"
}

/** The line that a user reads. */
export const inWords = (error: Told): string => {
  switch (error._tag) {
    case "JournalNotOpened":
    case "JournalUnwritable":
      return ofJournal(error)
    case "LogUnusable":
      return ofLog(error)
    case "OrdersUnreadable":
      return ofOrders(error)
    case "FormerJournalUnreadable":
    case "NotResumable":
      return ofRecovery(error)
    case "NothingAccepted":
      return ofNothingAccepted(error)
    case "NoUsableKey":
      return `${error.message}. ${forKeys(error)}`
    case "ExchangeUnreachable":
      return `${error.message}. ${adviceFor(error.code)}`
    case "RecordNotOpened":
      return `${error.message}. Choose another file with --record`
    case "RecordUnwritable":
      return `${error.message}. The exchange was stopped; free space or choose another file with --record`
    case "StateUnusable":
      return ofState(error)
    case "KeyInUse":
      return `${error.message}. Stop it, or use other keys`
    case "StateUnwritable":
      return `${error.message}. The run was stopped, for nothing is sent that is not remembered; make room, or check the directory`
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
