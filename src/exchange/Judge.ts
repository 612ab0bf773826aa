/**
 * Everything between a request's parameters and its answer: delays, judgement, tally, record, and the faults that
 * befall it on the way.
 *
 * A delay ends when it is due, not when its timer happens to fire: a process that was held up judges what has
 * become due meanwhile in the order of those times, and as of them. So an incoming delay is never longer than
 * it was drawn, however busy the machine is.
 */
import { Clock, Duration, Effect, Redacted, type Scope } from "effect"
import { nowMs, nowMsUnsafe, sleepUntil } from "../platform/Monotonic.ts"
import { seededRandom } from "../platform/Random.ts"
import type { ApiKey } from "../domain/ApiKey.ts"
import type { ArrivalTally } from "./ArrivalTally.ts"
import { uniformDelays } from "./Delays.ts"
import { makeDueLine } from "./DueLine.ts"
import { answerTo, type ExchangeAnswer, unknownKey } from "./ExchangeAnswer.ts"
import { arrive, emptyKey, type KeyState, parseNonce } from "./ExchangeModel.ts"
import { exerciseRules } from "../venues/exercise/exercise.ts"
import type { ExchangeRecord } from "./ExchangeRecord.ts"
import type { Fault, MomentFault } from "./faults/Fault.ts"
import { type Ending, makeFaultPlan, type RequestFaults } from "./faults/FaultPlan.ts"
import type { Cut } from "./faults/playEnding.ts"
import { quotaHeaders } from "./faults/quotaHeaders.ts"
import { nextMoment } from "./faults/When.ts"
import { failing, garbled, type WrongAnswer } from "./faults/wrongAnswer.ts"

/** The protocol's three parameters. */
export interface Parameters {
  readonly apiKey: string | undefined
  readonly nonce: string | undefined
  readonly reqId: string | undefined
}

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

export interface JudgeOptions {
  readonly keys: ReadonlyArray<ApiKey>
  readonly limit: number
  readonly window: Duration.Duration
  readonly maxDelay: Duration.Duration
  readonly seed: number
  readonly faults: ReadonlyArray<Fault>
  readonly record: ExchangeRecord
  readonly tally: ArrivalTally
  /** The exchange has just forgotten everything, and its connections with it; nobody shall listen for `downMs`. */
  readonly onRestart: (downMs: number) => Effect.Effect<void>
  /** Waits until the exchange is being stopped: what a spike holds up by then never arrives. */
  readonly stopping: Effect.Effect<void>
}

const silence: Reply = { type: "cut", cut: { type: "silence" } }
const closing: Reply = { type: "cut", cut: { type: "close" } }

/** Whether a fault keeps a request from being judged. */
const losesRequest = (ending: Ending | undefined): boolean =>
  ending?.fault.kind === "lost-request" || (ending?.fault.kind === "status" && !ending.fault.judged)

