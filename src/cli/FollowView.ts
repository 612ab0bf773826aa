/**
 * What following a log shows on standard error: on a terminal a view that is redrawn in place, elsewhere a line every
 * five seconds.
 */
import { Clock, Effect, Option } from "effect"
import { nowMsUnsafe } from "../platform/Monotonic.ts"
import type { Percentiles } from "../summary/Distribution.ts"
import type { FollowListener } from "../summary/followLog.ts"
import type { Summary } from "../summary/Summary.ts"
import { makeLiveView } from "./LiveView.ts"
import { quote } from "../platform/quote.ts"

const LINE_EVERY_MS = 5000
/** The rate shown is that of the last few seconds. */
const RATE_SPAN_MS = 5000
/** Rows above the keys. */
const HEAD_ROWS = 6

export interface FollowView extends FollowListener {
  /** Nothing more will be shown. */
  readonly ended: Effect.Effect<void>
}

/** How many orders were accepted at some moment. */
interface Sample {
  readonly atMs: number
  readonly accepted: number
}

/** Accepted a second over the last moments. */
const makeRate = () => {
  let samples: ReadonlyArray<Sample> = []
  return (nowMs: number, accepted: number): number => {
    // Figures that begin again know nothing of those before.
    samples = samples.filter((sample) => sample.atMs >= nowMs - RATE_SPAN_MS && sample.accepted <= accepted)
    samples = [...samples, { atMs: nowMs, accepted }]
    const [oldest] = samples
    const forMs = nowMs - (oldest?.atMs ?? nowMs)
    return forMs === 0 ? 0 : ((accepted - (oldest?.accepted ?? accepted)) * 1000) / forMs
  }
}

const times = (name: string, known: Percentiles | null): string =>
  known === null ? `${name} -` : `${name} p50 ${known.p50.toFixed(1)} ms, p99 ${known.p99.toFixed(1)} ms`

const used = ({ ofSafeOptimum }: Summary["utilisation"]): string =>
  ofSafeOptimum === null ? "" : `, ${(ofSafeOptimum * 100).toFixed(1)} % of the safe optimum`

const lineOf = (summary: Summary, rate: number): string => {
  const { orders, orderAge, totalTimeMs, utilisation } = summary
  return `${(totalTimeMs / 1000).toFixed(0)} s: ${rate.toFixed(0)} accepted/s (${orders.accepted} of ${orders.created}${used(utilisation)}), ${orders.expired} expired, ${orders.rejected} rejected, ${orders.unknown ?? "-"} unknown or in flight, ${times("order age", orderAge)}`
}

const viewOf = (summary: Summary, rate: number, rows: number): ReadonlyArray<string> => {
  const { orders, exceeds, bans, nonceErrors, totalTimeMs, utilisation } = summary
  const keys = (summary.keys ?? []).map(
    ({ key, accepted, refused, retired, sent }) =>
      `  ${key.padEnd(8)} ${sent} sent, ${accepted} accepted, ${refused["rate-limit"]} over the limit${retired === null ? "" : `, ${retired.state}`}`,
  )
  const room = Math.max(1, rows - HEAD_ROWS)
  const shown = keys.length <= room ? keys : keys.slice(0, room - 1)
  return [
    `time       ${(totalTimeMs / 1000).toFixed(1)} s`,
    `accepted   ${rate.toFixed(0)}/s, ${summary.averageThroughput.toFixed(1)}/s on average${used(utilisation)}`,
    `orders     ${orders.accepted} of ${orders.created} accepted, ${orders.unknown ?? "-"} unknown or in flight`,
    `lost       ${orders.expired} expired, ${orders.rejected} rejected, ${orders.cancelled ?? "-"} cancelled`,
    `errors     ${exceeds} over the limit, ${bans} blocked, ${nonceErrors} nonce`,
    `times      ${times("order age", summary.orderAge)}; ${times("round trip", summary.roundTrip)}`,
    ...shown,
    ...(shown.length === keys.length ? [] : [`  and ${keys.length - shown.length} more keys`]),
  ]
}

export const makeFollowView = (file: string): Effect.Effect<FollowView> =>
  Clock.clockWith((clock) =>
    Effect.sync(() => {
      const { canRedraw, draw, erase, rows, say } = makeLiveView()
      const rateOf = makeRate()
      let nextLineMs = nowMsUnsafe(clock) + LINE_EVERY_MS
      return {
        waiting: Effect.sync(() => say(`waiting for ${quote(file)}, which is not there yet`)),
        replaced: (anew) =>
          Effect.sync(() =>
            say(`${quote(file)} was replaced; ${anew ? "a new run is in it" : "going on with the new one"}`),
          ),
        looked: (log) =>
          Effect.sync(() => {
            const nowMs = nowMsUnsafe(clock)
            Option.map(log.summary(), (summary) => {
              const rate = rateOf(nowMs, summary.orders.accepted)
              if (canRedraw) return draw(viewOf(summary, rate, rows()))
              if (nowMs < nextLineMs) return
              nextLineMs = nowMs + LINE_EVERY_MS
              say(lineOf(summary, rate))
            })
          }),
        ended: Effect.sync(erase),
      }
    }),
  )
