/**
 * Takes a request from its parameters to its answer: delays, judgement, tally, record, and the faults that befall it.
 *
 * A delay ends when it is due, not when its timer fires. A process that was held up judges what has become due
 * meanwhile in the order of those times, and as of them. So no request arrives later than was drawn for it, however
 * busy the machine is.
 */
import { Clock, Duration, Effect, type Scope } from "effect"
import type { LimitSettings } from "../domain/LimitSpec.ts"
import type { ApiKey } from "../domain/ApiKey.ts"
import { nowMs, nowMsUnsafe, sleepUntil } from "../platform/Monotonic.ts"
import { seededRandom, wholeUpTo } from "../platform/Random.ts"
import { TimeHeap } from "../platform/TimeHeap.ts"
import { type ExchangeRules, exerciseRules } from "../venues/exercise/exercise.ts"
import type { ArrivalTally } from "./ArrivalTally.ts"
import { answerTo, type ExchangeAnswer, unknownKey } from "./ExchangeAnswer.ts"
import { type ExchangeRecord, noRecord } from "./ExchangeRecord.ts"
import { ScopedCounters } from "./counters/ScopedCounters.ts"
import type { Cut } from "./faults/Cut.ts"
import type { Fault, MomentFault } from "./faults/Fault.ts"
import { makeFaultPlan, type RequestFaults, type Spoiling } from "./faults/FaultPlan.ts"
import { quotaHeaders } from "./faults/quotaHeaders.ts"
import { nextMoment } from "./faults/When.ts"
import { failing, garbled, type WrongAnswer } from "./faults/wrongAnswer.ts"
import { costOf, type Parameters } from "./parameters.ts"
import { Register, type RegisteredKey } from "./Register.ts"

/** What becomes of a request. */
export type Reply =
  | {
      readonly type: "answer"
      readonly answer: ExchangeAnswer
      readonly headers?: Readonly<Record<string, string>>
    }
  | { readonly type: "wrong"; readonly answer: WrongAnswer }
  | { readonly type: "cut"; readonly cut: Cut }

type Answered = Extract<Reply, { readonly type: "answer" }>

