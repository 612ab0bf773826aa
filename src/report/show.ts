/** Numbers and names as a report shows them. */
import { NEVER_MS } from "../certificate/SpareTime.ts"

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 })
const one = new Intl.NumberFormat("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 1 })
const two = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })

/** What is not known. */
export const NONE = "–"

export const showCount = (value: number | null): string => (value === null ? NONE : whole.format(value))
export const showRate = (value: number): string => two.format(value)
export const showMs = (ms: number | null | undefined): string =>
  ms === null || ms === undefined ? NONE : `${Math.abs(ms) < 10 ? two.format(ms) : one.format(ms)} ms`
/** A spare time: there is none where a request may be counted at any time. */
export const showSpare = (ms: number | null | undefined): string => (ms === NEVER_MS ? "none" : showMs(ms))
export const showShare = (share: number | null): string =>
  share === null ? NONE : `${one.format(100 * share)} %`

const LONGEST_NAME = 80

/** A name that is not too long to be shown; its end says more than its beginning. */
export const showName = (name: string): string =>
  name.length <= LONGEST_NAME ? name : `…${name.slice(name.length - LONGEST_NAME)}`

const LONGEST_LABEL = 18
/** Its end tells keys of a name apart that have a number. */
const LABEL_END = 6

export const showLabel = (label: string): string =>
  label.length <= LONGEST_LABEL
    ? label
    : `${label.slice(0, LONGEST_LABEL - 1 - LABEL_END)}…${label.slice(-LABEL_END)}`
