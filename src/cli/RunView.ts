/**
 * What a run shows on standard error: on a terminal a view that is redrawn in place, elsewhere a line every five
 * seconds; only warnings if no progress is wanted.
 */
import process from "node:process"
import { createHistogram } from "node:perf_hooks"
import { Duration, Redacted } from "effect"
import { counted } from "../platform/counted.ts"
import type { DispatchSnapshot } from "../dispatch/Dispatcher.ts"
import type { DispatchEvent, RequestTrace, ReturnReason } from "../domain/DispatchEvent.ts"
import type { HttpRunSettings } from "../run/HttpRun.ts"
import type { RunNews, RunProgress } from "../run/RunProgress.ts"
import { valueAt } from "../summary/Distribution.ts"
import { showBadLine } from "../run/sources/NdjsonSource.ts"
import { exerciseRules } from "../venues/exercise/exercise.ts"
import { ofBadLines } from "./advice.ts"
import { makeLiveView } from "./LiveView.ts"
import {
  burdenText,
  clockText,
  excessText,
  heldLines,
  jumpText,
  othersText,
  outageText,
  inUseText,
  quietText,
  waitingLines,
  reachText,
  retiredText,
  startText,
} from "./runWords.ts"

const REDRAW_EVERY = Duration.millis(200)
const LINE_EVERY = Duration.seconds(5)
/** The rate shown is that of the last second or so. */
const RATE_SPAN_MS = 1000
/** Rows above the keys. */
const HEAD_ROWS = 5

/** Why an order went back to the queue, where the reason's own name does not say. */
const RETURNED: Partial<Record<ReturnReason, string>> = {
  "not-sent": "no connection",
  exchange: "turned away",
}

/** Figures of the last second or so, to show. */
const makeRecent = () => {
  const accepted: Array<number> = []
  let ages = createHistogram()
  let errors = 0
  let last: string | undefined
  return {
    record: (event: DispatchEvent): void => {
      if (event.type === "sent") ages.record(Math.max(1, Math.round((event.atMs - event.createdMs) * 1000)))
      if (event.type === "returned" && event.reason !== "withheld") {
        errors += 1
        last = `${RETURNED[event.reason] ?? event.reason} (${event.request.key})`
      }
      if (event.type !== "outcome") return
      if (event.outcome.outcome === "accepted") accepted.push(event.atMs)
      if (event.outcome.outcome === "rejected" || event.outcome.outcome === "unknown") {
        errors += 1
        const why =
          event.outcome.outcome === "rejected"
            ? (event.outcome.said ?? event.outcome.reason)
            : event.outcome.cause
        last = `${event.outcome.outcome}: ${why} (${event.request?.key ?? "no key"})`
      }
    },
    /** Accepted a second over the last moments. */
    rate: (nowMs: number): number => {
      while ((accepted[0] ?? nowMs) < nowMs - RATE_SPAN_MS) accepted.shift()
      return accepted.length / (RATE_SPAN_MS / 1000)
    },
    /** The median age of orders sent since the last call, in milliseconds; undefined if there was none. */
    medianAge: (): number | undefined => {
      const { count } = ages
      const age = count === 0 ? undefined : valueAt(ages, 500) / 1000
      ages = createHistogram()
      return age
    },
    /** Undefined where there was none. */
    errors: (): { readonly count: number; readonly last: string } | undefined =>
      last === undefined ? undefined : { count: errors, last },
  }
}

const ageText = (age: number | undefined): string => (age === undefined ? "-" : `${age.toFixed(0)} ms`)

type Exceed = Extract<DispatchEvent, { readonly request: RequestTrace }>

/** A request that the exchange refused as over its limit. */
const isExceed = (event: DispatchEvent): event is Exceed =>
  (event.type === "returned" && event.reason === "rate-limit") ||
  (event.type === "outcome" && event.outcome.outcome === "rejected" && event.outcome.reason === "rate-limit")

/** How long a run takes, in words. */
const timeText = (nowMs: number, durationMs: number | undefined, stopping: boolean): string => {
  if (stopping) return `${clockText(nowMs)}, stopping: waiting for the last answers`
  if (durationMs === undefined) return clockText(nowMs)
  const leftMs = durationMs - nowMs
  return leftMs > 0
    ? `${clockText(nowMs)} of ${clockText(durationMs)}, ${clockText(leftMs)} left`
    : `${clockText(nowMs)}, waiting for the last answers`
}

type Recent = ReturnType<typeof makeRecent>

/** One line about a run. */
const lineOf = (now: DispatchSnapshot, nowMs: number, time: string, recent: Recent): string => {
  const lost = now.expired === 0 ? "" : `, ${now.expired} expired`
  const errors = recent.errors()
  const wrong = errors === undefined ? "no errors" : `errors ${errors.count}, last ${errors.last}`
  return `${time}: ${recent.rate(nowMs).toFixed(0)} accepted/s (${now.accepted} in all${lost}), queue ${now.queued}, in flight ${now.inFlight}, order age ${ageText(recent.medianAge())}, ${now.outage === undefined ? wrong : outageText(now.outage)}`
}

/** @param limit of a key in a window; undefined where other limits decide */
const keyText = (lane: DispatchSnapshot["lanes"][number], limit: number | undefined): string => {
  const { label, quietMs, state, used } = lane
  const active = limit === undefined ? state : `${String(used).padStart(3)} of ${limit} in the window`
  return `  ${label.padEnd(8)} ${state !== "active" ? state : quietMs > 0 ? quietText(quietMs) : active}`
}

