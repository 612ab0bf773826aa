/**
 * What many a bot does: for each key one request at a time, at least 50 ms after the one before. It takes from
 * the same orders and sends with the same HTTP client as the dispatcher.
 */
import { Effect, Queue, Stream } from "effect"
import type { ApiKey } from "../../src/domain/ApiKey.ts"
import { ExchangeClient } from "../../src/venues/ExchangeClient.ts"
import { nowMs, sleepUntil } from "../../src/platform/Monotonic.ts"
import type { MadeOrder } from "../../src/domain/Order.ts"

const GAP_MS = 50
const TTL_MS = 1000

/** Runs until every order was sent or has expired; gives the ages of those accepted, in milliseconds. */
export const plainLoop = (orders: Stream.Stream<MadeOrder>, keys: ReadonlyArray<ApiKey>) =>
  Effect.gen(function* () {
    const client = yield* ExchangeClient
    const queue = yield* Queue.make<MadeOrder, "done">()
    const ages: Array<number> = []
    let created = 0
    const worker = (key: ApiKey) =>
      Effect.gen(function* () {
        let lastMs = Number.NEGATIVE_INFINITY
        let nonce = 0
        while (true) {
          const order = yield* Queue.take(queue)
          yield* sleepUntil(lastMs + GAP_MS)
          const sentMs = yield* nowMs
          const ageMs = sentMs - (order.createdMs ?? sentMs)
          if (ageMs >= TTL_MS) continue
          lastMs = sentMs
          nonce += 1
          const answer = client.submit(order, key, nonce, { onWritten: () => {}, onSettled: () => {} })
          yield* Effect.match(answer, { onFailure: () => {}, onSuccess: () => ages.push(ageMs) })
        }
      }).pipe(Effect.catch(() => Effect.void))
    const source = Stream.runForEach(orders, (order) => {
      created += 1
      return Queue.offer(queue, order)
    })
    yield* Effect.all([Effect.ensuring(source, Queue.fail(queue, "done")), ...keys.map(worker)], {
      concurrency: "unbounded",
    })
    return { created, ages }
  })
