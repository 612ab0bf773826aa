/**
 * A limit as data: how the exchange counts, in numbers, and what shares the counter. The command line, the emulator, the gate,
 * the journal and the certificate all mean the same by it.
 *
 * @example
 * // bucket:60,decay=1/s@account+symbol
 * const limit: LimitSpec = {
 *   rule: "bucket", limit: 60, decay: 1, decayMs: 1000, scope: "account", field: "symbol",
 * }
 */
import { Duration, Schema } from "effect"
import { type Action, ACTION, ACTIONS, actionNamed } from "./Action.ts"
import type { NonceUnit } from "./NonceUnit.ts"
import { type MadeOrder, saidCost } from "./Order.ts"

const Whole = Schema.Int.check(Schema.isGreaterThanOrEqualTo(1))
const Positive = Schema.Finite.check(Schema.isGreaterThan(0))

const Cost = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

const sharedFields = {
  /**
   * What an action costs: 1 unless it is here, 0 where it is not counted. The most, where that depends on what is not known. An
   * order of an action that is counted may say itself what it costs.
   */
  costs: Schema.optionalKey(
    Schema.Struct({ place: Schema.optionalKey(Cost), cancel: Schema.optionalKey(Cost) }),
  ),
  /** Who shares the counter: a key alone, all keys of an account, or all requests of an address. */
  scope: Schema.Literals(["key", "account", "ip"]),
  /** Within the account, an order's parameter: each of its values has a counter of its own. */
  field: Schema.optionalKey(Schema.NonEmptyString),
}

/** At most `limit` in a window: in any (`log`), in each of the exchange's clock (`fixed`), by an estimate from two (`counter`). */
export const WindowSpec = Schema.Struct({
  rule: Schema.Literals(["log", "fixed", "counter"]),
  limit: Whole,
  windowMs: Positive,
  ...sharedFields,
})
export type WindowSpec = typeof WindowSpec.Type

/** A counter that each request raises by its cost, up to `limit`, and that falls by `decay` every `decayMs`. */
export const BucketSpec = Schema.Struct({
  rule: Schema.tag("bucket"),
  limit: Whole,
  decay: Positive,
  decayMs: Positive,
  /** It falls in steps this far apart. Evenly where it is left out. */
  stepMs: Schema.optionalKey(Positive),
  ...sharedFields,
})
export type BucketSpec = typeof BucketSpec.Type

export const LimitSpec = Schema.Union([WindowSpec, BucketSpec])
export type LimitSpec = typeof LimitSpec.Type

/** What an answer says of the exchange's limits. */
export interface LimitsTold {
  /** What has been counted of some when the request arrived. */
  readonly counts: ReadonlyArray<{ readonly limit: LimitSpec; readonly used: number }>
  /** Which has refused it, if any, and if it says which. */
  readonly refusedBy?: LimitSpec | undefined
}

/** Whether two limits count by the same counter, however much each lets through. */
export const isSameCounter = (one: LimitSpec, other: LimitSpec): boolean => {
  const windowOf = (spec: LimitSpec) => (spec.rule === "bucket" ? 0 : spec.windowMs)
  return (
    one.rule === other.rule &&
    one.scope === other.scope &&
    one.field === other.field &&
    windowOf(one) === windowOf(other)
  )
}

/** Whether a limit's windows begin by the exchange's clock. */
export const isOnClock = ({ rule }: LimitSpec): boolean => rule === "fixed" || rule === "counter"

/** Whether the exchange wants each key's nonces to rise, or takes them in any order. */
export const Nonces = Schema.Literals(["rising", "none"])
export type Nonces = typeof Nonces.Type

/** What a client, an exchange or a simulation is told of limits. */
export interface LimitSettings {
  /** Requests that a key may pass in one window. Where there are `limits`, no more than these let through. */
  readonly limit: number
  readonly window: Duration.Duration
  /** All limits. Left out where `limit` in each `window` of a key is all, as in the exercise. */
  readonly limits?: ReadonlyArray<LimitSpec> | undefined
  /** Rising where it is left out. */
  readonly nonces?: Nonces | undefined
  /** What nonces count. Milliseconds where it is left out. */
  readonly nonceUnit?: NonceUnit | undefined
}

/** What an order of an action costs that says this of its cost, or nothing. What is no number stays none. */
export const costOf = ({ costs }: LimitSpec, action: Action, said: number | undefined): number => {
  const ofAction = costs?.[action] ?? 1
  return ofAction === 0 && !Number.isNaN(said) ? 0 : (said ?? ofAction)
}

/** What an order costs; NaN where it says what is no number. */
export const orderCost = (spec: LimitSpec, order: Pick<MadeOrder, "params">): number =>
  costOf(spec, actionNamed(order.params[ACTION]), saidCost(order))

