/**
 * What a user wants done: an order, before any API key or nonce is bound to it. Whoever hands one over may have made it of
 * anything, so it is checked at the door.
 */
import { Result, Schema } from "effect"

/** An order's name: 1 to 64 characters, unique within a run, echoed back by the exchange as `req_id`. */
export const OrderId = Schema.String.check(
  Schema.isMinLength(1, { message: "an id needs at least 1 character" }),
  Schema.isMaxLength(64, { message: "an id has at most 64 characters" }),
)

/** Query parameters that travel with an order. The protocol's own three are never among them. */
export type OrderParams = Readonly<Record<string, string>>

/** Parameters that every request has of its own. */
export const RESERVED_PARAMS: ReadonlySet<string> = new Set(["api_key", "nonce", "req_id"])

/**
 * An order as the dispatcher takes it. What it holds is read when it is handed over, and not again.
 *
 * @example
 * const order: Order = { id: "order-1", params: { side: "buy", amount: "0.5" }, createdAt: new Date() }
 */
export interface Order {
  /** 1 to 64 characters. No two orders that are queued or under way have the same. */
  readonly id: string
  /** Sent along as they are: text by names other than `api_key`, `nonce` and `req_id`. */
  readonly params?: OrderParams
  /**
   * When the order was made by the wall clock: a Date, or milliseconds since 1970 as of `Date.now()`. Its time to live
   * counts from here. Left out, an order is made at the moment it is handed over; one made less than a minute in the future, by
   * a clock that is off, is made at that moment, too.
   */
  readonly createdAt?: Date | number
}

/** An order that is made, and known to be good, by the time of its making on the monotonic clock. */
export class MadeOrder {
  readonly id: string
  readonly params: OrderParams
  /** Milliseconds of the monotonic clock; undefined where it is made when it is handed over. */
  readonly createdMs: number | undefined

  constructor(id: string, params: OrderParams, createdMs: number | undefined) {
    this.id = id
    this.params = params
    this.createdMs = createdMs
  }
}

/** What an order's `cost` says; undefined where there is none, NaN where it is no whole number, which fits no limit. */
export const saidCost = ({ params: { cost } }: Pick<MadeOrder, "params">): number | undefined => {
  if (cost === undefined) return undefined
  return /^\d{1,15}$/.test(cost) ? Number(cost) : Number.NaN
}

/** An order cannot be one: nothing was sent, and nothing is held. Says which of its fields is wrong, and why. */
export class InvalidOrder extends Schema.TaggedError<InvalidOrder>()("InvalidOrder", {
  /** The order's id; undefined where that is what is wrong. */
  orderId: Schema.UndefinedOr(Schema.String),
  /** `order` where it is no object at all. */
  field: Schema.Literals(["order", "id", "params", "createdAt"]),
  problem: Schema.String,
}) {
  override get message() {
    const which = this.orderId === undefined ? "an order" : `order ${this.orderId}`
    return `${which} cannot be sent: ${this.field} ${this.problem}`
  }
}

/** One moment on both clocks: the wall clock that `createdAt` is written in, and the monotonic one. */
export interface Moment {
  /** Milliseconds since 1970. */
  readonly wallMs: number
  /** Milliseconds as of `Monotonic.nowMs`. */
  readonly monotonicMs: number
}

/** How far in the future `createdAt` may lie: more than any two clocks in use differ. */
const MAX_SKEW_MS = 60_000
const DAY_MS = 86_400_000

/** A thousand times as much would be about now: the order would expire at once, and nobody would know why. */
export const looksLikeSeconds = (createdAt: number, now: Moment): boolean =>
  now.wallMs > DAY_MS && Math.abs(createdAt * 1000 - now.wallMs) < DAY_MS

/**
 * A time of the wall clock on the monotonic one. One slightly in the future is a clock's error: the order counts as made
 * now, since it cannot be younger than that.
 */