/** What an exchange is like. */
export interface ExchangeSettings extends LimitSettings {
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

export interface JudgeOptions extends ExchangeSettings {
  readonly tally: ArrivalTally
  /** The exchange has just forgotten everything, and its connections with it; nobody shall listen for `downMs`. */
  readonly onRestart: (downMs: number) => Effect.Effect<void>
  /** Waits until the exchange is being stopped: what a spike holds up by then never arrives. */
  readonly stopping: Effect.Effect<void>
}

const silence: Reply = { type: "cut", cut: { type: "silence" } }
const closing: Reply = { type: "cut", cut: { type: "close" } }
const refusedKey: Answered = { type: "answer", answer: unknownKey }

/** Whether a fault keeps a request from being judged. */
const losesRequest = (spoiling: Spoiling | undefined): boolean =>
  spoiling?.fault.kind === "lost-request" || (spoiling?.fault.kind === "status" && !spoiling.fault.judged)

/** What a fault makes of an answer. */
const spoil = (
  { fault, garbling, share }: Spoiling,
  answer: ExchangeAnswer,
  reqId: string,
  wallMs: number,
): Reply => {
  switch (fault.kind) {
    case "lost-request":
    case "lost-answer":
      return { type: "cut", cut: { type: fault.aftermath } }
    case "reset":
    case "truncated":
      return { type: "cut", cut: { type: fault.kind, answer, share } }
    case "garbled":
      return { type: "wrong", answer: garbled(garbling, reqId) }
    case "status":
      return { type: "wrong", answer: failing(fault, wallMs) }
  }
}

/** What all requests share. */
interface Court {
  readonly options: JudgeOptions
  readonly record: ExchangeRecord
  readonly clock: Clock.Clock
  readonly rules: ExchangeRules
  readonly register: Register
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

const playMoments = Effect.fnUntraced(function* (court: Court, fault: MomentFault) {
  const { agenda, options, register, startMs } = court
  let atMs: number | undefined = -1
  while ((atMs = nextMoment(fault.when, atMs)) !== undefined) {
    agenda.add(startMs + atMs, () => {
      if (register.play(fault)) options.tally.played(fault.kind)
    })
    yield* runDue(agenda, startMs + atMs)
    if (fault.kind === "restart") yield* options.onRestart(fault.when.forMs ?? 0)
  }
})

/** A request of a known key. */
interface KnownRequest {
  readonly key: RegisteredKey
  readonly parameters: Parameters
  readonly faults: RequestFaults
  /** When it arrives. */
  readonly atMs: number
}

/** Judges a request, now that it arrives, and counts and records it. */
const decide = (court: Court, { key, parameters, faults, atMs }: KnownRequest): Answered => {
  const { clock, options, record, register, rules } = court
  const { nonce, reqId = "" } = parameters
  if (faults.blocks) register.block(key)
  const { address, param } = parameters
  const ruling = register.judge(key, nonce, atMs, { address, cost: costOf(parameters), param })
  options.tally.arrived(key.label, ruling, atMs, reqId)
  const wallMs = clock.currentTimeMillisUnsafe()
  const atEpochMs = wallMs - (nowMsUnsafe(clock) - atMs)
  record.add({ key: key.label, id: reqId, nonce: nonce ?? null, verdict: ruling, atEpochMs })
  const answer = answerTo(ruling, reqId)
  if (faults.quota === undefined) return { type: "answer", answer }
  const judgedMs = atMs + register.clockStepMs
  const headers = quotaHeaders(faults.quota, rules, key.usage, ruling, judgedMs, wallMs)
  return { type: "answer", answer, headers }
}

/** Waits for a request's arrival: what it is answered, or undefined where a restart or a stop came first. */
const judge = Effect.fnUntraced(function* (court: Court, request: KnownRequest, life: number) {
  const { agenda, options, register } = court
  let answered: Answered | undefined
  const arrival = agenda.add(request.atMs, () => {
    if (register.life === life) answered = decide(court, request)
  })
  const arrived = runDue(agenda, request.atMs)
  yield* request.faults.spikes === 0
    ? arrived
    : Effect.raceFirst(Effect.interruptible(arrived), Effect.interruptible(options.stopping))
  agenda.remove(arrival)
  return answered
})

const countFaults = (tally: ArrivalTally, faults: RequestFaults): void => {
  tally.played("spike", faults.spikes)
  if (faults.blocks) tally.played("block")
  if (faults.quota !== undefined) tally.played("quota")
}

/** Makes what judges requests until the scope closes. */
export const makeJudge = Effect.fnUntraced(function* (
  options: JudgeOptions,
): Effect.fn.Return<(parameters: Parameters) => Effect.Effect<Reply>, never, Scope.Scope> {
  const clock = yield* Clock.Clock
  const { faults: faultsToPlay = [], record = noRecord, seed, tally } = options
  const windowMs = Math.floor(Duration.toMillis(options.window))
  const rules = { ...exerciseRules, limit: options.limit, windowMs, nonces: options.nonces }
  const maxDelayMs = Math.floor(Duration.toMillis(options.maxDelay))
  const delays = yield* seededRandom(seed, "exchange delays")
  const plan = yield* makeFaultPlan(faultsToPlay, seed)
  const startMs = nowMsUnsafe(clock)
  const { limits } = options
  // Windows on the exchange's clock begin when the wall clock shows a whole number of them.
  const phaseMs = Math.round(startMs - clock.currentTimeMillisUnsafe())
  const register = new Register(options.keys, rules, yield* seededRandom(seed, "fault block-key whom"), () =>
    limits === undefined ? undefined : new ScopedCounters(limits, phaseMs),
  )
  const court: Court = { options, record, clock, rules, register, agenda: new TimeHeap(), startMs }
  yield* Effect.forEach(plan.moments, (fault) => Effect.forkScoped(playMoments(court, fault)), {
    discard: true,
  })

  return Effect.fnUntraced(function* (parameters: Parameters): Effect.fn.Return<Reply> {
    // Drawn together, when it comes in: the n-th request has the same delays however the requests overlap.
    const incomingMs = wholeUpTo(delays, maxDelayMs)
    const outgoingMs = wholeUpTo(delays, maxDelayMs)
    const receivedMs = yield* nowMs
    const { life } = register
    const faults = plan.next(receivedMs - startMs)
    const stall = plan.stall(receivedMs - startMs)
    countFaults(tally, faults)

    const key = register.find(parameters.apiKey)
    let reply: Answered | undefined = refusedKey
    let dueMs = receivedMs + outgoingMs
    if (losesRequest(faults.spoiling) || stall?.judged === false) {
      dueMs += incomingMs
    } else if (key === undefined) {
      tally.unknownKey()
    } else {
      const atMs = receivedMs + incomingMs + faults.spikeMs
      reply = yield* judge(court, { key, parameters, faults, atMs }, life)
      if (reply === undefined) return closing
      dueMs = atMs + outgoingMs
    }
    const isRecorded = yield* record.flush
    yield* sleepUntil(dueMs)

    // Its connection is gone, or about to go.
    if (register.life !== life || !isRecorded) return closing
    if (stall !== undefined || plan.stall((yield* nowMs) - startMs) !== undefined) {
      tally.played("stall")
      return silence
    }
    if (faults.spoiling === undefined) return reply
    tally.played(faults.spoiling.fault.kind)
    return spoil(faults.spoiling, reply.answer, parameters.reqId ?? "", clock.currentTimeMillisUnsafe())
  })
})
