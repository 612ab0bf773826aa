/** Comma-separated values by RFC 4180; the caller of `csvLine` adds the line's end. */

export type CsvValue = string | number | null

export const CSV_NEWLINE = "\r\n"

const field = (value: CsvValue): string => {
  const text = value === null ? "" : String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** One line. A value that is not known is empty. */
export const csvLine = (values: ReadonlyArray<CsvValue>): string => values.map(field).join(",")
