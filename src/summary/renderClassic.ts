/**
 * The classic form: the ten lines of the exercise's own log analysis, numbers and times as Python prints them.
 */
import type { ClassicFigures } from "./Classic.ts"
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

const DAY_MICROS = 86_400_000_000

/** A duration as Python prints a timedelta: `0:00:49.938000`, `0:00:49`, `1 day, 0:00:00`, `-1 day, 23:59:59`. */
export const pythonTimedelta = (ms: number): string => {
  const totalMicros = Math.round(ms * 1000)
  const days = Math.floor(totalMicros / DAY_MICROS)
  const ofDay = totalMicros - days * DAY_MICROS
  const micros = ofDay % 1e6
  const totalSeconds = (ofDay - micros) / 1e6
  const seconds = totalSeconds % 60
  const minutes = Math.floor(totalSeconds / 60) % 60
  const hours = Math.floor(totalSeconds / 3600)
  const dayPart = days === 0 ? "" : `${days} ${Math.abs(days) === 1 ? "day" : "days"}, `
  const microsPart = micros === 0 ? "" : `.${String(micros).padStart(6, "0")}`
  return `${dayPart}${hours}:${twoDigits(minutes)}:${twoDigits(seconds)}${microsPart}`
}

/** The exchange's limit is a whole number, as Python has it; all else is a float. */
const possible = ({ isAtCap, maxPossibleThroughput }: ClassicFigures): string =>
  isAtCap && Number.isInteger(maxPossibleThroughput)
    ? String(maxPossibleThroughput)
    : pythonFloat(maxPossibleThroughput)

/** Ten lines, each with its newline. */
export const renderClassic = ({ classic }: Pick<Summary, "classic">): string =>
  `Average Requests Rate: ${pythonFloat(classic.averageRequestsRate)}
Max Possible Throughput: ${possible(classic)}
Average Throughput: ${pythonFloat(classic.averageThroughput)}
Lowest Throughput: ${classic.lowestThroughput}
Average Ignored from Queue: ${pythonFloat(classic.averageIgnoredFromQueue)}
Average Limited by Limiter: ${pythonFloat(classic.averageLimitedByLimiter)}
Exceeds: ${classic.exceeds}
Bans: ${classic.bans}
Nonce Errors: ${classic.nonceErrors}
Total Time: ${pythonTimedelta(classic.totalTimeMs)}
`
