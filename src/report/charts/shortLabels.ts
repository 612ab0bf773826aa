/** Labels that are short enough to stand beside a chart, and still say which is which. */

export const LONGEST_LABEL = 18
/** One character stands for what is left out. */
const MOST_KEPT = LONGEST_LABEL - 1

/** The label with so much of its end, and of its beginning what there is room for. */
const withEnd = (label: string, length: number): string =>
  label.length <= LONGEST_LABEL
    ? label
    : `${label.slice(0, MOST_KEPT - length)}…${label.slice(label.length - length)}`

/** The key's own name, which comes after its file's; where there is none, a third of what is shown. */
const endLength = (label: string): number => {
  const colon = label.lastIndexOf(":")
  const length = label.length - colon
  return colon > 0 && length < MOST_KEPT ? length : Math.floor(LONGEST_LABEL / 3)
}

const areApart = (labels: ReadonlyArray<string>): boolean => new Set(labels).size === labels.length

/**
 * Labels of at most `LONGEST_LABEL` characters, of which no two are alike. What is left out is in the middle: `a.ndjson:key-1`
 * of two files differs at its beginning, and of two keys at its end.
 *
 * @param labels no two of which are the same
 */
export const shortLabels = (labels: ReadonlyArray<string>): ReadonlyArray<string> => {
  for (let more = 0; more < MOST_KEPT; more += 1) {
    const short = labels.map((label) => withEnd(label, Math.min(MOST_KEPT, endLength(label) + more)))
    if (areApart(short)) return short
  }
  // They differ in the middle only, or nowhere near, so they are told apart by their places.
  return labels.map((label, index) => {
    const place = `${index + 1} …`
    return place + label.slice(Math.max(0, label.length - (LONGEST_LABEL - place.length)))
  })
}
