/** A ccxt bot's own calls, sent by a dispatcher: what they take, answer and throw stays ccxt's. */
import { randomUUID } from "node:crypto"
import { Cause, Effect, Exit, ManagedRuntime } from "effect"
import type { Order, OrderParams } from "../domain/Order.ts"
import { isSubmitError, verdictOf } from "../domain/SubmitError.ts"
import { CcxtCalls } from "../venues/ccxt/CcxtCalls.ts"
import { clean, hiding } from "../venues/ccxt/CcxtClient.ts"
import type { CcxtExchange } from "../venues/ccxt/CcxtExchange.ts"
import type { CcxtResult } from "../venues/ccxt/meaning.ts"
import {
  callOf,
  type CancelArguments,
  cancelling,
  idsOf,
  type PlaceArguments,
  paramsOf,
  placing,
} from "../venues/ccxt/orders.ts"
import { actionOf } from "../venues/fields.ts"
import { type CcxtOptions, type CcxtPlan, layerOfPlan, planOf } from "./CcxtDispatcher.ts"
import { Dispatcher } from "./Dispatcher.ts"
import { DuplicateOrder } from "./SubmitFailure.ts"

/** An exchange's calls, paced. They need no `this`, and may take the place of its own. */
export interface Paced<A> {
  /**
   * As ccxt's own. It throws ccxt's error where the venue refused the order, or where ccxt cannot make a request of it, and
   * Paceline's otherwise: above all where the order may have been executed, which is not to be sent again.
   */
  readonly createOrder: (...order: PlaceArguments) => Promise<A>
  readonly cancelOrder: (...order: CancelArguments) => Promise<A>
  /** Cancels what still waits, and ends when what has left is known. */
  readonly close: () => Promise<void>
}

/** Has ccxt write the order's request, and throws ccxt's own error where it cannot. Nothing is sent. */
const tryOut = async (
  calls: CcxtCalls<unknown>,
  { exchange, keys: [key], url }: CcxtPlan<unknown>,
  order: Order,
): Promise<void> => {
  let isWritten = false
  const send = (origin: string) => {
    isWritten = origin === url.origin
    return Promise.reject(new Error(`it goes to ${origin}, and orders to ${url.origin}`))
  }
  await calls
    .run({ send }, key, (heir) => callOf(heir, order))
    .catch((error: unknown) => {
      if (isWritten) return
      if (key !== undefined) clean(error, hiding(exchange, key))
      throw error
    })
}

/** What a bot is told: ccxt's error says more of a refusal, and Paceline's of everything else. */
const thrownOf = (error: unknown, result: CcxtResult<unknown> | undefined): unknown =>
  result?.kind === "threw" &&
  isSubmitError(error) &&
  error._tag !== "TurnedAway" &&
  verdictOf(error).kind === "refused"
    ? result.error
    : error

/** A bot's own name for a new order, where it has one. That of an order to cancel is not the name of the cancelling. */
const idOf = (params: OrderParams): string => {
  const made = { id: "", params }
  const { clientOrderId } = idsOf(paramsOf(made))
  return actionOf(made) === "cancel" || clientOrderId === "" ? randomUUID() : clientOrderId
}

/**
 * Paces the orders of an exchange of ccxt, whose markets are loaded: they leave as fast as the venue's limits safely allow.
 *
 * @example
 * const paced = await pace(exchange)
 * exchange.createOrder = paced.createOrder
 */
export const pace = async <A>(exchange: CcxtExchange<A>, options: CcxtOptions = {}): Promise<Paced<A>> => {
  const plan = await planOf(exchange, options)
  const calls = new CcxtCalls(exchange)
  /** What ccxt has made of each order under way. */
  const results = new Map<string, CcxtResult<A> | undefined>()
  const runtime = ManagedRuntime.make(layerOfPlan(plan, (id, result) => void results.set(id, result)))
  const dispatcher = await runtime.runPromise(Dispatcher)
  const send = async (params: OrderParams): Promise<A> => {
    const order = { id: idOf(params), params }
    await tryOut(calls, plan, order)
    if (results.has(order.id)) throw new DuplicateOrder({ orderId: order.id })
    results.set(order.id, undefined)
    const exit = await Effect.runPromiseExit(dispatcher.submit(order))
    const result = results.get(order.id)
    results.delete(order.id)
    if (Exit.isSuccess(exit) && result?.kind === "returned") return result.value
    throw thrownOf(Exit.isSuccess(exit) ? result : Cause.squash(exit.cause), result)
  }
  return {
    createOrder: (...order) => send(placing(...order)),
    cancelOrder: (...order) => send(cancelling(...order)),
    close: () => runtime.dispose(),
  }
}