/** Which of a field's counters counts an order. */
export const orderScope = ({ field }: LimitSpec, { params }: Pick<MadeOrder, "params">): string =>
  field === undefined ? "" : (params[field] ?? "")

/** Whether each key has a counter of its own. */
export const isOfKey = ({ field, scope }: LimitSpec): boolean => scope === "key" && field === undefined

/** A bucket's numbers as counters want them. */
export const bucketOf = ({ decay, decayMs, limit, stepMs }: BucketSpec) => ({
  capacity: limit,
  perSecond: (decay * 1000) / decayMs,
  step: stepMs === undefined ? undefined : (decay * stepMs) / decayMs,
})

/** How long a limit takes, in milliseconds, to make room for one more order that is placed, on the whole. */
export const slotMsOf = (spec: LimitSpec): number =>
  costOf(spec, "place", undefined) *
  (spec.rule === "bucket" ? spec.decayMs / spec.decay : spec.windowMs / spec.limit)

/** For how long a request may count after it has arrived: what came before has no part in the counter any more. */
export const longestCountMs = (limits: ReadonlyArray<LimitSpec>): number =>
  Math.max(
    ...limits.map((spec) => {
      if (spec.rule === "bucket") return (spec.limit * spec.decayMs) / spec.decay + (spec.stepMs ?? 0)
      return spec.rule === "counter" ? 2 * spec.windowMs : spec.windowMs
    }),
  )

/**
 * How long the limits take together to make room for one more order that is placed, sent with any of so many keys that share an
 * account and an address; all orders have the same fields.
 */
export const sharedSlotMs = (
  { limit, limits, window }: Pick<LimitSettings, "limit" | "window" | "limits">,
  keys: number,
): number =>
  limits === undefined
    ? Duration.toMillis(window) / limit / keys
    : Math.max(...limits.map((spec) => (spec.scope === "key" ? slotMsOf(spec) / keys : slotMsOf(spec))))

/** A limit over a longer time says little of how many requests are under way at once. */
const LONG_MS = 60_000

/** More requests of a key in one window than anybody sends. */
const MANY = 10_000
const SECOND_MS = 1000

/**
 * How many requests of a key the limits let through in some window at most, the window and all that is added to it for clocks
 * included, were those that they count to cost 1 each: a gate that counts a key's requests in this window never waits for it.
 */
export const keyWindowOf = (
  limits: ReadonlyArray<LimitSpec>,
): { readonly limit: number; readonly windowMs: number } => {
  const counted = limits.filter(
    ({ costs, field }) => field === undefined && costs?.place !== 0 && costs?.cancel !== 0,
  )
  const short = counted.filter((spec) => spec.rule === "bucket" || spec.windowMs <= LONG_MS)
  const [first] = (short.length > 0 ? short : counted)
    .map((spec) => {
      if (spec.rule === "log") return { limit: spec.limit, windowMs: spec.windowMs }
      if (spec.rule !== "bucket") return { limit: 2 * spec.limit + 1, windowMs: spec.windowMs }
      const { capacity, perSecond, step = 0 } = bucketOf(spec)
      return { limit: Math.ceil(capacity + step + 1.1 * perSecond) + 1, windowMs: SECOND_MS }
    })
    .toSorted((a, b) => a.limit / a.windowMs - b.limit / b.windowMs)
  return first ?? { limit: MANY, windowMs: SECOND_MS }
}

const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
] as const

const span = (ms: number): string => {
  const [unit, unitMs] = UNITS.find(([, each]) => Number.isInteger(ms / each)) ?? ["ms", 1]
  return `${ms / unitMs}${unit}`
}

const ruleText = (spec: LimitSpec): string => {
  if (spec.rule === "bucket") {
    const every = spec.decayMs === 1000 ? "s" : span(spec.decayMs)
    const step = spec.stepMs === undefined ? "" : `,step=${span(spec.stepMs)}`
    return `bucket:${spec.limit},decay=${spec.decay}/${every}${step}`
  }
  const per = `${spec.limit}/${span(spec.windowMs)}`
  return spec.rule === "log" ? per : `${spec.rule}:${per}`
}

const costsText = (spec: LimitSpec): string =>
  ACTIONS.map((action) => ({ action, cost: costOf(spec, action, undefined) }))
    .map(({ action, cost }) => (cost === 1 ? "" : `,${action}=${cost}`))
    .join("")

/** As `--limit` takes it: `20/1s@key`, `bucket:60,decay=1/s,cancel=8@account+symbol`. */
export const showLimit = (spec: LimitSpec): string =>
  `${ruleText(spec)}${costsText(spec)}@${spec.scope}${spec.field === undefined ? "" : `+${spec.field}`}`
