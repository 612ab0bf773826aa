/**
 * Runs in the browser: lets the charts' values be pointed at, by pointer and by keyboard. All that it shows is in the
 * table behind the chart.
 */

/** How far the page keys go. */
const PAGE = 10
/** Between the cursor and the readout, in pixels. */
const GAP = 14

interface Chart {
  readonly plot: HTMLElement
  /** Of the table behind it. */
  readonly rows: ReadonlyArray<HTMLTableRowElement>
  /** Where each row is along the chart, from 0 to 1. */
  readonly places: ReadonlyArray<number>
  readonly columns: ReadonlyArray<HTMLElement>
  /** Whether its values are beside each other, and not below each other. */
  readonly isAcross: boolean
  readonly cursor: HTMLElement
  readonly readout: HTMLElement
  /** What is read aloud. */
  readonly spoken: HTMLElement
  /** The row that was shown last; -1 before. */
  current: number
}

const make = (name: string, className: string): HTMLElement => {
  const element = document.createElement(name)
  element.className = className
  return element
}

const textOf = (element: Element | null | undefined): string => element?.textContent ?? ""

/** The plot of the drawing that is shown, in shares of the whole: left, top, width, height. */
const shownPlot = ({ plot }: Chart): readonly [number, number, number, number] => {
  for (const drawing of plot.querySelectorAll<HTMLElement>(".drawing")) {
    if (drawing.offsetParent === null) continue
    const [left = 0, top = 0, width = 1, height = 1] = (drawing.dataset["plot"] ?? "").split(" ").map(Number)
    return [left, top, width, height]
  }
  return [0, 0, 1, 1]
}

const chartOf = (plot: HTMLElement): Chart => {
  const table = plot.parentElement?.querySelector("table") ?? null
  const rows = [...(table?.querySelectorAll<HTMLTableRowElement>("tbody tr") ?? [])]
  return {
    plot,
    rows,
    places: rows.map((row) => Number(row.dataset["at"])),
    columns: [...(table?.querySelectorAll<HTMLElement>("thead th") ?? [])].slice(1),
    isAcross: plot.dataset["axis"] === "x",
    cursor: make("div", "cursor"),
    readout: make("div", "readout"),
    spoken: make("div", "hidden"),
    current: -1,
  }
}

/** Adds cursor and readout to the page, and lets the keyboard reach the chart. */
const prepare = ({ cursor, plot, readout, rows, spoken }: Chart): void => {
  readout.setAttribute("aria-hidden", "true")
  spoken.setAttribute("aria-live", "polite")
  cursor.hidden = true
  readout.hidden = true
  plot.append(cursor, readout)
  // Beside the chart: screen readers do not read what is inside an image.
  plot.after(spoken)
  plot.tabIndex = 0
  plot.setAttribute("role", "application")
  plot.setAttribute("aria-roledescription", "chart")
  const label = plot.getAttribute("aria-label") ?? ""
  plot.setAttribute("aria-label", `${label} Arrow keys move through ${rows.length} values.`)
}

/** Writes a row's values into the readout. */
const fill = ({ columns, readout }: Chart, row: HTMLTableRowElement): void => {
  const heading = document.createElement("b")
  heading.textContent = textOf(row.querySelector("th"))
  const list = document.createElement("dl")
  for (const [index, cell] of [...row.querySelectorAll("td")].entries()) {
    const column = columns[index]
    const name = document.createElement("dt")
    const mark = column?.dataset["mark"]
    if (mark !== undefined) name.append(make("span", `swatch area ${mark}`))
    name.append(textOf(column))
    const value = document.createElement("dd")
    value.textContent = textOf(cell)
    list.append(name, value)
  }
  readout.replaceChildren(heading, list)
}

