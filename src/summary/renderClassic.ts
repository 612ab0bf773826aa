/**
 * The classic form: the ten lines of the exercise's own log analysis, numbers and times as Python prints them.
 */
import { counted } from "../platform/counted.ts"
import type { Summary } from "./Summary.ts"

/** A number as Python prints a float: always with a decimal point or an exponent. */
export const pythonFloat = (value: number): string => {
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2")
  }
  return Number.isInteger(value) ? `${value}.0` : String(value)
}

const twoDigits = (value: number): string => String(value).padStart(2, "0")

/** A duration as Python prints a timedelta: `0:00:49.938000`, `0:00:49`, `1 day, 0:00:00`. */
export const pythonTimedelta = (ms: number): string => {
  const totalMicros = Math.round(ms * 1000)
  const micros = totalMicros % 1e6
  const totalSeconds = (totalMicros - micros) / 1e6
  const seconds = totalSeconds % 60
  const minutes = Math.floor(totalSeconds / 60) % 60
  const hours = Math.floor(totalSeconds / 3600) % 24
  const days = Math.floor(totalSeconds / 86_400)
  const dayPart = days === 0 ? "" : `${counted(days, "day")}, `
  const microsPart = micros === 0 ? "" : `.${String(micros).padStart(6, "0")}`
  return `${dayPart}${hours}:${twoDigits(minutes)}:${twoDigits(seconds)}${microsPart}`
}

const wholeOrFloat = (value: number): string => (Number.isInteger(value) ? String(value) : pythonFloat(value))

/** Ten lines, each with its newline. */
export const renderClassic = (summary: Summary): string =>
  `Average Requests Rate: ${pythonFloat(summary.averageRequestsRate)}
Max Possible Throughput: ${wholeOrFloat(summary.maxPossibleThroughput)}
Average Throughput: ${pythonFloat(summary.averageThroughput)}
Lowest Throughput: ${summary.lowestThroughput}
Average Ignored from Queue: ${pythonFloat(summary.averageIgnoredFromQueue)}
Average Limited by Limiter: ${pythonFloat(summary.averageLimitedByLimiter)}
Exceeds: ${summary.exceeds}
Bans: ${summary.bans}
Nonce Errors: ${summary.nonceErrors}
Total Time: ${pythonTimedelta(summary.totalTimeMs)}
`
