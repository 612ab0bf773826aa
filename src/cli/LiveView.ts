/**
 * A few lines on standard error that are redrawn in place where that is a terminal.
 */
import process from "node:process"
import { clearScreenDown, cursorTo, moveCursor } from "node:readline"

/** Some terminals say that they have no size at all. */
const UNKNOWN_ROWS = 24
const UNKNOWN_COLUMNS = 80

export const makeLiveView = () => {
  let drawn: ReadonlyArray<string> = []

  /** How many lines fit. Less than the screen: what has scrolled away cannot be redrawn, and a cleared screen is kept by some. */
  const rows = (): number => Math.max(1, (process.stderr.rows || UNKNOWN_ROWS) - 3)
  const columns = (): number => process.stderr.columns || UNKNOWN_COLUMNS

  const erase = (): void => {
    if (drawn.length === 0) return
    // A window that was made narrower since has broken lines in two.
    const height = drawn.reduce((sum, text) => sum + Math.ceil(text.length / columns()), 0)
    // What was typed meanwhile, such as Ctrl-C, has moved the cursor to the right.
    cursorTo(process.stderr, 0)
    moveCursor(process.stderr, 0, -height)
    clearScreenDown(process.stderr)
    drawn = []
  }

  /** Shows these lines in place of those before: as many as fit on the screen. */
  const draw = (lines: ReadonlyArray<string>): void => {
    erase()
    const width = Math.max(20, columns())
    drawn = lines.slice(0, rows()).map((text) => text.slice(0, width - 1))
    process.stderr.write(drawn.map((text) => `${text}\n`).join(""))
  }

  /** Says something that stays, above the view. */
  const say = (text: string): void => {
    const view = drawn
    erase()
    process.stderr.write(`${text}\n`)
    if (view.length > 0) draw(view)
  }

  return {
    /** Whether lines can be redrawn: standard error is a terminal that can. */
    canRedraw: process.stderr.isTTY && process.env["TERM"] !== "dumb",
    draw,
    erase,
    say,
    rows,
  }
}
