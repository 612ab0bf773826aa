/** What a dispatcher is given, what it takes where that leaves something out, and what it cannot work with. */
import { Duration } from "effect"
import type { ApiKey } from "../domain/ApiKey.ts"
import { noMemory, type Recall } from "../keys/KeyMemory.ts"
import type { ExchangeClock } from "../limits/ExchangeClock.ts"
import type { GateFactory } from "../limits/Gate.ts"
import type { MadeOrder } from "../domain/Order.ts"
import type { ScopedLimit } from "../limits/JoinedLimits.ts"
import type { LiveReach } from "../limits/LiveReach.ts"
import { checkCount, checkKeys, checkTime } from "./InvalidOptions.ts"
import { NONCE_JUMPS } from "./nonces.ts"
import { ALIKE } from "./Refusals.ts"

export interface DispatcherOptions {
  /** At least one key; each gets a lane. */
  readonly keys: ReadonlyArray<ApiKey>
  /** Decides when a key may send. */
  readonly gate: GateFactory
  /**
   * Limits that all keys ask besides their gates, each with its scope and costs: an order leaves when all have room for it, and is
   * passed over until then. Undefined (the default) where the gates know of all.
   */
  readonly limits?: ReadonlyArray<ScopedLimit<MadeOrder>> | undefined
  /**
   * Where the exchange's clock can be, as its answers tell: the same that the limits ask, and the client. Nothing is sent before
   * the answer to a first ping. Undefined (the default) where nobody asks.
   *
   * @example
   * const clock = new ExchangeClock()
   * const limits = scopedLimits([{ rule: "fixed", limit: 100, windowMs: 10_000, scope: "account" }], clock)
   * const client = layerHttpVenue({ venue, url, requestTimeout, maxInFlight: 100, clock })
   * const live = layerDispatcher({ keys, gate, limits, clock, ttl, requestTimeout }).pipe(Layer.provide(client))
   */
  readonly clock?: ExchangeClock | undefined
  /** How long a request may be on its way: the same that the gates ask. Default: no bound is known. */
  readonly reach?: LiveReach
  /** How long an order is worth sending after its creation, or undefined for ever. */
  readonly ttl: Duration.Duration | undefined
  /** The client's request timeout: how long a stop waits for what is in flight. */
  readonly requestTimeout: Duration.Duration
  /** What is remembered of each key from former lives. Default: nothing. */
  readonly recall?: Recall
  /** Orders that may wait, at least 1; with limits at least 2. Default 10,000. */
  readonly capacity?: number
  /** Times an order goes back to the head of the line after a definite refusal. Default 1. */
  readonly maxReturns?: number
  /**
   * Rate-limit errors within a minute, also of former lives, after which a key is parked for the rest of the run; those in
   * flight together count once. Infinity for never. Default 5, half of what makes the exercise's exchange block a key for
   * good, where `blockAfter` is given; never where it is not.
   */
  readonly parkAfter?: number
  /**
   * Orders in a row, refused in the same words with nothing accepted in between, after which nothing more is sent: a wrong clock
   * or address refuses everything. Where that befalls one key alone, that key is parked. Infinity for never. Default 5.
   */
  readonly stopAfterRefusals?: number
  /**
   * Rate-limit errors, over all lives of a key, after which the exchange blocks it for good: a key that is remembered to
   * have some is parked before it has them all. Default: it never does.
   */
  readonly blockAfter?: number
  /**
   * How far ahead a key's nonces jump, one after the other, when the exchange has seen greater ones; after the last
   * jump the key is parked. Default: a second, a minute, an hour, a day, thirty days, in milliseconds, which the
   * client's unit of nonces makes nonces of. Undefined: a refused nonce is an order's bad luck, and nothing more.
   */
  readonly nonceJumps?: ReadonlyArray<number> | undefined
  /** How long nothing may be sent before the run fails, when the exchange was never reached. Default 3 s. */
  readonly firstContact?: Duration.Duration
  /** The same after it was reached once. Default 60 s. */
  readonly unreachableAfter?: Duration.Duration
}

const DEFAULTS = {
  recall: noMemory,
  capacity: 10_000,
  maxReturns: 1,
  stopAfterRefusals: ALIKE,
  blockAfter: Number.POSITIVE_INFINITY,
  nonceJumps: NONCE_JUMPS,
  firstContact: Duration.seconds(3),
  unreachableAfter: Duration.seconds(60),
}

/** Half of the errors for which the exercise's exchange blocks a key. */
const HALF_OF_A_BLOCK = 5

export const withDefaults = (options: DispatcherOptions) => {
  // An exchange that never blocks a key is no reason to take one out of service.
  const blocks = Number.isFinite(options.blockAfter ?? DEFAULTS.blockAfter)
  return { ...DEFAULTS, parkAfter: blocks ? HALF_OF_A_BLOCK : Number.POSITIVE_INFINITY, ...options }
}

/** Throws {@link InvalidOptions}, which becomes a defect. */
export const checkOptions = (
  options: Required<Omit<DispatcherOptions, "reach" | "limits" | "clock">> &
    Pick<DispatcherOptions, "limits">,
): void => {
  checkKeys(options.keys)
  checkTime("ttl", options.ttl)
  checkTime("requestTimeout", options.requestTimeout)
  checkTime("firstContact", options.firstContact, true)
  checkTime("unreachableAfter", options.unreachableAfter, true)
  checkCount("capacity", options.capacity, options.limits === undefined ? 1 : 2)
  checkCount("maxReturns", options.maxReturns, 0, true)
  checkCount("parkAfter", options.parkAfter, 1, true)
  checkCount("stopAfterRefusals", options.stopAfterRefusals, 1, true)
  checkCount("blockAfter", options.blockAfter, 2, true)
  for (const jump of options.nonceJumps ?? []) checkCount("nonceJumps", jump, 1)
}
