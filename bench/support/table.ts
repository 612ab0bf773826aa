/** A table in Markdown, as it stands in README.md and docs/. */

export type Columns<Row> = ReadonlyArray<readonly [title: string, cell: (row: Row) => string]>

export const table = <Row>(columns: Columns<Row>, rows: ReadonlyArray<Row>): string => {
  const line = (cells: ReadonlyArray<string>) => `| ${cells.join(" | ")} |`
  return [
    line(columns.map(([title]) => title)),
    line(columns.map(() => "---")),
    ...rows.map((row) => line(columns.map(([, cell]) => cell(row)))),
  ].join("\n")
}