/** Moves cursor and readout to the row that is shown. */
const place = (chart: Chart): void => {
  const { cursor, isAcross, plot, readout } = chart
  const [left, top, width, height] = shownPlot(chart)
  const at = chart.places[chart.current] ?? 0
  const across = isAcross ? left + at * width : left
  const down = isAcross ? top : top + at * height
  cursor.style.left = `${100 * across}%`
  cursor.style.top = `${100 * down}%`
  if (isAcross) cursor.style.height = `${100 * height}%`
  else cursor.style.width = `${100 * width}%`
  const { clientHeight, clientWidth } = plot
  const { offsetWidth } = readout
  const beside = across * clientWidth + GAP
  const before = across * clientWidth - GAP - offsetWidth
  const atEnd = (left + width) * clientWidth - offsetWidth
  const x = !isAcross ? atEnd : beside + offsetWidth > clientWidth ? before : beside
  const y = down * clientHeight + (isAcross ? 0 : GAP)
  readout.style.transform = `translate(${Math.max(0, Math.min(x, clientWidth - offsetWidth))}px, ${y}px)`
}

const show = (chart: Chart, index: number): void => {
  const row = chart.rows[index]
  if (row === undefined) return
  chart.current = index
  fill(chart, row)
  chart.cursor.hidden = false
  chart.readout.hidden = false
  place(chart)
}

/** Shows a row, and has it read aloud. */
const tell = (chart: Chart, index: number): void => {
  show(chart, index)
  const row = chart.rows[index]
  const values = [...(row?.querySelectorAll("td") ?? [])].map(
    (cell, column) => `${textOf(chart.columns[column])} ${textOf(cell)}`,
  )
  chart.spoken.textContent = `${textOf(row?.querySelector("th"))}: ${values.join(", ")}`
}

const hide = ({ cursor, readout }: Chart): void => {
  cursor.hidden = true
  readout.hidden = true
}

/** The row that is nearest to a place in the window. */
const nearest = (chart: Chart, { clientX, clientY }: PointerEvent): number => {
  const box = chart.plot.getBoundingClientRect()
  const [left, top, width, height] = shownPlot(chart)
  const at = chart.isAcross
    ? ((clientX - box.left) / box.width - left) / width
    : ((clientY - box.top) / box.height - top) / height
  const distances = chart.places.map((there) => Math.abs(there - at))
  return distances.indexOf(Math.min(...distances))
}

/** The row that a key leads to; undefined for a key that leads nowhere. */
const rowAfter = (key: string, current: number, last: number): number | undefined => {
  const moves: Partial<Record<string, number>> = {
    ArrowRight: current + 1,
    ArrowDown: current + 1,
    ArrowLeft: current - 1,
    ArrowUp: current - 1,
    PageDown: current + PAGE,
    PageUp: current - PAGE,
    Home: 0,
    End: last,
  }
  const to = moves[key]
  return to === undefined ? undefined : Math.max(0, Math.min(last, to))
}

const listen = (chart: Chart): void => {
  const { plot, readout, rows } = chart
  const pointAt = (event: PointerEvent): void => show(chart, nearest(chart, event))
  plot.addEventListener("pointermove", pointAt)
  plot.addEventListener("pointerdown", pointAt)
  plot.addEventListener("pointerleave", (event) => {
    if (event.pointerType === "mouse") hide(chart)
  })
  plot.addEventListener("focus", () => {
    if (plot.matches(":focus-visible")) tell(chart, Math.max(0, chart.current))
  })
  plot.addEventListener("blur", () => hide(chart))
  plot.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return
    if (event.key === "Escape") return hide(chart)
    const to = rowAfter(event.key, chart.current, rows.length - 1)
    if (to === undefined) return
    event.preventDefault()
    tell(chart, to)
  })
  window.addEventListener("resize", () => {
    if (!readout.hidden) place(chart)
  })
}

for (const plot of document.querySelectorAll<HTMLElement>(".plot")) {
  const chart = chartOf(plot)
  if (chart.rows.length === 0) continue
  prepare(chart)
  listen(chart)
}
