/**
 * Runs in the browser: lets the charts' values be pointed at, by pointer and by keyboard. All that it shows is in the
 * table behind the chart.
 */

/** How far the page keys go. */
const PAGE = 10

const make = (name: string, className: string): HTMLElement => {
  const element = document.createElement(name)
  element.className = className
  return element
}

const textOf = (element: Element | null | undefined): string => element?.textContent ?? ""

/** The plot of the drawing that is shown, in shares of the whole: left, top, width, height. */
const plotOf = (chart: HTMLElement): readonly [number, number, number, number] => {
  for (const drawing of chart.querySelectorAll<HTMLElement>(".drawing")) {
    if (drawing.offsetParent === null) continue
    const [left = 0, top = 0, width = 1, height = 1] = (drawing.dataset["plot"] ?? "").split(" ").map(Number)
    return [left, top, width, height]
  }
  return [0, 0, 1, 1]
}

const explore = (chart: HTMLElement): void => {
  const table = chart.parentElement?.querySelector("table") ?? null
  const rows = [...(table?.querySelectorAll<HTMLTableRowElement>("tbody tr") ?? [])]
  const columns = [...(table?.querySelectorAll<HTMLElement>("thead th") ?? [])].slice(1)
  if (rows.length === 0) return
  const isAcross = chart.dataset["axis"] === "x"
  const places = rows.map((row) => Number(row.dataset["at"]))
  const cursor = make("div", "cursor")
  const readout = make("div", "readout")
  const spoken = make("div", "hidden")
  readout.setAttribute("aria-hidden", "true")
  spoken.setAttribute("aria-live", "polite")
  cursor.hidden = true
  readout.hidden = true
  chart.append(cursor, readout)
  // Beside the chart: what is inside an image is not told.
  chart.after(spoken)
  chart.tabIndex = 0
  chart.setAttribute("role", "application")
  chart.setAttribute("aria-roledescription", "chart")
  chart.setAttribute(
    "aria-label",
    `${chart.getAttribute("aria-label") ?? ""} Arrow keys move through ${rows.length} values.`,
  )
  let current = -1

  const fill = (row: HTMLTableRowElement): void => {
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

  const place = (index: number): void => {
    const [left, top, width, height] = plotOf(chart)
    const at = places[index] ?? 0
    const { clientHeight, clientWidth } = chart
    cursor.style.left = `${100 * (isAcross ? left + at * width : left)}%`
    cursor.style.top = `${100 * (isAcross ? top : top + at * height)}%`
    if (isAcross) cursor.style.height = `${100 * height}%`
    else cursor.style.width = `${100 * width}%`
    const gap = 14
    const x = isAcross
      ? (left + at * width) * clientWidth
      : (left + width) * clientWidth - readout.offsetWidth
    const y = isAcross ? top * clientHeight : (top + at * height) * clientHeight + gap
    const beside =
      isAcross && x + gap + readout.offsetWidth > clientWidth
        ? x - gap - readout.offsetWidth
        : isAcross
          ? x + gap
          : x
    readout.style.transform = `translate(${Math.max(0, Math.min(beside, clientWidth - readout.offsetWidth))}px, ${y}px)`
  }

  const show = (index: number, aloud: boolean): void => {
    const row = rows[index]
    if (row === undefined) return
    current = index
    fill(row)
    cursor.hidden = false
    readout.hidden = false
    place(index)
    if (aloud) {
      const values = [...row.querySelectorAll("td")].map(
        (cell, column) => `${textOf(columns[column])} ${textOf(cell)}`,
      )
      spoken.textContent = `${textOf(row.querySelector("th"))}: ${values.join(", ")}`
    }
  }

  const hide = (): void => {
    cursor.hidden = true
    readout.hidden = true
  }

  const pointAt = (event: PointerEvent): void => {
    const box = chart.getBoundingClientRect()
    const [left, top, width, height] = plotOf(chart)
    const at = isAcross
      ? ((event.clientX - box.left) / box.width - left) / width
      : ((event.clientY - box.top) / box.height - top) / height
    let nearest = 0
    for (const [index, there] of places.entries())
      if (Math.abs(there - at) < Math.abs((places[nearest] ?? 0) - at)) nearest = index
    show(nearest, false)
  }

  chart.addEventListener("pointermove", pointAt)
  chart.addEventListener("pointerdown", pointAt)
  chart.addEventListener("pointerleave", (event) => {
    if (event.pointerType === "mouse") hide()
  })
  chart.addEventListener("focus", () => {
    if (chart.matches(":focus-visible")) show(Math.max(0, current), true)
  })
  chart.addEventListener("blur", hide)
  chart.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return
    if (event.key === "Escape") return hide()
    const last = rows.length - 1
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
    const to = moves[event.key]
    if (to === undefined) return
    event.preventDefault()
    show(Math.max(0, Math.min(last, to)), true)
  })
  window.addEventListener("resize", () => {
    if (!readout.hidden) place(current)
  })
}

for (const chart of document.querySelectorAll<HTMLElement>(".plot")) explore(chart)