/** The view of a run that is redrawn in place; `room` is how many keys fit. */
const viewOf = (
  now: DispatchSnapshot,
  shown: {
    readonly age: number | undefined
    readonly atMs: number
    readonly limit: number | undefined
    readonly recent: Recent
    readonly room: number
    readonly time: string
  },
): ReadonlyArray<string> => {
  const { age, atMs, limit, recent, room, time } = shown
  const errors = recent.errors()
  const wrong = errors === undefined ? "no errors" : `${errors.count}, last ${errors.last}`
  const keys = now.lanes.map((lane) => keyText(lane, limit))
  const fitting = keys.length <= room ? keys : keys.slice(0, room - 1)
  const rest = keys.length - fitting.length
  return [
    `time       ${time}`,
    `accepted   ${recent.rate(atMs).toFixed(0)}/s, ${now.accepted} of ${counted(now.created, "order")}`,
    `lost       ${now.expired} expired, ${now.rejected} rejected, ${now.unknown} unknown`,
    `queue      ${now.queued} waiting, ${now.inFlight} in flight, order age ${ageText(age)}`,
    now.outage === undefined ? `errors     ${wrong}` : `outage     ${outageText(now.outage)}`,
    ...fitting,
    ...(rest === 0 ? [] : [`  and ${counted(rest, "more key")}`]),
  ]
}

export type ShownSettings = Pick<
  HttpRunSettings<unknown>,
  | "bound"
  | "design"
  | "exchange"
  | "keys"
  | "limit"
  | "limits"
  | "parking"
  | "seed"
  | "source"
  | "venue"
  | "window"
>

/** Tells of events that a user must know of, but not of each: the first excess, and a bound that counts as twice what was told last. */
const makeWarnings = (settings: ShownSettings, say: (line: string) => void) => {
  const { bound, design } = settings
  let hasToldExcess = false
  let toldReachMs = bound === undefined ? 0 : Duration.toMillis(bound)
  return (event: DispatchEvent, quiet: boolean): void => {
    if (event.type === "reach" && bound !== undefined && event.boundMs >= 2 * toldReachMs) {
      toldReachMs = event.boundMs
      if (!quiet) say(reachText(event, bound))
    }
    if (!hasToldExcess && design.name === "ack-window" && isExceed(event)) {
      hasToldExcess = true
      say(excessText(event.request.key, settings))
    }
  }
}

/** Shows a run on standard error. `quiet` leaves only what a user must know. */
export const makeRunView = (settings: ShownSettings, quiet: boolean): RunProgress => {
  const { limits = [], source } = settings
  const limit = limits.length === 0 ? settings.limit : undefined
  const recent = makeRecent()
  const { canRedraw, draw, erase, rows, say } = makeLiveView()
  const live = canRedraw && !quiet
  const durationMs = source.duration && Duration.toMillis(source.duration)
  let stopping = false
  const warn = makeWarnings(settings, say)
  let age: number | undefined

  const onStarting = ({
    exchange,
    journal,
    memory,
  }: Extract<RunNews, { readonly type: "starting" }>): void => {
    // It decides on orders made at random, and on the delays of our own exchange.
    const isDrawn = source.type === "random" || !Redacted.isRedacted(settings.exchange)
    if (!quiet) say(startText(settings, isDrawn ? settings.seed : undefined, exchange, journal))
    if (memory === undefined) return
    if (!quiet) {
      say(`state: ${memory.directory}`)
      for (const line of waitingLines(memory.remembered)) say(line)
    }
    if (memory.inUse.length > 0) say(inUseText(memory.inUse))
    const { blockAfter = exerciseRules.blockAfter } = settings.parking ?? {}
    if (!Number.isFinite(blockAfter)) return
    for (const key of memory.remembered) if (key.rateLimitErrors > 0) say(burdenText(key, blockAfter))
  }

  const onEvent = (event: DispatchEvent): void => {
    if (!quiet) recent.record(event)
    if (event.type === "nonce-jump") say(jumpText(event))
    if (event.type === "others") say(othersText(event))
    warn(event, quiet)
    if (event.type === "key") say(`${event.key} sends no more in this run: it ${retiredText(event)}`)
  }

  const onSnapshot = ({
    atMs,
    sinceStartMs,
    snapshot,
  }: Extract<RunNews, { readonly type: "snapshot" }>): void => {
    const time = timeText(sinceStartMs, durationMs, stopping)
    if (!live) {
      process.stderr.write(`${lineOf(snapshot, atMs, time, recent)}\n`)
      return
    }
    age = recent.medianAge() ?? age
    draw(viewOf(snapshot, { age, atMs, limit, recent, room: Math.max(1, rows() - HEAD_ROWS), time }))
  }

  return {
    every: quiet ? undefined : live ? REDRAW_EVERY : LINE_EVERY,
    tell: (news) => {
      switch (news.type) {
        case "starting":
          return onStarting(news)
        case "event":
          return onEvent(news.event)
        case "snapshot":
          return onSnapshot(news)
        case "bad-line":
          return say(`passed over ${ofBadLines(showBadLine(news.line))}`)
        case "stopping":
          stopping = true
          return live || quiet ? undefined : say("stopping: waiting for the last answers")
        case "held":
          return say(heldLines(news).join("\n"))
        case "ended":
          return erase()
      }
    },
  }
}
