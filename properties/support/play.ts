/** Plays a scenario in virtual time and keeps what can be observed of it from outside. */
import { Cause, Clock, Duration, Effect, Exit, Fiber, Option, Result } from "effect"
import type { DispatchEvent } from "../../src/domain/DispatchEvent.ts"
import type { DispatchSnapshot } from "../../src/dispatch/Dispatcher.ts"
import type { OrderParams } from "../../src/domain/Order.ts"
import type { Gate } from "../../src/limits/Gate.ts"
import { parseDesign } from "../../src/simulation/baselines/designs.ts"
import { nowMsUnsafe, sleepUntil } from "../../src/platform/Monotonic.ts"
import { type Remains, runVirtualToRest } from "../../test/support/virtualTime.ts"
import { hostileClock } from "../../test/support/hostileClock.ts"
import { makeRig, order, type RigOptions } from "../../test/support/rig.ts"
import type { Arrival } from "../../src/simulation/SimulatedExchange.ts"
import { heldUp } from "./journeys.ts"
import type { Scenario } from "./scenario.ts"

export interface Observation {
  /** When it began. Milliseconds of the monotonic clock, like all of its times. */
  readonly startMs: number
  /** Ids of the orders that were handed over. */
  readonly handed: ReadonlyArray<string>
  /** When each order was handed over, by its id. */
  readonly handedMs: ReadonlyMap<string, number>
  /** Ids of the orders that the dispatcher said it would not take. */
  readonly turnedAway: ReadonlyArray<string>
  /** Every order reached its outcome of itself; taken for granted where the dispatcher is stopped before. */
  readonly isDrained: boolean
  readonly events: ReadonlyArray<DispatchEvent>
  readonly arrivals: ReadonlyArray<Arrival>
  /** What the dispatcher still holds long after the last order; undefined where it was stopped, or is another's. */
  readonly atRest: Pick<DispatchSnapshot, "queued" | "inFlight"> | undefined
  /** Places taken at each lane's gate at the same time. */
  readonly placesTaken: ReadonlyArray<number> | undefined
  /** What was left when all was closed. */
  readonly remains: Remains
}

/** What a deliberately broken variant puts in the place of the real thing. */
export type Variant = Pick<RigOptions, "gate" | "client" | "make" | "scoped">

/** Far longer than any scenario needs: what is not done by then never will be. */
const LONGEST = Duration.days(1)

/**
 * What is still on its way to the exchange when the dispatcher has done arrives, and leaves the window, within this
 * time, also where the exchange stands still; the window's margin may have grown by a slot with each of five refusals.
 */
export const aftermath = ({ requestTimeoutMs, stalls, windowMs }: Scenario): Duration.Duration =>
  Duration.millis(Math.max(0, ...stalls.map(({ toMs }) => toMs)) + 6 * requestTimeoutMs + 8 * windowMs + 3000)

/** What the n-th order says of itself. */
export const paramsOf = ({ joined }: Scenario, n: number): OrderParams =>
  joined?.params[n % joined.params.length] ?? {}

