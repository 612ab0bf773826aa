/** Comma-separated values as RFC 4180 has them, but for the line's end, which `csvLine` leaves to its caller. */

export type CsvValue = string | number | null

/** How lines of a CSV file end. */
export const CSV_NEWLINE = "\r\n"

const field = (value: CsvValue): string => {
  const text = value === null ? "" : String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** One line. What is not known is empty. */
export const csvLine = (values: ReadonlyArray<CsvValue>): string => values.map(field).join(",")
