/**
 * What one attempt at one order came to, as a value; and what follows from that for the order and for the exchange's health,
 * decided without effects.
 *
 * Times are milliseconds of the monotonic clock.
 */
import { Cause, Exit } from "effect"
import { type ApiKey, withoutCredentials } from "../domain/ApiKey.ts"
import type { OrderEnd, RequestTrace, ReturnReason } from "../domain/DispatchEvent.ts"
import type { RejectReason } from "../domain/Outcome.ts"
import {
  ClientFailed,
  ConnectionBroken,
  isSubmitError,
  RequestTimeout,
  type SubmitError,
  type Verdict,
  verdictOf,
} from "../domain/SubmitError.ts"
import type { Ending } from "../domain/Transit.ts"
import type { Acceptance } from "../venues/ExchangeClient.ts"
import type { Sign } from "./Circuit.ts"
import type { Entry } from "./Entry.ts"
import { problemOf } from "./outside.ts"

/** What the request came to. */
export type Result =
  /** The exchange took the order. */
  | { readonly kind: "accepted"; readonly acceptance: Acceptance }
  /** It was answered, or not, and that is what the exchange or the network made of it. */
  | { readonly kind: "failed"; readonly error: SubmitError; readonly verdict: Verdict }
  /** We held it back: its order had ended or grown too old meanwhile, or its record was not kept. */
  | { readonly kind: "withheld" }

/** All that happened to an attempt. */
export interface Attempt {
  readonly request: RequestTrace
  readonly result: Result
  /** What it says about where the request is. */
  readonly ending: Ending
  /** When all of it was known. */
  readonly atMs: number
}

/** Whether the exchange refused it for a limit. */
export const isOverLimit = (result: Result): boolean =>
  result.kind === "failed" && result.verdict.kind === "refused" && result.verdict.reason === "rate-limit"

const endingOf = (verdict: Verdict): Ending => {
  switch (verdict.kind) {
    case "refused":
      return "answered"
    case "never-sent":
      return "never-sent"
    // An answer without meaning may come from something in between, with the request still on its way.
    case "unknown":
      return "lost"
  }
}

/** Whether the exchange has taken the nonce, or may have: not where it never came, or was refused for the nonce or the clock. */
export const mayBeTaken = ({ result }: Attempt): boolean => {
  if (result.kind === "accepted") return true
  if (result.kind === "withheld" || result.verdict.kind === "never-sent") return false
  return (
    result.verdict.kind === "unknown" ||
    (result.verdict.reason !== "nonce" && result.verdict.reason !== "clock")
  )
}

/** What an attempt says about the exchange; undefined where it says nothing. */
export const signOf = ({ result }: Attempt): Sign | undefined => {
  if (result.kind === "withheld") return undefined
  if (result.kind === "accepted") return { kind: "answered" }
  switch (result.verdict.kind) {
    case "refused":
      // Nobody was asked.
      if (result.error._tag === "Unsendable") return undefined
      return { kind: result.error._tag === "TurnedAway" ? "turned-away" : "answered" }
    case "unknown":
      return { kind: "failing" }
    case "never-sent":
      return { kind: "unreachable", code: "code" in result.error ? result.error.code : result.error._tag }
  }
}

/** What a client says of a request, where it may say anything: only an error that we know can tell that it did not arrive. */
const errorOf = (
  cause: Cause.Cause<unknown>,
  about: { readonly orderId: string; readonly key: string },
  key: ApiKey,
  wasWritten: boolean,
): SubmitError => {
  const thrown = Cause.squash(cause)
  if (!isSubmitError(thrown)) {
    return new ClientFailed({ ...about, problem: withoutCredentials(problemOf(thrown), key) })
  }
  return wasWritten && thrown._tag === "ConnectionFailed"
    ? new ConnectionBroken({ ...about, code: thrown.code })
    : thrown
}

/**
 * What came of a request whose client has ended; `exit` is undefined where it did not come to an end.
 *
 * @param isWithheld we told the client not to let it leave
 */
