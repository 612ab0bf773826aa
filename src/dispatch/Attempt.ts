/**
 * One attempt at one order: from taking it out of the line to a value that says all that happened to it. What follows
 * from that value for the order is decided here, too, without effects.
 *
 * Times are milliseconds of the monotonic clock.
 */
import { Cause, Clock, Effect, Exit, Redacted } from "effect"
import type { ApiKey } from "../domain/ApiKey.ts"
import type { DispatchLog, OrderEnd, RequestTrace, ReturnReason } from "../domain/DispatchEvent.ts"
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
import type { Advice } from "../http/advice.ts"
import type { KeyMemory } from "../keys/KeyMemory.ts"
import { nowMsUnsafe } from "../platform/Monotonic.ts"
import type { Acceptance, ExchangeClient, TransitWatch } from "../venues/ExchangeClient.ts"
import type { Sign } from "./Circuit.ts"
import type { Entry, OpenRequest } from "./Entry.ts"
import { problemOf } from "./outside.ts"
import type { Watchdog } from "./Watchdog.ts"

/** What an attempt needs of its lane. */
export interface AttemptContext {
  readonly key: ApiKey
  readonly memory: KeyMemory
  readonly client: ExchangeClient["Service"]
  readonly log: DispatchLog
  readonly watchdog: Watchdog
  /** Whether a request whose record is kept may still leave: much may have happened while it was written down. */
  readonly mayLeave: (entry: Entry, nonce: number) => boolean
  readonly onWritten: (atMs: number) => void
  readonly onAdvice: (advice: Advice, atMs: number) => void
}

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

const endingOf = (result: Result): Ending => {
  if (result.kind === "accepted") return "answered"
  if (result.kind === "withheld") return "never-sent"
  switch (result.verdict.kind) {
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
const mayBeTaken = (result: Result): boolean => {
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
      return { kind: "answered" }
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
  secret: Redacted.Redacted,
  wasWritten: boolean,
): SubmitError => {
  const thrown = Cause.squash(cause)
  if (!isSubmitError(thrown)) {
    const problem = problemOf(thrown).replaceAll(Redacted.value(secret), about.key)
    return new ClientFailed({ ...about, problem })
  }
  return wasWritten && thrown._tag === "ConnectionFailed"
    ? new ConnectionBroken({ ...about, code: thrown.code })
    : thrown
}

/** @param exit undefined where the client did not come to an end */
const resultOf = (
  exit: Exit.Exit<Acceptance, SubmitError> | undefined,
  isWithheld: boolean,
  open: OpenRequest,
  entry: Entry,
  key: ApiKey,
): Result => {
  if (exit !== undefined && Exit.isSuccess(exit)) return { kind: "accepted", acceptance: exit.value }
  const about = { orderId: entry.order.id, key: key.label }
  const error =
    exit === undefined
      ? new RequestTimeout(about)
      : errorOf(exit.cause, about, key.secret, open.writtenMs !== undefined)
  const verdict = verdictOf(error)
  return isWithheld && verdict.kind === "never-sent"
    ? { kind: "withheld" }
    : { kind: "failed", error, verdict }
}

/**
 * Sends an order that was taken from the line, once its record is kept, and tells all that happened. The key's memory
 * learns how the request ended, also where the attempt is interrupted before it was let go.
 */
export const attempt = (entry: Entry, open: OpenRequest, context: AttemptContext): Effect.Effect<Attempt> =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const { key, log, memory } = context
    const tellMemory = (ending: Ending, atMs: number, mayBeTaken: boolean) =>
      memory.onEnded({ ...open, end: { ending, atMs }, clearedMs: undefined, mayBeTaken })
    const unsent = () => Effect.sync(() => tellMemory("never-sent", nowMsUnsafe(clock), false))
    // What leaves is written down first: a later life must know of every order that may have left.
    const isKept = yield* Effect.onInterrupt(log.committed, unsent)
    // The process may have stood still meanwhile, and the permission to send run out.
    if (isKept && open.nonce > memory.reservedNonce())
      yield* Effect.onInterrupt(memory.reserve(open.nonce), unsent)
    const readyMs = nowMsUnsafe(clock)
    if (!isKept || entry.state === "ended" || !context.mayLeave(entry, open.nonce)) {
      tellMemory("never-sent", readyMs, false)
      return withheld({ ...open, settledMs: readyMs })
    }
    open.sentMs = readyMs
    entry.hasLeft = true
    let isWithheld = false
    let isOver = false
    let settledMs: number | undefined
    /** A moment that the client tells, where it can be one of this request. */
    const moment = (atMs: number, nowMs: number) => (atMs >= readyMs && atMs <= nowMs ? atMs : nowMs)
    const watch: TransitWatch = {
      mayStart: () => {
        isWithheld = isOver || !context.mayLeave(entry, open.nonce)
        return !isWithheld
      },
      onWritten: (atMs) => {
        if (isOver || open.writtenMs !== undefined) return
        open.writtenMs = moment(atMs, nowMsUnsafe(clock))
        context.onWritten(open.writtenMs)
      },
      onSettled: (atMs) => {
        settledMs = moment(atMs, nowMsUnsafe(clock))
      },
      onAdvice: (advice) => {
        if (!isOver) context.onAdvice(advice, nowMsUnsafe(clock))
      },
    }
    const call = Effect.suspend(() => context.client.submit(entry.order, key, open.nonce, watch))
    const exit = yield* context.watchdog.watch(call)
    isOver = true
    const atMs = nowMsUnsafe(clock)
    const result = resultOf(exit, isWithheld, open, entry, key)
    const request: RequestTrace = { ...open, settledMs: settledMs ?? atMs }
    const ending = endingOf(result)
    tellMemory(ending, request.settledMs, mayBeTaken(result))
    return { request, result, ending, atMs }
  })

const withheld = (request: RequestTrace): Attempt => ({
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
  /** Times an order goes back to the line after a definite refusal. */
  readonly maxReturns: number
}

/** Decides what becomes of an order. */
export const consequenceOf = (
  { atMs, request, result }: Attempt,
  { deadlineMs, returns }: Pick<Entry, "deadlineMs" | "returns">,
  { isWanted, maxReturns, returnsFreely }: OrderStanding,
): Consequence => {
  const stay = (reason: ReturnReason): Consequence =>
    isWanted ? { kind: "return", reason, countsAsReturn: false } : { kind: "cancel" }
  if (result.kind === "withheld") return stay("withheld")
  if (result.kind === "accepted") {
    const end: OrderEnd = { outcome: { outcome: "accepted" }, request }
    return { kind: "end", end, told: Exit.succeed(result.acceptance) }
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
      const again = (returnsFreely || returns < maxReturns) && atMs < deadlineMs
      if (isWanted && again && RETURNABLE.has(reason)) {
        return { kind: "return", reason, countsAsReturn: !returnsFreely }
      }
      return {
        kind: "end",
        end: { outcome: { outcome: "rejected", reason }, request },
        told: Exit.fail(error),
      }
    }
  }
}