/** The scenario's world, with its dispatcher at work and its keys in peril. */
export const makeWorld = Effect.fnUntraced(function* (
  scenario: Scenario,
  variant: Variant = {},
  options: Pick<RigOptions, "dispatcher"> & { readonly blockAfter?: number } = {},
) {
  const { joined, journeys, limit, windowMs } = scenario
  const clock = yield* Clock.Clock
  const gates: Array<Gate> = []
  const unknownKeys: Array<string> = []
  const startMs = nowMsUnsafe(clock)
  const design = Result.getOrThrow(parseDesign(scenario.gate))
  const gate = variant.gate ?? design.gate
  const rig = yield* makeRig({
    keys: scenario.keys,
    limits: joined?.limits,
    nonces: joined?.nonces,
    config: { limit, windowMs, blockAfter: options.blockAfter ?? 10 },
    boundMs: scenario.boundMs,
    ttlMs: scenario.ttlMs,
    requestTimeoutMs: scenario.requestTimeoutMs,
    journey: (n) =>
      heldUp(
        journeys[n % journeys.length] ?? { incomingMs: 0, outgoingMs: 0 },
        scenario.stalls,
        nowMsUnsafe(clock) - startMs,
      ),
    pingJourney: () =>
      heldUp({ incomingMs: 25, outgoingMs: 25 }, scenario.stalls, nowMsUnsafe(clock) - startMs),
    unknownKeys,
    dispatcher: {
      ...(variant.gate === undefined ? design.habits : {}),
      // Whether a silent exchange fails the run, or one that refuses everything, is another question.
      stopAfterRefusals: Number.POSITIVE_INFINITY,
      firstContact: LONGEST,
      unreachableAfter: LONGEST,
      ...options.dispatcher,
    },
    ...variant,
    gate: (given) => (key) => Effect.tap(gate(given)(key), (made) => Effect.sync(() => gates.push(made))),
  })
  const lose = ({ how, key }: Scenario["keyLosses"][number]) =>
    Effect.sync(() => {
      const label = `key-${key}`
      if (how === "unknown") unknownKeys.push(label)
      else rig.exchange.burden(label, options.blockAfter ?? 10)
    })
  for (const loss of scenario.keyLosses) yield* Effect.forkScoped(Effect.delay(lose(loss), loss.atMs))
  return { rig, gates }
})

export const play = (scenario: Scenario, variant: Variant = {}): Promise<Observation> => {
  const program = Effect.gen(function* () {
    const handed: Array<string> = []
    const turnedAway: Array<string> = []
    const handedMs = new Map<string, number>()
    const clock = yield* Clock.Clock
    const { gates, rig } = yield* hostileClock(makeWorld(scenario, variant), scenario)
    const { dispatcher } = rig
    let dueMs = rig.startMs
    const source = Effect.forEach(
      scenario.gaps,
      (gap, n) => {
        dueMs += gap
        const answered = (exit: Exit.Exit<void, unknown>) =>
          Effect.sync(() => {
            const refused = Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause)
            ;(refused ? turnedAway : handed).push(String(n))
          })
        const hand = Effect.suspend(() => {
          const nowMs = nowMsUnsafe(clock)
          handedMs.set(String(n), nowMs)
          const ageMs = scenario.agesMs[n % scenario.agesMs.length] ?? 0
          return Effect.ignore(
            Effect.onExit(dispatcher.enqueue(order(n, nowMs - ageMs, paramsOf(scenario, n))), answered),
          )
        })
        return Effect.andThen(sleepUntil(dueMs), hand)
      },
      { discard: true },
    )
    let isDrained = true
    let atRest: Observation["atRest"]
    let placesTaken: ReadonlyArray<number> | undefined
    if (scenario.stopAtMs === undefined) {
      const done = yield* Effect.timeoutOption(Effect.andThen(source, dispatcher.drained), LONGEST)
      isDrained = Option.isSome(done)
      yield* Effect.sleep(aftermath(scenario))
      if (variant.make === undefined) {
        const { inFlight, queued } = yield* dispatcher.snapshot
        atRest = { queued, inFlight }
      }
      placesTaken = gates.map((gate) => gate.used())
    } else {
      const feeding = yield* Effect.forkScoped(source)
      yield* Effect.sleep(scenario.stopAtMs)
      yield* Fiber.interrupt(feeding)
    }
    yield* rig.stop
    yield* Effect.sleep(aftermath(scenario))
    const { events, exchange, startMs } = rig
    const { arrivals } = exchange
    return { startMs, handed, handedMs, turnedAway, isDrained, events, arrivals, atRest, placesTaken }
  })
  const { exit, remains } = runVirtualToRest(Effect.scoped(program))
  return Effect.runPromise(Effect.map(exit, (seen) => ({ ...seen, remains })))
}
