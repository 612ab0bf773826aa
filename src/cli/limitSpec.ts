/**
 * How limits are written on the command line: `20`, `20/1s`, `bucket:60,decay=1/s,step=2s`, `fixed:100/10s` or
 * `counter:100/10s`, each but the first with what actions cost (`,cancel=8`) and a scope (`@key`, `@account`, `@account+FIELD` or
 * `@ip`) if need be. Pure.
 */
import { Duration, Result } from "effect"
import { ACTIONS } from "../domain/Action.ts"
import {
  bucketOf,
  costOf,
  keyWindowOf,
  type LimitSettings,
  type LimitSpec,
  type WindowSpec,
} from "../domain/LimitSpec.ts"
import { RESERVED_PARAMS } from "../domain/Order.ts"
import { quote } from "../platform/quote.ts"
import { type Parse, parseDuration, parseInteger } from "./values.ts"

/** As help and errors name them. */
const LIMIT_FORMS = "20/1s, bucket:60,decay=1/s[,step=2s], fixed:100/10s, counter:100/10s"
const SCOPE_FORMS = "@key, @account, @account+FIELD or @ip"
export const RULE_FORMS = `${LIMIT_FORMS}; what an action costs may follow (,place=N or ,cancel=N), and a scope (${SCOPE_FORMS})`

/** The exercise's. */
export const DEFAULT_LIMIT = 20

const LONGEST_MS = Duration.toMillis(Duration.days(1))
const parseCount = parseInteger({ min: 1, max: 1_000_000 })
const parseCost = parseInteger({ min: 0, max: 1_000_000 })

const wholeMs: Parse<number> = (text) =>
  Result.flatMap(parseDuration({ zero: false })(/^[a-z]/.test(text) ? `1${text}` : text), (duration) => {
    const ms = Duration.toMillis(duration)
    if (!Number.isInteger(ms)) return Result.fail(`${quote(text)} is not in whole milliseconds`)
    return ms <= LONGEST_MS ? Result.succeed(ms) : Result.fail(`${quote(text)} is longer than a day`)
  })

/** `N/SPAN`, with `N` as `amount` reads it. */
const ratio =
  (amount: Parse<number>): Parse<{ readonly amount: number; readonly ms: number }> =>
  (text) => {
    const [number, per, ...more] = text.split("/")
    if (number === undefined || per === undefined || more.length > 0)
      return Result.fail(`${quote(text)} is not a number, "/" and a time`)
    return Result.all({ amount: amount(number), ms: wholeMs(per) })
  }

