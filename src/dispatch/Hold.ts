/**
 * How long nobody sends, because the exchange, or something before it, wants to be left alone. A pure reducer: what was
 * said and a time in, the hold after it out. The circuit that owns it carries it out.
 *
 * An announced end is waited for in full. Where none is announced, waits grow: half a second, doubled up to a minute as
 * long as the next refusal comes sooner after a wait than the wait was long. Either way one request goes first afterwards, and
 * only its answer lets the others go on.
 *
 * Times are milliseconds of the monotonic clock.
 */

export interface Hold {
  /** Nothing is sent before this; in the past where nothing is asked. */
  readonly untilMs: number
  /** Whether the exchange itself has announced that end. */
  readonly isAnnounced: boolean
  /** Nobody has found out yet whether it is really over. */
  readonly isDoubted: boolean
  /** Since when there is one, over every end that was moved and every request that went first and was turned away. */
  readonly sinceMs: number
  /** How long the last wait without an announced end was meant to be; 0 where there was none. */
  readonly waitMs: number
}

export const noHold: Hold = {
  untilMs: Number.NEGATIVE_INFINITY,
  isAnnounced: false,
  isDoubted: false,
  sinceMs: Number.NEGATIVE_INFINITY,
  waitMs: 0,
}

const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 60_000

const sinceOf = (hold: Hold, nowMs: number): number => (hold.isDoubted ? hold.sinceMs : nowMs)

/** The exchange asks to be left alone until then. It may put off an end that it has announced, and does not take one back. */
export const afterAnnouncement = (hold: Hold, untilMs: number, nowMs: number): Hold => {
  if (untilMs <= nowMs || (hold.isAnnounced && untilMs <= hold.untilMs)) return hold
  return { untilMs, isAnnounced: true, isDoubted: true, sinceMs: sinceOf(hold, nowMs), waitMs: hold.waitMs }
}

/** A request was turned away. `jitter` is a factor about 1. What is refused during a hold had left before it, and says nothing new. */
export const afterTurnedAway = (hold: Hold, nowMs: number, jitter: number): Hold => {
  if (nowMs < hold.untilMs) return hold
  const isSoon = nowMs - hold.untilMs < hold.waitMs
  const waitMs = isSoon ? Math.min(2 * hold.waitMs, LONGEST_WAIT_MS) : FIRST_WAIT_MS
  const untilMs = nowMs + waitMs * jitter
  return { untilMs, isAnnounced: false, isDoubted: true, sinceMs: sinceOf(hold, nowMs), waitMs }
}

/** The request that went first was answered as requests are: the hold is over. */
export const afterProbe = (hold: Hold): Hold => ({ ...hold, isDoubted: false })
