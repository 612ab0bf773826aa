/** How what a user wrote is shown back: in quotes, on one line, and not longer than a line can bear. */

const LONGEST_SHOWN = 60

/** `text` in double quotes. Control characters are escaped, and what is long is cut. */
export const quote = (text: string): string =>
  JSON.stringify(text.length <= LONGEST_SHOWN ? text : `${text.slice(0, LONGEST_SHOWN)}…`)
