/** Scenarios that broke a law once. Every law that holds in all worlds tries them first, for ever. */
import type { Scenario } from "./scenario.ts"

export const found: ReadonlyArray<Scenario> = []
