/** The simulations that tests begin with. */
import { Duration } from "effect"
import { ackWindowDesign } from "../../src/run/Design.ts"
import type { Scenario } from "../../src/simulation/Compare.ts"
import { exerciseDelay } from "../../src/simulation/Delay.ts"
import type { SimulationSettings } from "../../src/simulation/Simulation.ts"

/** The exercise, for half a minute. */
export const exerciseScenario: Scenario = {
  keys: 5,
  limit: 20,
  window: Duration.seconds(1),
  bound: Duration.millis(55),
  ttl: Duration.seconds(1),
  load: 1,
  duration: Duration.seconds(30),
  delay: exerciseDelay,
  spike: undefined,
  loss: 0,
  clockStep: undefined,
  lateMs: 0,
}

/** The default gate in it. */
export const exerciseSettings: SimulationSettings = {
  ...exerciseScenario,
  design: ackWindowDesign,
  seed: 1,
  inWords: ({ message }) => message,
}
