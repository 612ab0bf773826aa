/** Rows of cells as lines, their columns `gap` apart: the first flush left, the others as `rest` says. */
export const alignColumns = (
  rows: ReadonlyArray<ReadonlyArray<string>>,
  rest: "left" | "right",
  gap = "  ",
): ReadonlyArray<string> => {
  const widthOf = (column: number) =>
    rows.reduce((widest, row) => Math.max(widest, row[column]?.length ?? 0), 0)
  const widths = rows[0]?.map((_, column) => widthOf(column)) ?? []
  const pad = (cell: string, column: number) =>
    column === 0 || rest === "left" ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)
  return rows.map((row) => row.map(pad).join(gap).trimEnd())
}
