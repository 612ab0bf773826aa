/**
 * Which faults befall which request: pure but for its generators, all from one seed.
 */
import { Effect, type Random } from "effect"
import { seededRandom } from "../../platform/Random.ts"
import {
  type AnswerFault,
  type Fault,
  GARBLINGS,
  type Garbling,
  isMomentFault,
  type Quota,
  type RequestFault,
} from "./Fault.ts"
import { isOn } from "./When.ts"

/** How one request's answer is spoilt. */
export interface Spoiling {
  readonly fault: AnswerFault
  /** From 0 up to 1: where an answer that is cut is cut. */
  readonly share: number
  readonly garbling: Garbling
}

export interface RequestFaults {
  /** How much later it arrives, and how many spikes that takes. */
  readonly spikeMs: number
  readonly spikes: number
  readonly blocks: boolean
  readonly quota: Quota | undefined
  readonly spoiling: Spoiling | undefined
}

export const unharmed: RequestFaults = {
  spikeMs: 0,
  spikes: 0,
  blocks: false,
  quota: undefined,
  spoiling: undefined,
}

/** What is played of faults. */
export type FaultPlan = Effect.Success<ReturnType<typeof makeFaultPlan>>

/** Draws for one fault: whether it befalls the next request, and if so, a number from 0 up to 1 for its details. */
const makeDraw = (fault: RequestFault, random: Random.Random) => {
  let left = fault.times ?? Number.POSITIVE_INFINITY
  return (elapsedMs: number): number | undefined => {
    // Both are drawn for every request, so that none shifts the luck of those after it.
    const luck = random.nextDoubleUnsafe()
    const detail = random.nextDoubleUnsafe()
    if (luck >= fault.chance || left === 0 || !isOn(fault.when, elapsedMs)) return undefined
    left -= 1
    return detail
  }
}

const spoilingOf = (fault: AnswerFault, detail: number): Spoiling => ({
  fault,
  share: detail,
  garbling:
    (fault.kind === "garbled" ? fault.garbling : undefined) ??
    GARBLINGS[Math.floor(detail * GARBLINGS.length)] ??
    "text",
})

const add = (faults: RequestFaults, fault: RequestFault, detail: number): RequestFaults => {
  if (fault.kind === "spike") {
    return { ...faults, spikeMs: faults.spikeMs + fault.byMs, spikes: faults.spikes + 1 }
  }
  if (fault.kind === "block") return { ...faults, blocks: true }
  // Of several the first that is named has its way.
  if (fault.kind === "quota") return { ...faults, quota: faults.quota ?? fault }
  return { ...faults, spoiling: faults.spoiling ?? spoilingOf(fault, detail) }
}

/** Makes the plan of these faults. What one of them draws does not depend on the others. */
export const makeFaultPlan = Effect.fnUntraced(function* (faults: ReadonlyArray<Fault>, seed: number) {
  const stalls = faults.filter((fault) => fault.kind === "stall")
  const ofRequests = faults.filter(
    (fault): fault is RequestFault => fault.kind !== "stall" && !isMomentFault(fault),
  )
  const occurrences = new Map<string, number>()
  const draws = yield* Effect.forEach(ofRequests, (fault) => {
    const occurrence = occurrences.get(fault.kind) ?? 0
    occurrences.set(fault.kind, occurrence + 1)
    return Effect.map(seededRandom(seed, `fault ${fault.kind} ${occurrence}`), (random) => ({
      fault,
      draw: makeDraw(fault, random),
    }))
  })
  return {
    /**
     * What befalls the next request, which came in at `elapsedMs` since the exchange's start. The n-th request meets the same
     * faults in every run with the same seed and faults, as far as it comes in while they are on.
     */
    next: (elapsedMs: number): RequestFaults => {
      let befallen = unharmed
      for (const { draw, fault } of draws) {
        const detail = draw(elapsedMs)
        if (detail !== undefined) befallen = add(befallen, fault, detail)
      }
      return befallen
    },
    stall: (elapsedMs: number) => stalls.find((stall) => isOn(stall.when, elapsedMs)),
    moments: faults.filter(isMomentFault),
  }
})
