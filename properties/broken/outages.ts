/** What is got wrong about an exchange that is away. */
import { Duration, Effect } from "effect"
import type { ExchangeClient } from "../../src/venues/ExchangeClient.ts"
import { ConnectionBroken } from "../../src/domain/SubmitError.ts"

type Client = ExchangeClient["Service"]

/** Waits after every failure twice as long as after the one before. */
export const waitsWithoutCeiling = (client: Client): Client => {
  let failures = 0
  return {
    ...client,
    submit: (order, key, nonce, watch) =>
      client.submit(order, key, nonce, watch).pipe(
        Effect.tap(() =>
          Effect.sync(() => {
            failures = 0
          }),
        ),
        Effect.tapError(() =>
          Effect.suspend(() => {
            failures += 1
            return Effect.sleep(Duration.millis(Math.min(20 * 2 ** failures, 20_000)))
          }),
        ),
      ),
  }
}

/** Takes a request that never left for one that may have arrived. */
export const refusalsTakenForBreaks = (client: Client): Client => ({
  ...client,
  submit: (order, key, nonce, watch) =>
    client
      .submit(order, key, nonce, watch)
      .pipe(
        Effect.catchTag("ConnectionFailed", ({ code, key: label, orderId }) =>
          Effect.fail(new ConnectionBroken({ orderId, key: label, code })),
        ),
      ),
})
