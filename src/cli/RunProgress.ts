/**
 * What a run shows on standard error while it runs: on a terminal a view that is redrawn in place, elsewhere a
 * line every five seconds, and nothing but troubles where no progress is wanted.
 */
import process from "node:process"
import { createHistogram } from "node:perf_hooks"
import { Clock, Duration, Effect } from "effect"
import type { Outage } from "../dispatch/Circuit.ts"
import type { DispatchSnapshot } from "../dispatch/Dispatcher.ts"
import type { DispatchEvent, RequestTrace } from "../domain/DispatchEvent.ts"
import { exerciseRules } from "../venues/exercise/exercise.ts"
import { nowMsUnsafe } from "../platform/Monotonic.ts"
import { showBadLine } from "../run/sources/NdjsonSource.ts"
import type { ProgressSink } from "../run/Progress.ts"
import type { RunSettings } from "../run/RunSettings.ts"
import type { Remembered } from "../keys/claimKeys.ts"
import { makeLiveView } from "./LiveView.ts"

const REDRAW_EVERY = Duration.millis(200)
const LINE_EVERY = Duration.seconds(5)
/** The rate shown is that of the last second or so. */
const RATE_SPAN_MS = 1000

/** Figures of the last few moments, kept for show. */
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
        last = `${event.reason === "not-sent" ? "no connection" : event.reason} (${event.request.key})`
      }
      if (event.type !== "outcome") return
      if (event.outcome.outcome === "accepted") accepted.push(event.atMs)
      if (event.outcome.outcome === "rejected" || event.outcome.outcome === "unknown") {
        errors += 1
        const why = event.outcome.outcome === "rejected" ? event.outcome.reason : event.outcome.cause
        last = `${event.outcome.outcome}: ${why} (${event.request?.key ?? "no key"})`
      }
    },
    /** Accepted a second over the last moments. */
    rate: (nowMs: number): number => {
      while ((accepted[0] ?? nowMs) < nowMs - RATE_SPAN_MS) accepted.shift()
      return accepted.length / (RATE_SPAN_MS / 1000)
    },
    /** The median age of orders sent since the last call, in milliseconds; undefined where none was. */
    medianAge: (): number | undefined => {
      const { count } = ages
      const age = count === 0 ? undefined : ages.percentile(50) / 1000
      ages = createHistogram()
      return age
    },
    /** Undefined where there was none. */
    errors: (): { readonly count: number; readonly last: string } | undefined =>
      last === undefined ? undefined : { count: errors, last },
  }
}

const ageText = (age: number | undefined): string => (age === undefined ? "-" : `${age.toFixed(0)} ms`)

/** Rows above the keys. */
const HEAD_ROWS = 5

const clockText = (ms: number): string => `${(ms / 1000).toFixed(0)} s`

const write = (text: string): Effect.Effect<void> => Effect.sync(() => void process.stderr.write(text))

type Exceed = Extract<DispatchEvent, { readonly request: RequestTrace }>

/** A request that the exchange refused as over its limit. */
const isExceed = (event: DispatchEvent): event is Exceed =>
  (event.type === "returned" && event.reason === "rate-limit") ||
  (event.type === "outcome" && event.outcome.outcome === "rejected" && event.outcome.reason === "rate-limit")

const jumpText = (event: Extract<DispatchEvent, { readonly type: "nonce-jump" }>): string =>
  `${event.key}: the exchange has seen a higher nonce, so its nonces go on ${Duration.format(Duration.millis(event.by))} ahead. Either another client uses the key, or a request took longer than --bound`

/** What the exchange holds to be an excess, though the gate rules it out: an assumption is wrong, and which can be said. */
const excessText = (key: string, { bound, limit, window }: RunSettings): string => {
  const refused = `warning: the exchange refused a request of ${key} as over its rate limit`
  const others = `another client uses the key, or the exchange allows less than ${limit} requests per ${Duration.format(window)} (--limit, --window)`
  if (bound === undefined) return `${refused}: ${others}`
  return `${refused}: a request took longer than --bound ${Duration.format(bound)} (raise it, or give none), ${others}`
}

const outageText = ({ forMs, kind, retryInMs }: Outage): string => {
  const retry = retryInMs === 0 ? "trying now" : `trying again in ${(retryInMs / 1000).toFixed(1)} s`
  switch (kind) {
    case "unreachable":
    case "failing":
      return `exchange ${kind} for ${clockText(forMs)}, ${retry}`
    case "asks-to-wait":
      return `exchange asks to wait, ${retry}`
  }
}

const retiredText = (event: Extract<DispatchEvent, { readonly type: "key" }>): string => {
  switch (event.state) {
    case "parked":
      if (event.reason === "nonce")
        return "is parked, because the exchange accepts none of its nonces: stop other clients that use it, or use another key"
      return `is parked after ${event.rateLimitErrors} rate-limit errors, before the exchange blocks it: lower --limit, or raise --window or --bound`
    case "blocked":
      return "is blocked by the exchange: ask it to unblock the key, or use another"
    case "unknown":
      return "is unknown to the exchange: check the keys file or PACELINE_API_KEYS"
  }
}

const quietText = (ms: number): string =>
  `waiting ${(ms / 1000).toFixed(1)} s until the former run's requests have left the window`

/** What the exchange holds against a key from former runs. */
const burdenText = ({ label, rateLimitErrors }: Remembered): string => {
  const { blockAfter } = exerciseRules
  const left = blockAfter - rateLimitErrors
  const what = `warning: ${label} has ${rateLimitErrors} of ${blockAfter} rate-limit errors from former runs`
  if (left <= 0) return `${what}: the exchange has blocked it, unless it has forgotten them`
  return left === 1 ? `${what}: with one more the exchange blocks it for good` : what
}