const parseDecay: Parse<number> = (text) => {
  const value = /^(?:\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : 0
  return value > 0 && value <= 1_000_000
    ? Result.succeed(value)
    : Result.fail(`${quote(text)} is not a number above 0`)
}

type Scope = Pick<LimitSpec, "scope" | "field">

const parseScope: Parse<Scope> = (text) => {
  if (text === "key" || text === "account" || text === "ip") return Result.succeed({ scope: text })
  const [, field] = /^account\+([\w.-]+)$/.exec(text) ?? []
  if (field === undefined) return Result.fail(`there is no scope ${quote(`@${text}`)}; write ${SCOPE_FORMS}`)
  return RESERVED_PARAMS.has(field)
    ? Result.fail(`${quote(`@${text}`)}: ${field} is the request's own, not an order's parameter`)
    : Result.succeed({ scope: "account", field })
}

type Costs = Pick<LimitSpec, "costs">

/** Takes what actions cost off a rule's end. */
const parseCosts = (text: string): Result.Result<{ readonly rule: string; readonly costs: Costs }, string> =>
  Result.gen(function* () {
    const costs = new Map<string, number>()
    let rule = text
    for (;;) {
      const [, rest, action, cost] = /^(.*),(place|cancel)=([^,]*)$/s.exec(rule) ?? []
      if (rest === undefined || action === undefined || cost === undefined) break
      if (costs.has(action)) return yield* Result.fail(`there is more than one ${action}=`)
      costs.set(action, yield* parseCost(cost))
      rule = rest
    }
    const told = ACTIONS.flatMap((action) => {
      const cost = costs.get(action) ?? 1
      return cost === 1 ? [] : [[action, cost] as const]
    })
    return { rule, costs: told.length === 0 ? {} : { costs: Object.fromEntries(told) } }
  })

const windowed = (rule: WindowSpec["rule"], text: string, shared: Scope & Costs) =>
  Result.map(ratio(parseCount)(text), ({ amount, ms }): LimitSpec => ({
    rule,
    limit: amount,
    windowMs: ms,
    ...shared,
  }))

/** An order must fit, with what steps may leave over besides. */
const checkRoom = (spec: LimitSpec): Result.Result<LimitSpec, string> => {
  const most = Math.max(...ACTIONS.map((action) => costOf(spec, action, undefined)))
  if (most > spec.limit) return Result.fail(`a cost of ${most} finds no room in ${spec.limit}`)
  if (spec.rule !== "bucket") return Result.succeed(spec)
  const { capacity, step = 0 } = bucketOf(spec)
  const isWhole = step === 0 || (1 % step === 0 && capacity % step === 0)
  return isWhole || capacity - step >= most
    ? Result.succeed(spec)
    : Result.fail(`steps of ${step} leave no room for an order in ${capacity}`)
}

const bucket = (text: string, shared: Scope & Costs): Result.Result<LimitSpec, string> => {
  const [, capacity, decay, step] = /^([^,]*),decay=([^,]*)(?:,step=([^,]*))?$/.exec(text) ?? []
  if (capacity === undefined || decay === undefined) return Result.fail("a bucket has a capacity and a decay")
  return Result.gen(function* () {
    const limit = yield* parseCount(capacity)
    const { amount, ms } = yield* ratio(parseDecay)(decay)
    const stepMs = step === undefined ? {} : { stepMs: yield* wholeMs(step) }
    return { rule: "bucket", limit, decay: amount, decayMs: ms, ...stepMs, ...shared }
  })
}

/** Reads one limit. A failure says what is wrong and how limits are written. */
export const parseLimit: Parse<LimitSpec> = (text) => {
  const [rule = "", ...scopes] = text.split("@")
  const [, kind = "", told = ""] = /^(?:([a-z]*):)?(.*)$/s.exec(rule) ?? []
  const read = (scope: Scope): Result.Result<LimitSpec, string> =>
    Result.flatMap(parseCosts(told), ({ costs, rule: numbers }) => {
      const shared = { ...scope, ...costs }
      if (kind === "") return windowed("log", numbers, shared)
      if (kind === "fixed" || kind === "counter") return windowed(kind, numbers, shared)
      return kind === "bucket" ? bucket(numbers, shared) : Result.fail(`there is no rule ${quote(kind)}`)
    })
  const parsed =
    scopes.length > 1
      ? Result.fail("there is more than one @")
      : Result.flatMap(
          scopes[0] === undefined ? Result.succeed<Scope>({ scope: "key" }) : parseScope(scopes[0]),
          (scope) => Result.flatMap(read(scope), checkRoom),
        )
  return Result.mapError(parsed, (problem) => `${quote(text)}: ${problem}; write limits as ${LIMIT_FORMS}`)
}

const plainLimit = parseInteger({ min: 1, max: 10_000 })

/** A plain number, of each window of a key, or a limit. */
export const parseLimitOrNumber: Parse<number | LimitSpec> = (text) =>
  /[/:@]/.test(text)
    ? parseLimit(text)
    : Result.mapError(plainLimit(text), (problem) => `${problem}, or a rule such as 20/1s`)

/** What one `--limit` means by itself, a plain number with the `--window`. */
export const specOf = (given: number | LimitSpec, window: Duration.Duration): LimitSpec =>
  typeof given === "number"
    ? { rule: "log", limit: given, windowMs: Duration.toMillis(window), scope: "key" }
    : given

/** What `--limit` and `--window` together mean. One plain number is the exercise's way; everything else is a list of limits. */
export const limitsOf = (
  given: ReadonlyArray<number | LimitSpec>,
  window: Duration.Duration,
): Result.Result<Pick<LimitSettings, "limit" | "window" | "limits">, string> => {
  const [first = DEFAULT_LIMIT, ...more] = given
  if (typeof first === "number" && more.length === 0) return Result.succeed({ limit: first, window })
  if (given.filter((limit) => typeof limit === "number").length > 1)
    return Result.fail("a plain number stands for requests of a key in one --window, so there is one at most")
  const limits = given.map((limit) => specOf(limit, window))
  if (limits.every((spec) => costOf(spec, "place", undefined) === 0))
    return Result.fail("none of them counts orders that are placed: place=0 is for one of several")
  const key = keyWindowOf(limits)
  return Result.succeed({ limit: key.limit, window: Duration.millis(key.windowMs), limits })
}
