/**
 * Where an axis ends, and where its ticks are: the same for all logs of a report, whatever the size of a chart.
 */

export interface Scale {
  readonly min: number
  readonly max: number
  /** From tick to tick. */
  readonly step: number
}

/** The smallest number that is at least so large and one of these times a power of ten. */
const niceStep = (least: number, factors: ReadonlyArray<number>): number => {
  const power = 10 ** Math.floor(Math.log10(least))
  const factor = factors.find((nice) => nice * power >= least * (1 - 1e-9)) ?? 10
  return factor * power
}

const STEPS = 6

/** From 0, or from below where a value is, to at least the largest value. */
export const valueScale = (values: Iterable<number>): Scale => {
  let max = 0
  let min = 0
  for (const value of values) {
    if (!Number.isFinite(value)) continue
    max = Math.max(max, value)
    min = Math.min(min, value)
  }
  if (max === min) return { min: 0, max: 1, step: 1 }
  const step = niceStep((max - min) / STEPS, [1, 2, 2.5, 5])
  return { min: Math.floor(min / step) * step, max: Math.ceil(max / step) * step, step }
}

/**
 * The width of bins, at most so many up to the largest value. A width above one is whole: bins that hold now two and now
 * three whole values would look like a saw.
 */
export const binWidth = (largest: number, mostBins: number): number =>
  largest > 0 ? niceStep(largest / mostBins, [1, 2, 5]) : 1 / mostBins

const TIME_STEPS_S = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
]

/** Seconds from tick to tick on an axis of time that has room for so many. */
export const timeStep = (seconds: number, ticks: number): number =>
  TIME_STEPS_S.find((step) => seconds / step <= ticks) ?? 86_400 * Math.ceil(seconds / 86_400 / ticks)

const two = (value: number): string => String(value).padStart(2, "0")

/** A moment of a log that is so long: `45 s`, `3:05`, `14:30:00`. */
export const showMoment = (seconds: number, ofSeconds: number): string => {
  if (ofSeconds < 120) return `${Number(seconds.toFixed(1))} s`
  const whole = Math.round(seconds)
  const minutes = Math.floor(whole / 60)
  return ofSeconds < 7200
    ? `${minutes}:${two(whole % 60)}`
    : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`
}
