/**
 * A lane: the fiber of one API key. It asks its gate, takes an order only when it may send at once, sends it,
 * and turns to the next without waiting for the answer.
 */
import { Cause, Clock, Deferred, Effect, Exit, Option, type Scope } from "effect"
import type { ApiKey } from "../domain/ApiKey.ts"
import type { Acceptance, ExchangeClient } from "../venues/ExchangeClient.ts"
import { ConnectionBroken, type SubmitError, type Verdict, verdictOf } from "../domain/SubmitError.ts"
import { invariant } from "../platform/invariant.ts"
import { nowMsUnsafe, sleepUntil } from "../platform/Monotonic.ts"
import type { RejectReason } from "../domain/Outcome.ts"
import type { Circuit, Report, Sign } from "./Circuit.ts"
import type {
  DispatchLog,
  ParkReason,
  RequestTrace,
  Retirement,
  ReturnReason,
} from "../domain/DispatchEvent.ts"
import type { Gate, Passage, Place } from "../limits/Gate.ts"
import type { KeyMemory } from "../keys/KeyMemory.ts"
import type { Ledger } from "./Ledger.ts"
import { afterAcceptance, nextNonce, noProgress, type NonceRemedy, remedyFor } from "./NonceSource.ts"
import type { Entry, OpenRequest, OrderLine } from "./OrderLine.ts"
import { OrderCancelled, OrderExpired } from "./SubmitFailure.ts"
import type { Ending } from "../domain/Transit.ts"

/** What a lane shares with its dispatcher. */
export interface LaneContext {
  readonly line: OrderLine
  readonly ledger: Ledger
  readonly log: DispatchLog
  readonly client: ExchangeClient["Service"]
  /** One for all lanes: what one of them learns of the exchange's health holds for all. */
  readonly circuit: Circuit
  /** Requests live here: they outlast the lane, which may end while they are under way. */
  readonly requests: Scope.Scope
  /** Times an order goes back to the line after a definite refusal. */
  readonly maxReturns: number
  /** Rate-limit errors after which the lane parks its key. */
  readonly parkAfter: number
  /** Rate-limit errors, over all lives, after which the exchange blocks a key for good. */
  readonly blockAfter: number
  /**
   * How far ahead its nonces jump, one after the other, when the exchange has seen greater ones; undefined where
   * nothing is learnt from a refused nonce.
   */
  readonly nonceJumps: ReadonlyArray<number> | undefined
  readonly isStopping: () => boolean
  /** A request was answered, or at least left. */
  readonly onContact: () => void
  /** A request could not be sent at all. */
  readonly onNoContact: (atMs: number, code: string) => void
  /** The key leaves service; the lane has stopped sending. */
  readonly onRetired: (label: string, state: Retirement) => void
  /** A bug surfaced in a request. */
  readonly onDefect: (cause: Cause.Cause<never>) => void
}

export interface Lane {
  readonly label: string
  readonly gate: Gate
  readonly state: () => "active" | Retirement
  /** Why it was parked, if it was. */
  readonly parkReason: () => ParkReason | undefined
  readonly rateLimitErrors: () => number
  readonly memory: KeyMemory
  /** Runs until the key is retired or the lane is interrupted. */
  readonly run: Effect.Effect<void>
}

/** Refusals that say nothing about the order itself: with another nonce or another key it may well pass. */
const RETURNABLE: ReadonlySet<RejectReason> = new Set(["rate-limit", "blocked", "nonce", "api-key"])

const signOf = (verdict: Verdict | undefined): Sign => {
  if (verdict?.kind === "never-sent") return "unreachable"
  return verdict?.kind === "unknown" ? "failing" : "answered"
}

const endingOf = (verdict: Verdict | undefined): Ending => {
  // An answer without meaning may come from something in between, with the request still on its way.
  if (verdict?.kind === "unknown") return "lost"
  return verdict?.kind === "never-sent" ? "never-sent" : "answered"
}