export const attemptOf = (
  exit: Exit.Exit<Acceptance, SubmitError> | undefined,
  isWithheld: boolean,
  request: RequestTrace,
  atMs: number,
  orderId: string,
  key: ApiKey,
): Attempt => {
  if (exit !== undefined && Exit.isSuccess(exit))
    return { request, result: { kind: "accepted", acceptance: exit.value }, ending: "answered", atMs }
  const about = { orderId, key: key.label }
  const error =
    exit === undefined
      ? new RequestTimeout(about)
      : errorOf(exit.cause, about, key, request.writtenMs !== undefined)
  const verdict = verdictOf(error)
  if (isWithheld && verdict.kind === "never-sent") return { ...withheld(request), atMs }
  return { request, result: { kind: "failed", error, verdict }, ending: endingOf(verdict), atMs }
}

/** What comes of a request that was not let go. */
export const withheld = (request: RequestTrace): Attempt => ({
  request,
  result: { kind: "withheld" },
  ending: "never-sent",
  atMs: request.settledMs,
})

/** Refusals that say nothing about the order itself: with another nonce or another key it may well pass. */
const RETURNABLE: ReadonlySet<RejectReason> = new Set(["rate-limit", "blocked", "nonce", "api-key"])

/** What an attempt makes of its order: it goes back to the head of the line, or ends; undefined is *cancelled*. */
export type Consequence =
  | { readonly kind: "return"; readonly reason: ReturnReason; readonly countsAsReturn: boolean }
  | { readonly kind: "end"; readonly end: OrderEnd; readonly told: Exit.Exit<Acceptance, SubmitError> }
  | { readonly kind: "cancel" }

/** What is known of an order when its attempt has ended. */
export interface OrderStanding {
  /** Its caller still wants it, and the dispatcher still sends. */
  readonly isWanted: boolean
  /** It may go back to the line whatever it has been through: only its key was out of step. The nonce jumps bound how often. */
  readonly returnsFreely: boolean
  /** The answer asked everybody to wait. */
  readonly asksToWait: boolean
  /** Times an order goes back to the line after a definite refusal. */
  readonly maxReturns: number
}

/** Decides what becomes of an order. */
export const consequenceOf = (
  { atMs, request, result }: Attempt,
  { deadlineMs, returns }: Pick<Entry, "deadlineMs" | "returns">,
  { asksToWait, isWanted, maxReturns, returnsFreely }: OrderStanding,
): Consequence => {
  const stay = (reason: ReturnReason): Consequence =>
    isWanted ? { kind: "return", reason, countsAsReturn: false } : { kind: "cancel" }
  if (result.kind === "withheld") return stay("withheld")
  if (result.kind === "accepted") {
    const { data } = result.acceptance
    const outcome = { outcome: "accepted", ...(data === undefined ? {} : { data }) } as const
    return { kind: "end", end: { outcome, request }, told: Exit.succeed(result.acceptance) }
  }
  const { error, verdict } = result
  switch (verdict.kind) {
    case "never-sent":
      return stay("not-sent")
    case "unknown": {
      const end: OrderEnd = { outcome: { outcome: "unknown", cause: verdict.cause }, request }
      return { kind: "end", end, told: Exit.fail(error) }
    }
    case "refused": {
      const { reason } = verdict
      // Nobody has looked at the order: it waits with the others, however often that happens.
      if (error._tag === "TurnedAway") return stay(reason)
      const isFree = returnsFreely || (asksToWait && reason === "rate-limit")
      const again = (isFree || returns < maxReturns) && atMs < deadlineMs
      if (isWanted && again && (asksToWait || RETURNABLE.has(reason))) {
        return { kind: "return", reason, countsAsReturn: !isFree }
      }
      const said = error._tag === "Refused" && error.detail !== "" ? { said: error.detail } : {}
      const end: OrderEnd = { outcome: { outcome: "rejected", reason, ...said }, request }
      return { kind: "end", end, told: Exit.fail(error) }
    }
  }
}
