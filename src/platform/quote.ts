/** How what a user wrote is shown back: in quotes, on one line, and not longer than a line can bear. */

const LONGEST_SHOWN = 60

/** `text` in double quotes. Control characters are escaped, and what is long is cut. */
export const quote = (text: string): string =>
  JSON.stringify(text.length <= LONGEST_SHOWN ? text : `${text.slice(0, LONGEST_SHOWN)}…`)

/** Control characters, and those that turn the direction of writing: a terminal would obey them, and a reader be misled. */
const CONTROLS = /[\p{Cc}\u202a-\u202e\u2066-\u2069\u2028\u2029]/gu

/** Text without characters that cannot be seen. */
export const withoutControls = (text: string): string =>
  text
    .toWellFormed()
    .replace(CONTROLS, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`)
