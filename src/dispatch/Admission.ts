/** How orders come in: each is opened in the ledger, and joins the line or waits outside until it has room. */
import { Clock, Deferred, Effect } from "effect"
import type { Order } from "../domain/Order.ts"
import { invariant } from "../platform/invariant.ts"
import { nowMsUnsafe, sleepUntil } from "../platform/Monotonic.ts"
import type { Acceptance } from "../venues/ExchangeClient.ts"
import type { Entry } from "./Entry.ts"
import type { Ledger } from "./Ledger.ts"
import type { OrderLine } from "./OrderLine.ts"
import type { Standing } from "./Standing.ts"
import { type DispatchFailure, DuplicateOrder, OrderCancelled, type SubmitFailure } from "./SubmitFailure.ts"

export class Admission {
  readonly #line: OrderLine
  readonly #ledger: Ledger
  readonly #standing: Standing
  readonly #clock: Clock.Clock
  readonly #ttlMs: number

  /** @param ttlMs an order's time to live, Infinity for one without */
  constructor(line: OrderLine, ledger: Ledger, standing: Standing, clock: Clock.Clock, ttlMs: number) {
    this.#line = line
    this.#ledger = ledger
    this.#standing = standing
    this.#clock = clock
    this.#ttlMs = ttlMs
  }

  readonly submit = (order: Order): Effect.Effect<Acceptance, SubmitFailure> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.suspend(() => {
        const result = Deferred.makeUnsafe<Acceptance, SubmitFailure>()
        return Effect.flatMap(this.#enter(order, result), (entry) =>
          restore(Effect.andThen(this.#join(entry), Deferred.await(result))).pipe(
            Effect.onInterrupt(() => this.#withdraw(entry)),
          ),
        )
      }),
    )

  readonly enqueue = (order: Order): Effect.Effect<void, DuplicateOrder | OrderCancelled | DispatchFailure> =>
    // As a rule there is room, and no need to wait for any: then it is done in one step.
    Effect.flatMap(this.offer(order), (taken) =>
      taken
        ? Effect.void
        : Effect.uninterruptibleMask((restore) =>
            Effect.flatMap(this.#enter(order), (entry) =>
              Effect.onInterrupt(restore(this.#join(entry)), () => this.#withdraw(entry)),
            ),
          ),
    )

  readonly offer = (order: Order): Effect.Effect<boolean, DuplicateOrder> =>
    Effect.suspend(() => {
      if (this.#standing.isOver || this.#line.isFull) return Effect.succeed(false)
      const entry = this.#ledger.open(order, nowMsUnsafe(this.#clock), this.#ttlMs, undefined)
      if (entry === undefined) return Effect.fail(new DuplicateOrder({ orderId: order.id }))
      invariant(this.#line.offer(entry), "a line that is not full refuses an order")
      return Effect.succeed(true)
    })

  #enter(
    order: Order,
    result?: Deferred.Deferred<Acceptance, SubmitFailure>,
  ): Effect.Effect<Entry, DuplicateOrder | OrderCancelled | DispatchFailure> {
    return Effect.suspend((): Effect.Effect<Entry, DuplicateOrder | OrderCancelled | DispatchFailure> => {
      const { down, isOver } = this.#standing
      if (down !== undefined) return Effect.failCause(down)
      if (isOver) return Effect.fail(new OrderCancelled({ orderId: order.id }))
      const entry = this.#ledger.open(order, nowMsUnsafe(this.#clock), this.#ttlMs, result)
      return entry === undefined
        ? Effect.fail(new DuplicateOrder({ orderId: order.id }))
        : Effect.succeed(entry)
    })
  }

  /** Brings an entry into the line, waiting for room for as long as the order is worth sending. */
  #join(entry: Entry): Effect.Effect<void> {
    if (this.#line.offer(entry)) return Effect.void
    return Effect.map(
      Effect.raceFirst(
        Effect.as(this.#line.join(entry), true),
        Effect.as(sleepUntil(entry.deadlineMs), false),
      ),
      (joined) => {
        if (!joined && (entry.state === "queued" || entry.state === "outside")) {
          this.#ledger.expire(entry, nowMsUnsafe(this.#clock))
        }
      },
    )
  }

  #withdraw(entry: Entry): Effect.Effect<void> {
    return Effect.sync(() => {
      entry.withdrawn = true
      if (entry.state === "in-flight" || entry.state === "ended") return
      this.#line.remove(entry)
      this.#ledger.cancel(entry, nowMsUnsafe(this.#clock))
    })
  }
}
