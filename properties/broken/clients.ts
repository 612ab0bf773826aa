/** Clients that spoil what the dispatcher has taken care of. */
import { Clock, Duration, Effect } from "effect"
import type { ExchangeClient } from "../../src/venues/ExchangeClient.ts"
import { nowMsUnsafe } from "../../src/platform/Monotonic.ts"
import type { Order } from "../../src/domain/Order.ts"

/**
 * Takes the nonce first and then waits, as threads do that draw a nonce and stand in line for a connection:
 * every other request leaves 80 ms late.
 */
export const noncesTakenBeforeWaiting = (client: ExchangeClient["Service"]): ExchangeClient["Service"] => {
  let count = 0
  return {
    ...client,
    submit: (order, key, nonce, watch) =>
      Clock.clockWith((clock) => {
        watch.onWritten(nowMsUnsafe(clock))
        const { onSettled } = watch
        const late = client.submit(order, key, nonce, { onWritten: () => {}, onSettled })
        return count++ % 2 === 0 ? Effect.delay(late, 80) : late
      }),
  }
}

/** Starts a fiber with every request that nobody ends. */
export const leavesFibersBehind = (client: ExchangeClient["Service"]): ExchangeClient["Service"] => ({
  ...client,
  submit: (order, key, nonce, watch) =>
    Effect.andThen(
      Effect.forkDetach(Effect.forever(Effect.sleep(Duration.days(1)))),
      client.submit(order, key, nonce, watch),
    ),
})

/** Remembers every order that it has sent, as one does who wants to know them when they come again. */
export const remembersOrders = (client: ExchangeClient["Service"]): ExchangeClient["Service"] => {
  const sent = new Map<string, Order>()
  return {
    ...client,
    submit: (order, key, nonce, watch) => {
      sent.set(order.id, order)
      return client.submit(order, key, nonce, watch)
    },
  }
}

/** The same with their ids alone. */
export const remembersIds = (client: ExchangeClient["Service"]): ExchangeClient["Service"] => {
  const sent = new Set<string>()
  return {
    ...client,
    submit: (order, key, nonce, watch) => {
      sent.add(order.id)
      return client.submit(order, key, nonce, watch)
    },
  }
}

/** Has no pings, so that after a loss time alone tells. */
export const withoutPings = ({ submit }: ExchangeClient["Service"]): ExchangeClient["Service"] => ({ submit })

/** Takes any moment for an answer to a ping, whatever the exchange has read. */
export const pingsThatProveNothing = ({ submit }: ExchangeClient["Service"]): ExchangeClient["Service"] => ({
  submit,
  ping: Effect.succeed({ roundTripMs: 0 }),
})
