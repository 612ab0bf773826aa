/** The exercise's protocol, as its exchange judges it. */
import { Clock, Duration, Effect } from "effect"
import { nowMsUnsafe } from "../platform/Monotonic.ts"
import { seededRandom } from "../platform/Random.ts"
import { type ExchangeRules, exerciseRules } from "../venues/exercise/exercise.ts"
import type { ArrivalTally } from "./ArrivalTally.ts"
import { answerTo, failure, unknownKey } from "./ExchangeAnswer.ts"
import { noRecord } from "./ExchangeRecord.ts"
import { ScopedCounters } from "./counters/ScopedCounters.ts"
import { quotaHeaders } from "./faults/quotaHeaders.ts"
import { garbled } from "./faults/wrongAnswer.ts"
import type { ExchangeSettings } from "./Judge.ts"
import type { Parameters } from "./parameters.ts"
import type { Answered, Protocol } from "./Protocol.ts"
import { Register } from "./Register.ts"

const refusedKey: Answered = { type: "answer", answer: unknownKey }

/** What all requests share. */
interface Court {
  readonly options: ExchangeSettings & { readonly tally: ArrivalTally }
  readonly clock: Clock.Clock
  readonly rules: ExchangeRules
  readonly register: Register
}

const judgeWith =
  ({ clock, options, register, rules }: Court): Protocol<Parameters>["judge"] =>
  (parameters, atMs, faults) => {
    const { address, apiKey, nonce, param, reqId = "" } = parameters
    const { record = noRecord, tally } = options
    const key = register.find(apiKey)
    if (key === undefined) return refusedKey
    if (faults.blocks) {
      register.block(key)
      tally.played("block")
    }
    const ruling = register.judge(key, nonce, atMs, { address, param })
    tally.arrived(key.label, ruling, atMs, reqId)
    const wallMs = clock.currentTimeMillisUnsafe()
    const atEpochMs = wallMs - (nowMsUnsafe(clock) - atMs)
    record.add({ key: key.label, id: reqId, nonce: nonce ?? null, verdict: ruling, atEpochMs })
    const answer = answerTo(ruling, reqId)
    if (faults.quota === undefined) return { type: "answer", answer }
    tally.played("quota")
    const judgedMs = atMs + register.clockStepMs
    const headers = quotaHeaders(faults.quota, rules, key.usage, ruling, judgedMs, wallMs)
    return { type: "answer", answer, headers }
  }

export const makeExerciseProtocol = Effect.fnUntraced(function* (options: Court["options"]) {
  const clock = yield* Clock.Clock
  const windowMs = Math.floor(Duration.toMillis(options.window))
  const rules = { ...exerciseRules, limit: options.limit, windowMs, nonces: options.nonces }
  const { limits } = options
  // Windows on the exchange's clock begin when the wall clock shows a whole number of them.
  const phaseMs = Math.round(nowMsUnsafe(clock) - clock.currentTimeMillisUnsafe())
  const luck = yield* seededRandom(options.seed, "fault block-key whom")
  const register = new Register(options.keys, rules, luck, () =>
    limits === undefined ? undefined : new ScopedCounters(limits, phaseMs),
  )
  const protocol: Protocol<Parameters> = {
    unjudged: ({ apiKey }) => {
      if (register.find(apiKey) !== undefined) return undefined
      options.tally.unknownKey()
      return refusedKey
    },
    judge: judgeWith({ clock, options, register, rules }),
    play: (fault) => register.play(fault),
    failure,
    garbled: (garbling, { reqId = "" }) => garbled(garbling, reqId),
  }
  return protocol
})
