/**
 * The classic form of a log from the whole list of its lines, by the arithmetic of the exercise's own analysis. Written a
 * second time, to hold the summary to: it cuts the list into windows, and counts each.
 */

/** A line that carries a time, in microseconds, and what it tells. */
export interface ClassicLine {
  readonly micros: number
  readonly tells: string
  /** The order's number. */
  readonly number?: number
  /** How many orders a count line counts. */
  readonly count?: number
}

/** Where each window of the list begins: each start is a line that is counted nowhere. */
export const windowStarts = (lines: ReadonlyArray<ClassicLine>): ReadonlyArray<number> => {
  const starts: Array<number> = []
  for (const [index, { micros }] of lines.entries()) {
    const opening = lines[starts.at(-1) ?? -1]
    if (opening === undefined || micros - opening.micros >= 1e6) starts.push(index)
  }
  return starts
}

const mean = (numbers: ReadonlyArray<number>): number =>
  numbers.reduce((sum, one) => sum + one, 0) / numbers.length

const float = (value: number): string => (Number.isInteger(value) ? `${value}.0` : String(value))

const duration = (micros: number): string => {
  const pad = (value: number, digits: number): string => String(Math.floor(value)).padStart(digits, "0")
  const seconds = micros / 1e6
  const fraction = micros % 1e6 === 0 ? "" : `.${pad(micros % 1e6, 6)}`
  return `${Math.floor(seconds / 3600)}:${pad((seconds / 60) % 60, 2)}:${pad(seconds % 60, 2)}${fraction}`
}

/**
 * The ten lines, in the order of their names. Of logs shorter than a day, whose last line is their latest.
 *
 * @param counts what the count lines count, where those are none of the lines
 * @param orders how many orders there are, where they have no numbers
 */
export const naiveClassic = (
  lines: ReadonlyArray<ClassicLine>,
  cap: number,
  counts?: ReadonlyArray<number>,
  orders?: number,
  starts: ReadonlyArray<number> = windowStarts(lines),
): string => {
  const counted = lines.filter((_, index) => !starts.includes(index))
  const closed = starts.slice(1).map((end, index) => lines.slice((starts[index] ?? 0) + 1, end))
  const windows = closed.length === 0 ? [counted] : closed
  const howMany = (what: string) => (of: ReadonlyArray<ClassicLine>) =>
    of.filter(({ tells }) => tells === what).length
  const numbers = lines.flatMap(({ number }) => (number === undefined ? [] : [number]))
  const created = orders ?? (numbers.length === 0 ? 0 : Math.max(...numbers) - Math.min(...numbers) + 1)
  const total = (lines.at(-1)?.micros ?? 0) - (lines[0]?.micros ?? 0)
  const countLines = counts ?? counted.flatMap(({ count }) => (count === undefined ? [] : [count]))
  const rate = countLines.length > 0 ? mean(countLines) : created / (total === 0 ? 1 : total / 1000 / 1000)
  return `Average Requests Rate: ${float(rate)}
Max Possible Throughput: ${rate >= cap ? (Number.isInteger(cap) ? cap : float(cap)) : float(rate)}
Average Throughput: ${float(mean(windows.map(howMany("accepted"))))}
Lowest Throughput: ${Math.min(...windows.map(howMany("accepted")))}
Average Ignored from Queue: ${float(mean(windows.map(howMany("queue"))))}
Average Limited by Limiter: ${float(mean(windows.map(howMany("limiter"))))}
Exceeds: ${howMany("rate-limit")(counted)}
Bans: ${howMany("blocked")(counted)}
Nonce Errors: ${howMany("nonce")(counted)}
Total Time: ${duration(total)}
`
}