export const makeLane = (
  key: ApiKey,
  gate: Gate,
  memory: KeyMemory,
  context: LaneContext,
): Effect.Effect<Lane> =>
  Clock.clockWith((clock) =>
    Effect.sync(() => {
      const { label } = key
      const { circuit, client, ledger, line, log } = context
      const retired = Deferred.makeUnsafe<void>()
      let state: "active" | Retirement = "active"
      let parkReason: ParkReason | undefined
      let rateLimitErrors = 0
      // The exchange counts over all lives.
      const parkAfter =
        memory.rateLimitErrors === 0
          ? context.parkAfter
          : Math.max(1, Math.min(context.parkAfter, context.blockAfter - 1 - memory.rateLimitErrors))
      let lastNonce = memory.lastNonce
      let nonceProgress = noProgress
      let holdUntilMs = memory.quietUntilMs

      const retire = (next: Retirement, atMs: number, reason?: ParkReason): void => {
        if (state !== "active") return
        state = next
        parkReason = reason
        log.record({ type: "key", atMs, key: label, state: next, reason, rateLimitErrors })
        Deferred.doneUnsafe(retired, Effect.void)
        context.onRetired(label, next)
      }

      /** Brings the key's nonces back into step with the exchange's, if need be. */
      const resynchronise = (refused: number, atMs: number): NonceRemedy["remedy"] => {
        if (context.nonceJumps === undefined) return "overtaken"
        const wallMs = clock.currentTimeMillisUnsafe()
        const found = remedyFor(nonceProgress, refused, lastNonce, wallMs, context.nonceJumps)
        if (found.remedy === "jump") {
          lastNonce = found.last
          nonceProgress = found.progress
          const { jumps } = nonceProgress
          log.record({ type: "nonce-jump", atMs, key: label, refused, by: found.by, jump: jumps })
        }
        if (found.remedy === "give-up") retire("parked", atMs, "nonce")
        return found.remedy
      }

      /**
       * What an answer tells about the key. Answers whether the order may go back to the line whatever it has been
       * through: it was refused only because the key was out of step, and is no more. The jumps bound how often.
       */
      const learn = (verdict: Verdict | undefined, nonce: number, atMs: number): boolean => {
        if (verdict?.kind === "never-sent") return false
        context.onContact()
        if (verdict === undefined) nonceProgress = afterAcceptance(nonceProgress, nonce)
        if (verdict?.kind !== "refused") return false
        switch (verdict.reason) {
          case "rate-limit": {
            rateLimitErrors += 1
            gate.rateLimited(atMs)
            memory.onRateLimitError()
            if (rateLimitErrors >= parkAfter) retire("parked", atMs, "rate-limit")
            return false
          }
          case "blocked":
            retire("blocked", atMs)
            return false
          case "api-key":
            retire("unknown", atMs)
            return false
          case "nonce": {
            gate.overtaken()
            const remedy = resynchronise(nonce, atMs)
            return remedy === "jump" || remedy === "wait"
          }
          case "exchange":
            return false
        }
      }

      const putBack = (entry: Entry, reason: ReturnReason, request: RequestTrace, atMs: number) => {
        ledger.comeBack(entry)
        log.record({ type: "returned", atMs, id: entry.order.id, reason, request })
        line.putBack(entry)
      }

      /** The order did not leave: it goes back to the line, or ends where nobody wants it any more. */
      const stayed = (
        entry: Entry,
        reason: "not-sent" | "withheld",
        request: RequestTrace,
        atMs: number,
      ): void => {
        if (!context.isStopping() && !entry.withdrawn) return putBack(entry, reason, request, atMs)
        const failure = Exit.fail(new OrderCancelled({ orderId: entry.order.id }))
        ledger.end(entry, { outcome: { outcome: "cancelled" }, request: undefined }, atMs, failure)
      }

      /** What an answer, or its absence, makes of the order. */
      const settle = (
        entry: Entry,
        exit: Exit.Exit<Acceptance, SubmitError>,
        verdict: Verdict | undefined,
        request: RequestTrace,
        isFree: boolean,
        isWithheld: boolean,
        atMs: number,
      ): void => {
        const wanted = !context.isStopping() && !entry.withdrawn
        switch (verdict?.kind) {
          case undefined:
            return ledger.end(entry, { outcome: { outcome: "accepted" }, request }, atMs, exit)
          case "unknown":
            return ledger.end(
              entry,
              { outcome: { outcome: "unknown", cause: verdict.cause }, request },
              atMs,
              exit,
            )
          case "never-sent":
            return stayed(entry, isWithheld ? "withheld" : "not-sent", request, atMs)
          case "refused": {
            const again = (isFree || entry.returns < context.maxReturns) && atMs < entry.deadlineMs
            if (wanted && again && RETURNABLE.has(verdict.reason)) {
              if (!isFree) entry.returns += 1
              return putBack(entry, verdict.reason, request, atMs)
            }
            return ledger.end(
              entry,
              { outcome: { outcome: "rejected", reason: verdict.reason }, request },
              atMs,
              exit,
            )
          }
        }
      }

      /** Whether a request whose record is kept may still leave: much may have happened while it was written. */
      const mayLeave = (entry: Entry, nonce: number): boolean =>
        state === "active" &&
        !entry.withdrawn &&
        nowMsUnsafe(clock) < entry.deadlineMs &&
        nonce <= memory.reservedNonce()

      const neverLeft = (open: OpenRequest): Effect.Effect<void> =>
        Effect.sync(() => {
          memory.onEnded({ ...open, end: { ending: "never-sent", atMs: nowMsUnsafe(clock) } })
        })

      const request = Effect.fnUntraced(function* (
        entry: Entry,
        open: OpenRequest,
        passage: Passage,
        report: Report,
      ) {
        /** We did not let it leave, which says nothing about the exchange. */
        let isWithheld = false
        let settledMs: number | undefined
        // What leaves is written down first: a later life must know of every order that may have left.
        const isKept = yield* Effect.onInterrupt(log.committed, () => neverLeft(open))
        // Neither does one leave once it is no longer written down that requests may: the process may have stood still.
        if (isKept && open.nonce > memory.reservedNonce()) {
          yield* Effect.onInterrupt(memory.reserve(open.nonce), () => neverLeft(open))
        }
        const readyMs = nowMsUnsafe(clock)
        const isEnded = entry.state === "ended"
        // It cannot be written down, or was given up by a stop, or is not to leave any more.
        if (!isKept || isEnded || !mayLeave(entry, open.nonce)) {
          yield* neverLeft(open)
          yield* report(undefined)
          if (isEnded) return
          stayed(entry, "withheld", { ...open, settledMs: readyMs }, readyMs)
          passage.onEnded("never-sent", readyMs)
          return yield* passage.leave
        }
        open.sentMs = readyMs
        entry.hasLeft = true
        const exit = yield* client
          .submit(entry.order, key, open.nonce, {
            mayStart: () => {
              isWithheld = !mayLeave(entry, open.nonce)
              return !isWithheld
            },
            onWritten: (atMs) => {
              open.writtenMs = atMs
              passage.onWritten(atMs)
            },
            onSettled: (atMs) => {
              settledMs = atMs
            },
            onAdvice: ({ exchangeMs, keyMs }) => {
              const nowMs = nowMsUnsafe(clock)
              if (keyMs > 0) holdUntilMs = Math.max(holdUntilMs, nowMs + keyMs)
              if (exchangeMs > 0) circuit.hold(nowMs + exchangeMs)
            },
          })
          .pipe(Effect.exit)
        const atMs = nowMsUnsafe(clock)
        settledMs ??= atMs
        const failure = Exit.isFailure(exit) ? Cause.findErrorOption(exit.cause) : Option.none()
        const defective = Exit.isFailure(exit) && Option.isNone(failure)
        // A client that died cannot say whether the order left.
        const answer: Exit.Exit<Acceptance, SubmitError> = defective
          ? Exit.fail(new ConnectionBroken({ orderId: entry.order.id, key: label, code: "client died" }))
          : exit
        const error = Exit.isFailure(answer) ? Cause.findErrorOption(answer.cause) : Option.none()
        const verdict = Option.getOrUndefined(Option.map(error, verdictOf))
        const trace: RequestTrace = { ...open, settledMs }
        const ending = endingOf(verdict)
        memory.onEnded({ ...open, end: { ending, atMs: settledMs } })
        const isFree = learn(verdict, open.nonce, atMs)
        // Before the order goes back to the line: whoever takes it next must know.
        yield* report(isWithheld ? undefined : signOf(verdict))
        // A stop that lost patience has ended the order already.
        if (entry.state === "ended") return
        if (verdict?.kind === "never-sent" && !isWithheld && Option.isSome(error)) {
          context.onNoContact(atMs, "code" in error.value ? error.value.code : error.value._tag)
        }
        settle(entry, answer, verdict, trace, isFree, isWithheld, atMs)
        // Last, because it may let the lane go on at once: it must have learnt from this answer by then.
        passage.onEnded(ending, settledMs)
        if (defective && Exit.isFailure(exit)) context.onDefect(Cause.die(Cause.squash(exit.cause)))
        yield* passage.leave
      })

      const dispatch = Effect.fnUntraced(function* (
        entry: Entry,
        place: Place,
        nonce: number,
        sentMs: number,
        report: Report,
      ) {
        invariant(state === "active", `${label} sends after it was retired`)
        invariant(sentMs < entry.deadlineMs, `order ${entry.order.id} is sent after its time to live`)
        invariant(nonce > lastNonce, `${label} repeats a nonce`)
        lastNonce = nonce
        memory.onSent(nonce)
        const open = ledger.depart(entry, { key: label, nonce, sentMs })
        log.record({
          type: "sent",
          atMs: sentMs,
          id: entry.order.id,
          createdMs: entry.createdMs,
          key: label,
          nonce,
          attempt: open.attempt,
        })
        const passage = yield* place.begin(sentMs)
        yield* Effect.forkIn(request(entry, open, passage, report), context.requests, {
          startImmediately: true,
        })
      })

      /** Takes the first order that is still worth sending and sends it; answers false where there is none. */
      const sendFirst = (
        place: Place,
        nonce: number,
        nowMs: number,
        report: Report,
      ): Effect.Effect<boolean> => {
        for (let entry = line.take(); entry !== undefined; entry = line.take()) {
          if (entry.state !== "queued") continue
          if (nowMs < entry.deadlineMs) return Effect.as(dispatch(entry, place, nonce, nowMs, report), true)
          expire(ledger, entry, nowMs)
        }
        return Effect.succeed(false)
      }

      /** The same, if everything is still as it was before the circuit was asked. */
      const tryFirst = (place: Place, report: Report): Effect.Effect<boolean> =>
        Effect.suspend(() => {
          const nowMs = nowMsUnsafe(clock)
          const nonce = nextNonce(lastNonce, clock.currentTimeMillisUnsafe())
          const isReady = state === "active" && place.isReady() && nowMs >= holdUntilMs
          return isReady && nonce <= memory.reservedNonce()
            ? sendFirst(place, nonce, nowMs, report)
            : Effect.succeed(false)
        })

      // From the look at the first order to the request's own fiber nothing can interrupt: an order that has
      // left the line always reaches an outcome.
      const next = (place: Place) =>
        Effect.uninterruptibleMask((restore) =>
          Effect.gen(function* () {
            while (true) {
              yield* restore(log.ready)
              // Waiting for what is there already would cost an order's way through here a good part of its time.
              if (nowMsUnsafe(clock) < holdUntilMs) yield* restore(sleepUntil(holdUntilMs))
              if (!circuit.mayTry(nowMsUnsafe(clock))) yield* restore(circuit.tryable)
              if (!place.isReady()) yield* restore(place.ready)
              if (line.length === 0) yield* restore(line.first)
              const nowMs = nowMsUnsafe(clock)
              if (!place.isReady() || nowMs < holdUntilMs || !circuit.mayTry(nowMs)) {
                // First let whoever woke us finish: a thousand lanes would otherwise wake each other in one stack.
                yield* Effect.yieldNow
                line.passOn()
                continue
              }
              const nonce = nextNonce(lastNonce, clock.currentTimeMillisUnsafe())
              if (nonce > memory.reservedNonce()) {
                line.passOn()
                yield* restore(memory.reserve(nonce))
                continue
              }
              if (circuit.isClosed()) {
                if (yield* sendFirst(place, nonce, nowMs, circuit.watch())) return
                continue
              }
              let wasSent = false
              const attempt = (report: Report) =>
                Effect.tap(tryFirst(place, report), (sent) =>
                  Effect.sync(() => {
                    wasSent = sent
                  }),
                )
              yield* circuit.probe(attempt, restore)
              if (wasSent) return
            }
          }),
        )

      // It waits for its gate and for orders often enough; to yield besides would only make orders older.
      const loop = Effect.forever(Effect.flatMap(gate.enter, next), { disableYield: true })

      return {
        label,
        gate,
        state: () => state,
        parkReason: () => parkReason,
        rateLimitErrors: () => rateLimitErrors,
        memory,
        run: Effect.raceFirst(loop, Deferred.await(retired)),
      }
    }),
  )

/** Ends an order whose time to live ran out in the line. */
export const expire = (ledger: Ledger, entry: Entry, atMs: number): void =>
  ledger.end(
    entry,
    { outcome: { outcome: "expired", place: "queue" }, request: undefined },
    atMs,
    Exit.fail(new OrderExpired({ orderId: entry.order.id, place: "queue" })),
  )
