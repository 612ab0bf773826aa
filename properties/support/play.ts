/** Plays a scenario in virtual time and keeps what can be observed of it from outside. */
import { Duration, Effect, Fiber, Option } from "effect"
import { assert } from "vitest"
import type { DispatchEvent } from "../../src/dispatch/DispatchEvent.ts"
import type { Gate } from "../../src/dispatch/Gate.ts"
import { ackWindow } from "../../src/dispatch/gates/AckWindow.ts"
import { sleepUntil } from "../../src/Monotonic.ts"
import { type Remains, runVirtualToRest } from "../../src/simulation/VirtualTime.ts"
import { hostileClock } from "../../test/support/hostileClock.ts"
import { makeRig, order, type RigOptions } from "../../test/support/rig.ts"
import type { Arrival } from "../../src/simulation/SimulatedExchange.ts"
import type { Scenario } from "./scenario.ts"

export interface Observation {
  /** When it began. Milliseconds of the monotonic clock, like all of its times. */
  readonly startMs: number
  /** Ids of the orders that were handed over. */
  readonly handed: ReadonlyArray<string>
  readonly events: ReadonlyArray<DispatchEvent>
  readonly arrivals: ReadonlyArray<Arrival>
  /** Places taken at each lane's gate long after the last order; undefined where the run was stopped. */
  readonly placesTaken: ReadonlyArray<number> | undefined
  /** What was left when all was closed. */
  readonly remains: Remains
}

/** What a deliberately broken variant puts in the place of the real thing. */
export type Variant = Pick<RigOptions, "gate" | "client" | "make">

/** Far longer than any scenario needs: what is not done by then never will be. */
const LONGEST = Duration.hours(1)
/** What is still on its way to the exchange when the dispatcher has done arrives, and leaves the window, within this time. */
const AFTERMATH = Duration.seconds(10)

export const play = (scenario: Scenario, variant: Variant = {}): Promise<Observation> => {
  const { journeys, limit, windowMs } = scenario
  const program = Effect.gen(function* () {
    const handed: Array<string> = []
    const gates: Array<Gate> = []
    const rig = yield* hostileClock(
      makeRig({
        keys: scenario.keys,
        config: { limit, windowMs, blockAfter: 10 },
        boundMs: scenario.boundMs,
        ttlMs: scenario.ttlMs,
        requestTimeoutMs: scenario.requestTimeoutMs,
        journey: (n) => journeys[n % journeys.length] ?? { incomingMs: 0, outgoingMs: 0 },
        // Whether a silent exchange fails the run is another question.
        dispatcher: { firstContact: Duration.hours(1), unreachableAfter: Duration.hours(1) },
        ...variant,
        gate: (options) => (key) =>
          Effect.tap((variant.gate ?? ackWindow)(options)(key), (gate) =>
            Effect.sync(() => gates.push(gate)),
          ),
      }),
      scenario,
    )
    let dueMs = rig.startMs
    const source = Effect.forEach(
      scenario.gaps,
      (gap, n) => {
        dueMs += gap
        return Effect.andThen(
          sleepUntil(dueMs),
          Effect.suspend(() => {
            handed.push(String(n))
            return Effect.ignore(rig.dispatcher.enqueue(order(n)))
          }),
        )
      },
      { discard: true },
    )
    let placesTaken: ReadonlyArray<number> | undefined
    if (scenario.stopAtMs === undefined) {
      const done = yield* Effect.timeoutOption(Effect.andThen(source, rig.dispatcher.drained), LONGEST)
      assert.isTrue(Option.isSome(done), "orders were left without an outcome")
      yield* Effect.sleep(AFTERMATH)
      placesTaken = gates.map((gate) => gate.used())
    } else {
      const feeding = yield* Effect.forkScoped(source)
      yield* Effect.sleep(scenario.stopAtMs)
      yield* Fiber.interrupt(feeding)
    }
    yield* rig.stop
    yield* Effect.sleep(AFTERMATH)
    return { startMs: rig.startMs, handed, events: rig.events, arrivals: rig.exchange.arrivals, placesTaken }
  })
  const { exit, remains } = runVirtualToRest(Effect.scoped(program))
  return Effect.runPromise(Effect.map(exit, (seen) => ({ ...seen, remains })))
}
