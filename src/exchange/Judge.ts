/**
 * Takes a request from its parameters to its answer: delays, judgement, tally, record, and the faults that befall it.
 *
 * A delay ends when it is due, not when its timer fires. A process that was held up judges what has become due
 * meanwhile in the order of those times, and as of them. So no request arrives later than was drawn for it, however
 * busy the machine is.
 */
import { Clock, Duration, Effect, type Scope } from "effect"
import type { ApiKey } from "../domain/ApiKey.ts"
import type { LimitSettings } from "../domain/LimitSpec.ts"
import { nowMs, nowMsUnsafe, sleepUntil } from "../platform/Monotonic.ts"
import { seededRandom, wholeUpTo } from "../platform/Random.ts"
import { TimeHeap } from "../platform/TimeHeap.ts"
import type { ExchangeAnswer } from "./ExchangeAnswer.ts"
import { type ExchangeRecord, noRecord } from "./ExchangeRecord.ts"
import type { Cut } from "./faults/Cut.ts"
import type { Fault, FaultKind, Garbling, MomentFault } from "./faults/Fault.ts"
import { makeFaultPlan, type RequestFaults, type Spoiling } from "./faults/FaultPlan.ts"
import { nextMoment } from "./faults/When.ts"
import { failing, type WrongAnswer } from "./faults/wrongAnswer.ts"
import type { Answered, Protocol } from "./Protocol.ts"

/** What becomes of a request. */
export type Reply =
  | Answered
  | { readonly type: "wrong"; readonly answer: WrongAnswer }
  | { readonly type: "cut"; readonly cut: Cut }

/** What an exchange is like, whatever its rules. */
export interface EmulatorSettings {
  /** The keys it knows. */
  readonly keys: ReadonlyArray<ApiKey>
  /** The longest delay each way, in whole milliseconds. */
  readonly maxDelay: Duration.Duration
  /** What the delays derive from. */
  readonly seed: number
  /** What it does wrong. Nothing unless said. */
  readonly faults?: ReadonlyArray<Fault> | undefined
  /** Where it writes down what it judged. Nowhere unless said. */
  readonly record?: ExchangeRecord
}

/** What the exercise's exchange is like. */
export interface ExchangeSettings extends EmulatorSettings, LimitSettings {}

export interface JudgeOptions extends EmulatorSettings {
  /** Told of faults that are played: of `block` and `quota` by the protocol, which plays them. */
  readonly tally: { readonly played: (kind: FaultKind, times?: number) => void }
  /** The exchange has just forgotten everything, and its connections with it; nobody shall listen for `downMs`. */
  readonly onRestart: (downMs: number) => Effect.Effect<void>
  /** Waits until the exchange is being stopped: what a spike holds up by then never arrives. */
  readonly stopping: Effect.Effect<void>
}

const silence: Reply = { type: "cut", cut: { type: "silence" } }
/** What is spoilt of a request that nobody judged. */
const NOTHING: Answered = { type: "answer", answer: { status: 500, body: "" } }
const closing: Reply = { type: "cut", cut: { type: "close" } }

/** Whether a fault keeps a request from being judged. */
const losesRequest = (spoiling: Spoiling | undefined): boolean =>
  spoiling !== undefined &&
  (spoiling.fault.kind === "lost-request" || ("judged" in spoiling.fault && !spoiling.fault.judged))

/** What a fault makes of an answer. */
const spoil = (
  { fault, garbling, share }: Spoiling,
  answer: ExchangeAnswer,
  wallMs: number,
  { failure, garbled }: { failure: ExchangeAnswer; garbled: (garbling: Garbling) => WrongAnswer },
): Reply => {
  switch (fault.kind) {
    case "lost-request":
    case "lost-answer":
      return { type: "cut", cut: { type: fault.aftermath } }
    case "reset":
    case "truncated":
      return { type: "cut", cut: { type: fault.kind, answer, share } }
    case "garbled":
      return { type: "wrong", answer: garbled(garbling) }
    case "failure":
      return { type: "answer", answer: failure }
    case "status":
      return { type: "wrong", answer: failing(fault, wallMs) }
  }
}

/** What all requests share. */
interface Court<Request> {
  readonly options: JudgeOptions
  readonly protocol: Protocol<Request>
  /** How often the exchange was restarted: a request of an earlier life is forgotten. */
  life: number
  /** What happens at which time. */
  readonly agenda: TimeHeap<() => void>
  readonly startMs: number
}

