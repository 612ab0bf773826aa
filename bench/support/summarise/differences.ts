/** Where two computations of the same figures differ. */
import type { Percentiles } from "../../../src/summary/Distribution.ts"
import type { Summary } from "../../../src/summary/Summary.ts"

/** Between which durations each percentile must lie, in milliseconds; the maximum is exact. */
export interface Bounds extends Record<Exclude<keyof Percentiles, "max">, readonly [number, number]> {
  readonly max: number
}

type Durations = "queueWait" | "orderAge" | "writeDelay" | "roundTrip"

/** A summary whose percentiles are known by their bounds. */
export type NaiveSummary = Omit<Summary, Durations | "classic" | "utilisation"> &
  Readonly<Record<Durations, Bounds | null>> & {
    readonly utilisation: Pick<Summary["utilisation"], "ceiling" | "ofCeiling">
  }

/** Sums of floats differ by the order in which they were added up. */
const TRUSTED = 1e-9
/** The histogram keeps three figures, and no less than a microsecond. */
const FIGURES = 1e-3
const MICRO_MS = 1e-3
const ROUNDED_MS = 1e-6

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null

const isBounds = (value: unknown): value is readonly [number, number] =>
  Array.isArray(value) && value.length === 2 && value.every((bound) => typeof bound === "number")

const isWithin = (found: unknown, [low, high]: readonly [number, number]): boolean =>
  typeof found === "number" &&
  found >= low * (1 - FIGURES) - ROUNDED_MS &&
  found <= Math.max(MICRO_MS, high * (1 + FIGURES)) + ROUNDED_MS

const isEqual = (found: unknown, expected: unknown): boolean => {
  if (typeof found !== "number" || typeof expected !== "number") return found === expected
  if (Number.isInteger(expected)) return found === expected
  return Math.abs(found - expected) <= TRUSTED * Math.abs(expected)
}

/**
 * Every figure that is expected and is not found as it should be, by its name, in one line each. Where all figures are
 * expected, one that is found besides is wrong, too.
 */
export const differences = (
  found: unknown,
  expected: unknown,
  which: "all" | "some" = "all",
  name = "",
): ReadonlyArray<string> => {
  const say = (wanted: string) => [`${name}: found ${JSON.stringify(found)}, expected ${wanted}`]
  if (isBounds(expected)) return isWithin(found, expected) ? [] : say(`${expected[0]} to ${expected[1]}`)
  if (!isObject(expected) || !isObject(found))
    return isEqual(found, expected) ? [] : say(JSON.stringify(expected))
  const unexpected = which === "all" ? Object.keys(found).filter((field) => !(field in expected)) : []
  return [...Object.keys(expected), ...unexpected].flatMap((field) =>
    differences(found[field], expected[field], which, name === "" ? field : `${name}.${field}`),
  )
}
