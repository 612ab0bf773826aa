/**
 * A dispatcher as many a bot has one: a queue, a worker a key, a pause between two requests. It can make
 * mistakes that are seen in the wild, one at a time.
 */
import { Clock, Duration, Effect, Latch, Queue, Stream } from "effect"
import { Dispatcher } from "../../src/dispatch/Dispatcher.ts"
import type { DispatcherOptions } from "../../src/dispatch/DispatcherOptions.ts"
import { DispatchLog, type OrderEnd, type RequestTrace } from "../../src/domain/DispatchEvent.ts"
import { ExchangeClient } from "../../src/venues/ExchangeClient.ts"
import { verdictOf } from "../../src/domain/SubmitError.ts"
import { unheard } from "./dispatchers.ts"
import { nowMsUnsafe } from "../../src/platform/Monotonic.ts"
import { MadeOrder, type Order } from "../../src/domain/Order.ts"

export type Mistake =
  /** Sends an order again when its request went unanswered. */
  | "resends-the-unknown"
  /** Says that an order was not executed when its request went unanswered. */
  | "denies-the-unknown"
  /** Asks whether an order is still worth sending before it waits for its turn, and not after. */
  | "checks-age-too-early"
  /** Drops what is queued and in flight when it is stopped. */
  | "forgets-when-stopped"
  /** Puts an order whose request never left at the end of the line instead of its head. */
  | "sends-the-returned-last"

/** Scenarios hand over orders that are made. */
const createdMsOf = (order: Order) => (order instanceof MadeOrder ? order.createdMs : undefined)

export const naiveDispatcher = (mistake: Mistake) => (options: DispatcherOptions) =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const client = yield* ExchangeClient
    const log = yield* DispatchLog
    const queue = yield* Queue.unbounded<{
      readonly order: Order
      readonly createdMs: number
      readonly attempts: number
    }>()
    const empty = Latch.makeUnsafe(true)
    const ttlMs = options.ttl === undefined ? Number.POSITIVE_INFINITY : Duration.toMillis(options.ttl)
    let held = 0
    const now = () => nowMsUnsafe(clock)

    const end = (id: string, createdMs: number, how: OrderEnd) => {
      log.record({ type: "outcome", atMs: now(), id, createdMs, ...how })
      held -= 1
      if (held === 0) empty.openUnsafe()
    }

    const worker = (key: DispatcherOptions["keys"][number]) =>
      Effect.gen(function* () {
        let nonce = 0
        while (true) {
          const { order, createdMs, attempts } = yield* Queue.take(queue)
          const tooOld = () => now() - createdMs >= ttlMs
          const expired: OrderEnd = { outcome: { outcome: "expired" }, request: undefined }
          if (tooOld()) {
            end(order.id, createdMs, expired)
            continue
          }
          yield* Effect.sleep(50)
          if (mistake !== "checks-age-too-early" && tooOld()) {
            end(order.id, createdMs, expired)
            continue
          }
          for (let attempt = attempts + 1; ; attempt++) {
            nonce += 1
            const sentMs = now()
            log.record({
              type: "sent",
              atMs: sentMs,
              id: order.id,
              createdMs,
              key: key.label,
              nonce,
              attempt,
            })
            const watch = { onWritten: () => {}, onSettled: () => {} }
            const result = yield* Effect.result(client.submit(order, key, nonce, watch))
            const verdict = result._tag === "Success" ? undefined : verdictOf(result.failure)
            const again = mistake === "resends-the-unknown" && verdict?.kind === "unknown" && attempt === 1
            if (again) continue
            const trace = { key: key.label, nonce, attempt, sentMs, writtenMs: undefined }
            const request: RequestTrace = { ...trace, settledMs: now() }
            if (mistake === "sends-the-returned-last" && verdict?.kind === "never-sent") {
              log.record({ type: "returned", atMs: now(), id: order.id, reason: "not-sent", request })
              Queue.offerUnsafe(queue, { order, createdMs, attempts: attempt })
              break
            }
            if (verdict === undefined) end(order.id, createdMs, { outcome: { outcome: "accepted" }, request })
            else if (verdict.kind === "refused") {
              end(order.id, createdMs, { outcome: { outcome: "rejected", reason: verdict.reason }, request })
            } else if (mistake === "denies-the-unknown") {
              end(order.id, createdMs, { outcome: { outcome: "cancelled" }, request: undefined })
            } else end(order.id, createdMs, { outcome: { outcome: "unknown", cause: "timeout" }, request })
            break
          }
        }
      })
    yield* Effect.forEach(options.keys, (key) => Effect.forkScoped(worker(key)), { discard: true })

    const take = (order: Order) =>
      Effect.sync(() => {
        held += 1
        empty.closeUnsafe()
        Queue.offerUnsafe(queue, { order, createdMs: createdMsOf(order) ?? now(), attempts: 0 })
      })
    return Dispatcher.of({
      submit: () => Effect.die("not in these scenarios"),
      enqueue: (order) => Effect.as(take(order), unheard(order)),
      offer: (order) => Effect.as(take(order), true),
      outcomes: Stream.empty,
      awaitBelow: () => Effect.void,
      drained: empty.await,
      failed: Effect.never,
      snapshot: Effect.die("not in these scenarios"),
    })
  })