/** Sleeps until `dueMs`, and lets happen what has become due by then. */
const runDue = Effect.fnUntraced(function* (agenda: TimeHeap<() => void>, dueMs: number) {
  yield* sleepUntil(dueMs)
  const untilMs = yield* nowMs
  for (let due = agenda.first(); due !== undefined && due.atMs <= untilMs; due = agenda.first()) {
    agenda.take()
    due.value?.()
  }
})

const playMoments = Effect.fnUntraced(function* <Request>(court: Court<Request>, fault: MomentFault) {
  const { agenda, options, protocol, startMs } = court
  let atMs: number | undefined = -1
  while ((atMs = nextMoment(fault.when, atMs)) !== undefined) {
    agenda.add(startMs + atMs, () => {
      if (fault.kind === "restart") court.life += 1
      if (protocol.play(fault)) options.tally.played(fault.kind)
    })
    yield* runDue(agenda, startMs + atMs)
    if (fault.kind === "restart") yield* options.onRestart(fault.when.forMs ?? 0)
  }
})

/** A request on its way in. */
interface Incoming<Request> {
  readonly request: Request
  readonly faults: RequestFaults
  /** When it arrives. */
  readonly atMs: number
}

/** Waits for a request's arrival: what it is answered, or undefined where a restart or a stop came first. */
const judge = Effect.fnUntraced(function* <Request>(
  court: Court<Request>,
  { atMs, faults, request }: Incoming<Request>,
  life: number,
) {
  const { agenda, options, protocol } = court
  let answered: Answered | undefined
  const arrival = agenda.add(atMs, () => {
    if (court.life === life) answered = protocol.judge(request, atMs, faults)
  })
  const arrived = runDue(agenda, atMs)
  yield* faults.spikes === 0
    ? arrived
    : Effect.raceFirst(Effect.interruptible(arrived), Effect.interruptible(options.stopping))
  agenda.remove(arrival)
  return answered
})

/** Makes what judges requests until the scope closes. */
export const makeJudge = Effect.fnUntraced(function* <Request>(
  options: JudgeOptions,
  protocol: Protocol<Request>,
): Effect.fn.Return<(request: Request) => Effect.Effect<Reply>, never, Scope.Scope> {
  const clock = yield* Clock.Clock
  const { faults: faultsToPlay = [], record = noRecord, seed, tally } = options
  const maxDelayMs = Math.floor(Duration.toMillis(options.maxDelay))
  const delays = yield* seededRandom(seed, "exchange delays")
  const plan = yield* makeFaultPlan(faultsToPlay, seed)
  const startMs = nowMsUnsafe(clock)
  const court: Court<Request> = { options, protocol, life: 0, agenda: new TimeHeap(), startMs }
  yield* Effect.forEach(plan.moments, (fault) => Effect.forkScoped(playMoments(court, fault)), {
    discard: true,
  })

  return Effect.fnUntraced(function* (request: Request): Effect.fn.Return<Reply> {
    // Drawn together, when it comes in: the n-th request has the same delays however the requests overlap.
    const incomingMs = wholeUpTo(delays, maxDelayMs)
    const outgoingMs = wholeUpTo(delays, maxDelayMs)
    const receivedMs = yield* nowMs
    const { life } = court
    const faults = plan.next(receivedMs - startMs)
    const stall = plan.stall(receivedMs - startMs)

    let reply: Answered | undefined
    let dueMs = receivedMs + outgoingMs
    if (losesRequest(faults.spoiling) || stall?.judged === false) {
      dueMs += incomingMs
    } else if ((reply = protocol.unjudged(request)) === undefined) {
      tally.played("spike", faults.spikes)
      const atMs = receivedMs + incomingMs + faults.spikeMs
      reply = yield* judge(court, { request, faults, atMs }, life)
      if (reply === undefined) return closing
      dueMs = atMs + outgoingMs
    }
    const isRecorded = yield* record.flush
    yield* sleepUntil(dueMs)

    // Its connection is gone, or about to go.
    if (court.life !== life || !isRecorded) return closing
    if (stall !== undefined || plan.stall((yield* nowMs) - startMs) !== undefined) {
      tally.played("stall")
      return silence
    }
    if (faults.spoiling === undefined) return reply ?? closing
    tally.played(faults.spoiling.fault.kind)
    const { answer } = reply ?? NOTHING
    return spoil(faults.spoiling, answer, clock.currentTimeMillisUnsafe(), {
      failure: protocol.failure,
      garbled: (garbling) => protocol.garbled(garbling, request, answer),
    })
  })
})