/** Shows a run on standard error. `quiet` leaves only what a user must know. */
export const makeRunProgress = (
  settings: RunSettings,
  options: { readonly quiet: boolean },
): Effect.Effect<ProgressSink> =>
  Clock.clockWith((clock) =>
    Effect.sync(() => {
      const recent = makeRecent()
      const startMs = nowMsUnsafe(clock)
      const { canRedraw, draw, erase, rows, say } = makeLiveView()
      const live = canRedraw && !options.quiet
      const durationMs = settings.source.duration && Duration.toMillis(settings.source.duration)
      let stopping = false
      let hasToldExcess = false

      const timeText = (nowMs: number): string => {
        const elapsedMs = nowMs - startMs
        if (stopping) return `${clockText(elapsedMs)}, stopping: waiting for the last answers`
        if (durationMs === undefined) return clockText(elapsedMs)
        const leftMs = durationMs - elapsedMs
        return leftMs > 0
          ? `${clockText(elapsedMs)} of ${clockText(durationMs)}, ${clockText(leftMs)} left`
          : `${clockText(elapsedMs)}, waiting for the last answers`
      }

      const line = (now: DispatchSnapshot): string => {
        const nowMs = nowMsUnsafe(clock)
        const lost = now.expired === 0 ? "" : `, ${now.expired} expired`
        const errors = recent.errors()
        const wrong = errors === undefined ? "no errors" : `errors ${errors.count}, last ${errors.last}`
        return `${timeText(nowMs)}: ${recent.rate(nowMs).toFixed(0)} accepted/s (${now.accepted} in all${lost}), queue ${now.queued}, in flight ${now.inFlight}, order age ${ageText(recent.medianAge())}, ${now.outage === undefined ? wrong : outageText(now.outage)}`
      }

      const view = (now: DispatchSnapshot, age: number | undefined): ReadonlyArray<string> => {
        const nowMs = nowMsUnsafe(clock)
        const errors = recent.errors()
        const wrong = errors === undefined ? "no errors" : `${errors.count}, last ${errors.last}`
        const keys = now.lanes.map(
          ({ label, quietMs, state, used }) =>
            `  ${label.padEnd(8)} ${state !== "active" ? state : quietMs > 0 ? quietText(quietMs) : `${String(used).padStart(3)} of ${settings.limit} in the window`}`,
        )
        const room = Math.max(1, rows() - HEAD_ROWS)
        const shown = keys.length <= room ? keys : keys.slice(0, room - 1)
        const rest = keys.length - shown.length
        return [
          `time       ${timeText(nowMs)}`,
          `accepted   ${recent.rate(nowMs).toFixed(0)}/s, ${now.accepted} of ${now.created} orders`,
          `lost       ${now.expired} expired, ${now.rejected} rejected, ${now.unknown} unknown`,
          `queue      ${now.queued} waiting, ${now.inFlight} in flight, order age ${ageText(age)}`,
          now.outage === undefined ? `errors     ${wrong}` : `outage     ${outageText(now.outage)}`,
          ...shown,
          ...(rest === 0 ? [] : [`  and ${rest} more keys`]),
        ]
      }

      const showLive = (snapshot: Effect.Effect<DispatchSnapshot>) => {
        let age: number | undefined
        return Effect.forever(
          Effect.flatMap(snapshot, (now) => {
            age = recent.medianAge() ?? age
            draw(view(now, age))
            return Effect.sleep(REDRAW_EVERY)
          }),
        )
      }

      const showLines = (snapshot: Effect.Effect<DispatchSnapshot>) =>
        Effect.forever(
          Effect.andThen(
            Effect.sleep(LINE_EVERY),
            Effect.flatMap(snapshot, (now) => write(`${line(now)}\n`)),
          ),
        )

      return {
        starting: (exchange) =>
          Effect.sync(() => {
            if (options.quiet) return
            const { keys, limit, window, bound, seed, log } = settings
            const delay = bound === undefined ? "not known" : `at most ${Duration.format(bound)}`
            say(
              `exchange: ${exchange}\n` +
                `${keys.length} ${keys.length === 1 ? "key" : "keys"}, ${limit} requests per ${Duration.format(window)} each, incoming delay ${delay}, seed ${seed}\n` +
                `journal: ${log}`,
            )
          }),
        remembered: (directory, keys) =>
          Effect.sync(() => {
            if (!options.quiet) {
              say(`state: ${directory}`)
              const quietMs = Math.max(...keys.map((key) => key.quietMs))
              if (quietMs > 0) say(quietText(quietMs))
            }
            for (const key of keys) if (key.rateLimitErrors > 0) say(burdenText(key))
          }),
        record: (event) => {
          if (!options.quiet) recent.record(event)
          if (event.type === "nonce-jump") say(jumpText(event))
          if (!hasToldExcess && settings.gate.name === "ack-window" && isExceed(event)) {
            hasToldExcess = true
            say(excessText(event.request.key, settings))
          }
          if (event.type === "key") say(`${event.key} sends no more in this run: it ${retiredText(event)}`)
        },
        badLine: (bad) => Effect.sync(() => say(`passed over ${showBadLine(bad)}`)),
        show: (snapshot, stopped) => {
          if (options.quiet) return Effect.never
          const tell = Effect.map(stopped, () => {
            stopping = true
            if (!live) say("stopping: waiting for the last answers")
          })
          const showing = live ? showLive(snapshot) : showLines(snapshot)
          return Effect.all([showing, tell], { concurrency: "unbounded", discard: true })
        },
        ended: Effect.sync(erase),
      }
    }),
  )
