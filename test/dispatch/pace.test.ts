/** The least time between two sends of a key. */
import { Duration } from "effect"
import { expect, it } from "vitest"
import { defaultPace } from "../../src/limits/AckWindow.ts"

it.each([
  [20, 1000, 30],
  [50, 1000, 12],
  [60, 60_000, 30],
  [100, 3_600_000, 30],
  [1, 10, 6],
])("a key of %i in %i ms sends at most every %i ms", (limit, windowMs, paceMs) => {
  expect(Duration.toMillis(defaultPace(limit, Duration.millis(windowMs)))).toBe(paceMs)
})
