/** Scenarios that broke a law once. They are tried first, for ever. */
import type { Scenario } from "./scenario.ts"

export const found: ReadonlyArray<Scenario> = []
