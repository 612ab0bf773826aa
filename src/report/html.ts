/**
 * HTML from templates. A value in a template is text and gets escaped, unless it is HTML itself: neither a log nor a file's
 * name is to be trusted.
 */
import { withoutControls } from "../platform/quote.ts"

/** Text that is HTML: only `html` makes it, and `trusted` of what this program itself has written. */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

export type Content = string | number | Html | ReadonlyArray<Content> | undefined

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
}

/** Text as it stands in an element or in a quoted attribute. */
export const escapeHtml = (text: string): string =>
  withoutControls(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)

const render = (content: Content): string => {
  if (content === undefined) return ""
  if (content instanceof Html) return content.text
  if (typeof content === "number") return String(content)
  return typeof content === "string" ? escapeHtml(content) : content.map(render).join("")
}

/** The indentation of a template is for those who read the program. */
const INDENTATION = /\n\s+/g

/** A template whose values are escaped; lists stand one after the other. */
export const html = (strings: TemplateStringsArray, ...values: ReadonlyArray<Content>): Html =>
  new Html(strings.map((string, index) => string.replace(INDENTATION, "\n") + render(values[index])).join(""))

export const trusted = (text: string): Html => new Html(text)
