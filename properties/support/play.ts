/** Plays a scenario in virtual time and keeps what can be observed of it from outside. */
import { Duration, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import type { DispatchEvent } from "../../src/dispatch/DispatchEvent.ts"
import { sleepUntil } from "../../src/Monotonic.ts"
import { hostileClock } from "../../test/support/hostileClock.ts"
import { makeRig, order, type RigOptions } from "../../test/support/rig.ts"
import type { Arrival } from "../../src/simulation/SimulatedExchange.ts"
import type { Scenario } from "./scenario.ts"

export interface Observation {
  /** Ids of the orders that were handed over. */
  readonly handed: ReadonlyArray<string>
  readonly events: ReadonlyArray<DispatchEvent>
  readonly arrivals: ReadonlyArray<Arrival>
}

/** What a deliberately broken variant puts in the place of the real thing. */
export type Variant = Pick<RigOptions, "gate" | "client" | "make">

const STEP = "5 seconds"
/** Far longer than any scenario needs: what is not done by then never will be. */
const MAX_STEPS = 400

export const play = (scenario: Scenario, variant: Variant = {}): Promise<Observation> => {
  const { journeys, limit, windowMs } = scenario
  const program = Effect.gen(function* () {
    const handed: Array<string> = []
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
    const feeding = yield* Effect.forkScoped(source)
    if (scenario.stopAtMs === undefined) {
      const done = yield* Effect.forkScoped(Effect.andThen(Fiber.join(feeding), rig.dispatcher.drained))
      for (let n = 0; n < MAX_STEPS && done.pollUnsafe() === undefined; n++) yield* TestClock.adjust(STEP)
    } else {
      yield* TestClock.adjust(scenario.stopAtMs)
      yield* Fiber.interrupt(feeding)
    }
    const stopping = yield* Effect.forkScoped(rig.stop)
    for (let n = 0; n < MAX_STEPS && stopping.pollUnsafe() === undefined; n++) yield* TestClock.adjust(STEP)
    // What is still on its way to the exchange arrives.
    yield* TestClock.adjust(STEP)
    return { handed, events: rig.events, arrivals: rig.exchange.arrivals }
  })
  return Effect.runPromise(Effect.scoped(program).pipe(Effect.provide(TestClock.layer())))
}