/** What a fault makes of an answer. */
const spoil = (
  { fault, garbling, share }: Ending,
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

interface Key {
  readonly label: string
  state: KeyState
}

/** Judges requests until the scope closes. */
export const makeJudge = Effect.fnUntraced(function* (
  options: JudgeOptions,
): Effect.fn.Return<(parameters: Parameters) => Effect.Effect<Reply>, never, Scope.Scope> {
  const clock = yield* Clock.Clock
  const { record, tally } = options
  const config = {
    ...exerciseRules,
    limit: options.limit,
    windowMs: Math.floor(Duration.toMillis(options.window)),
  }
  const draw = yield* uniformDelays(options.seed, Math.floor(Duration.toMillis(options.maxDelay)))
  const plan = yield* makeFaultPlan(options.faults, options.seed)
  const keyLuck = yield* seededRandom(options.seed, "fault block-key whom")
  const startMs = nowMsUnsafe(clock)
  const keys = new Map<string, Key>(
    options.keys.map(({ label, secret }) => [Redacted.value(secret), { label, state: emptyKey(config) }]),
  )
  const arrivals = makeDueLine<() => void>()
  /** Sleeps until `dueMs`, and lets happen what has become due by then. */
  const runDue = Effect.fnUntraced(function* (dueMs: number) {
    yield* sleepUntil(dueMs)
    for (const happen of arrivals.takeDue(yield* nowMs)) happen()
  })

  // A restart is a new life: what came in in a former one is forgotten.
  let life = 0
  let clockStepMs = 0

  const block = (key: Key): void => {
    key.state = { ...key.state, rateLimitErrors: Math.max(config.blockAfter, key.state.rateLimitErrors) }
  }

  const happen = (fault: MomentFault): void => {
    switch (fault.kind) {
      case "restart": {
        life += 1
        for (const key of keys.values()) key.state = emptyKey(config)
        tally.played(fault.kind)
        return
      }
      case "clock": {
        clockStepMs += fault.byMs
        tally.played(fault.kind)
        return
      }
      case "block-key": {
        const healthy = [...keys.values()].filter(({ state }) => state.rateLimitErrors < config.blockAfter)
        const key = healthy[Math.floor(keyLuck.nextDoubleUnsafe() * healthy.length)]
        if (key === undefined) return
        block(key)
        tally.played(fault.kind)
      }
    }
  }

  const playMoments = Effect.fnUntraced(function* (fault: MomentFault) {
    let atMs: number | undefined = -1
    while ((atMs = nextMoment(fault.when, atMs)) !== undefined) {
      arrivals.add(startMs + atMs, () => happen(fault))
      yield* runDue(startMs + atMs)
      if (fault.kind === "restart") yield* options.onRestart(fault.when.forMs ?? 0)
    }
  })
  yield* Effect.forEach(plan.moments, (fault) => Effect.forkScoped(playMoments(fault)), { discard: true })

  /** Judges a request at `atMs`: what it is answered, or undefined where a restart or a stop came first. */
  const judge = Effect.fnUntraced(function* (
    key: Key,
    parameters: Parameters,
    faults: RequestFaults,
    atMs: number,
    receivedIn: number,
  ) {
    const reqId = parameters.reqId ?? ""
    let reply: Answered | undefined
    let isOver = false
    arrivals.add(atMs, () => {
      if (life !== receivedIn || isOver) return
      if (faults.blocks) block(key)
      const judgedMs = atMs + clockStepMs
      const nonce = parseNonce(parameters.nonce)
      const { next, verdict } = arrive(config, key.state, { nonce, atMs: judgedMs })
      key.state = next
      tally.arrived(key.label, verdict, atMs, reqId)
      const atEpochMs = clock.currentTimeMillisUnsafe() - (nowMsUnsafe(clock) - atMs)
      record.add({ key: key.label, id: reqId, nonce: parameters.nonce ?? null, verdict, atEpochMs })
      const answer = answerTo(verdict, reqId)
      const { quota } = faults
      reply =
        quota === undefined
          ? { type: "answer", answer }
          : {
              type: "answer",
              answer,
              headers: quotaHeaders(quota, config, next, verdict, judgedMs, clock.currentTimeMillisUnsafe()),
            }
    })
    yield* faults.spikes === 0
      ? runDue(atMs)
      : Effect.raceFirst(Effect.interruptible(runDue(atMs)), Effect.interruptible(options.stopping))
    isOver = true
    return reply
  })

  return Effect.fnUntraced(function* (parameters: Parameters): Effect.fn.Return<Reply> {
    const delays = draw()
    const receivedMs = yield* nowMs
    const receivedIn = life
    const faults = plan.next(receivedMs - startMs)
    const stall = plan.stall(receivedMs - startMs)
    const atMs = receivedMs + delays.incomingMs + faults.spikeMs
    tally.played("spike", faults.spikes)
    if (faults.blocks) tally.played("block")
    if (faults.quota !== undefined) tally.played("quota")

    const key = keys.get(parameters.apiKey ?? "")
    const isLost = losesRequest(faults.ending) || stall?.judged === false
    let reply: Answered | undefined = { type: "answer", answer: unknownKey }
    let dueMs = receivedMs + delays.outgoingMs
    if (isLost) {
      dueMs += delays.incomingMs
    } else if (key === undefined) {
      tally.unknownKey()
    } else {
      reply = yield* judge(key, parameters, faults, atMs, receivedIn)
      if (reply === undefined) return closing
      dueMs = atMs + delays.outgoingMs
    }
    const isRecorded = yield* record.flush
    yield* sleepUntil(dueMs)

    // Its connection is gone, or about to go.
    if (life !== receivedIn || !isRecorded) return closing
    if (stall !== undefined || plan.stall((yield* nowMs) - startMs) !== undefined) {
      tally.played("stall")
      return silence
    }
    if (faults.ending === undefined) return reply
    tally.played(faults.ending.fault.kind)
    return spoil(faults.ending, reply.answer, parameters.reqId ?? "", clock.currentTimeMillisUnsafe())
  })
})