export const createdMsOf = (createdAtMs: number, now: Moment): Result.Result<number, string> =>
  createdAtMs - now.wallMs > MAX_SKEW_MS
    ? Result.fail(
        `lies more than ${MAX_SKEW_MS / 1000} s in the future: is it in milliseconds, and in the right zone?`,
      )
    : Result.succeed(now.monotonicMs - Math.max(0, now.wallMs - createdAtMs))

const HALF_A_PAIR = /\p{Surrogate}/u

const problemOfText = (value: unknown): string | undefined => {
  if (typeof value !== "string") return `must be text, and is ${nameOf(value)}`
  return HALF_A_PAIR.test(value) ? "has half of a surrogate pair, which no text can hold" : undefined
}

const nameOf = (value: unknown): string => {
  if (value === undefined || value === null) return String(value)
  return Array.isArray(value) ? "an array" : `${typeof value === "object" ? "an" : "a"} ${typeof value}`
}

const problemOfId = (id: unknown): string | undefined => {
  const problem = problemOfText(id)
  if (problem !== undefined || typeof id !== "string") return problem
  return id.length >= 1 && id.length <= 64 ? undefined : `must have 1 to 64 characters, and has ${id.length}`
}

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const paramsOf = (params: unknown): Result.Result<OrderParams, string> => {
  if (params === undefined) return Result.succeed({})
  if (!isObject(params)) return Result.fail(`must be an object of text, and is ${nameOf(params)}`)
  const checked: Record<string, string> = {}
  for (const [name, value] of Object.entries(params)) {
    const named = `must hold text by names that are text: ${JSON.stringify(name)}`
    if (RESERVED_PARAMS.has(name)) return Result.fail(`must not hold ${name}: the request has its own`)
    if (HALF_A_PAIR.test(name)) return Result.fail(`${named} has half of a surrogate pair`)
    const problem = problemOfText(value)
    if (problem !== undefined || typeof value !== "string") return Result.fail(`${named} ${problem}`)
    // A parameter may be called __proto__, which an assignment would not make one.
    Object.defineProperty(checked, name, { value, enumerable: true })
  }
  return Result.succeed(checked)
}

/** Where times of the wall clock are about now, no order was made by one of these: they are of another clock. */
const LEAST_MS = Date.UTC(2001, 0)

const createdOf = (createdAt: unknown, now: Moment): Result.Result<number | undefined, string> => {
  if (createdAt === undefined) return Result.succeed(undefined)
  const epochMs = createdAt instanceof Date ? createdAt.getTime() : createdAt
  if (typeof epochMs !== "number" || !Number.isFinite(epochMs))
    return Result.fail("must be a valid Date, or milliseconds since 1970")
  if (looksLikeSeconds(epochMs, now) || (epochMs < LEAST_MS && now.wallMs >= LEAST_MS))
    return Result.fail(`must be milliseconds since 1970, as of Date.now(), and is ${epochMs}`)
  return createdMsOf(epochMs, now)
}

/** Checks what is said to be an order, and keeps a copy that nobody can change. */
export const checkOrder = (order: unknown, now: Moment): Result.Result<MadeOrder, InvalidOrder> => {
  const refuse = (field: InvalidOrder["field"], problem: string, orderId?: string) =>
    Result.fail(new InvalidOrder({ orderId, field, problem }))
  if (!isObject(order)) return refuse("order", `must be an object with an id, and is ${nameOf(order)}`)
  const id: unknown = "id" in order ? order.id : undefined
  const problem = problemOfId(id)
  if (problem !== undefined || typeof id !== "string") return refuse("id", `${problem}`)
  const params = paramsOf("params" in order ? order.params : undefined)
  if (Result.isFailure(params)) return refuse("params", params.failure, id)
  const createdMs = createdOf("createdAt" in order ? order.createdAt : undefined, now)
  if (Result.isFailure(createdMs)) return refuse("createdAt", createdMs.failure, id)
  return Result.succeed(new MadeOrder(id, params.success, createdMs.success))
}
