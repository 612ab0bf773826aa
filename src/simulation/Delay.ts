/**
 * How long requests travel in a simulation: shapes of delays as text, and drawing from them.
 */
import { type Random, Result } from "effect"

export type DelayShape =
  | { readonly shape: "uniform"; readonly fromMs: number; readonly toMs: number }
  | { readonly shape: "constant"; readonly ms: number }
  /** Half of all delays are below the median; sigma is the standard deviation of their logarithm. */
  | { readonly shape: "lognormal"; readonly medianMs: number; readonly sigma: number }

/** The exercise's: whole milliseconds from 0 to 50, each way. */
export const exerciseDelay: DelayShape = { shape: "uniform", fromMs: 0, toMs: 50 }

export const DELAY_FORMS = "uniform:MIN:MAX|constant:MS|lognormal:MEDIAN:SIGMA"

const LONGEST_MS = 60_000

const number = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : undefined

/** Reads a shape; the failure says what to write. Delays are in milliseconds. */
export const parseDelay = (text: string): Result.Result<DelayShape, string> => {
  const [shape, first, second, ...more] = text.split(":")
  const a = number(first)
  const b = number(second)
  const bad = (problem: string) =>
    Result.fail(`${JSON.stringify(text.slice(0, 60))} ${problem}; write ${DELAY_FORMS}, in milliseconds`)
  if (more.length > 0 || a === undefined) return bad("is not a delay")
  if (a > LONGEST_MS || (shape !== "lognormal" && (b ?? 0) > LONGEST_MS))
    return bad("is longer than a minute")
  if (shape === "constant" && second === undefined) return Result.succeed({ shape, ms: a })
  if (b === undefined) return bad("is not a delay")
  if (shape === "uniform") {
    return a <= b ? Result.succeed({ shape, fromMs: a, toMs: b }) : bad("ends before it begins")
  }
  if (shape !== "lognormal") return bad("is not a delay")
  return a > 0 && b <= 5 ? Result.succeed({ shape, medianMs: a, sigma: b }) : bad("is out of range")
}

export const showDelay = (delay: DelayShape): string => {
  switch (delay.shape) {
    case "uniform":
      return `uniform:${delay.fromMs}:${delay.toMs}`
    case "constant":
      return `constant:${delay.ms}`
    case "lognormal":
      return `lognormal:${delay.medianMs}:${delay.sigma}`
  }
}

/** Draws one delay, in milliseconds: whole ones for `uniform`, as the exercise draws them. */
export const drawDelay = (delay: DelayShape, random: Random.Random): number => {
  switch (delay.shape) {
    case "uniform":
      return delay.fromMs + Math.floor(random.nextDoubleUnsafe() * (delay.toMs - delay.fromMs + 1))
    case "constant":
      return delay.ms
    case "lognormal": {
      // Box and Muller: two uniform numbers make a normal one. 1 - x, because the logarithm of 0 is not a number.
      const radius = Math.sqrt(-2 * Math.log(1 - random.nextDoubleUnsafe()))
      const normal = radius * Math.cos(2 * Math.PI * random.nextDoubleUnsafe())
      return Math.min(LONGEST_MS, delay.medianMs * Math.exp(delay.sigma * normal))
    }
  }
}
