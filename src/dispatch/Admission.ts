/**
 * How orders come in: each is checked, opened in the ledger, and joins the line or waits outside until it has room. And how they
 * are taken back.
 */
import { Clock, Deferred, Effect, Result } from "effect"
import { checkOrder, InvalidOrder, MadeOrder, type Order } from "../domain/Order.ts"
import type { Outcome } from "../domain/Outcome.ts"
import { invariant } from "../platform/invariant.ts"
import { nowMsUnsafe, sleepUntilBy } from "../platform/Monotonic.ts"
import type { Acceptance } from "../venues/ExchangeClient.ts"
import type { Entry } from "./Entry.ts"
import type { Ledger } from "./Ledger.ts"
import type { OrderLine } from "./OrderLine.ts"
import type { Standing } from "./Standing.ts"
import { type DispatchFailure, DuplicateOrder, OrderCancelled, type SubmitFailure } from "./SubmitFailure.ts"

/** Why an order was not taken. */
export type EnqueueFailure = InvalidOrder | DuplicateOrder | OrderCancelled | DispatchFailure

/**
 * An order that a dispatcher has taken.
 *
 * @example
 * const queued = yield* dispatcher.enqueue({ id: "order-1" })
 * // A second later nobody wants it any more.
 * const outcome = yield* Effect.delay(queued.withdraw, "1 second")
 * // "cancelled": nothing was sent. Else it had left, and this is what became of it.
 */
export interface QueuedOrder {
  readonly id: string
  /** Waits for its end, and tells it as `submit` does. To interrupt this leaves the order alone. */
  readonly result: Effect.Effect<Acceptance, SubmitFailure>
  /**
   * Takes the order back where it has not left, and answers `cancelled`: nothing was sent. Where it has left, waits for
   * its outcome, for the request timeout and a second at most, and answers that; it does not go back to the line.
   */
  readonly withdraw: Effect.Effect<Outcome>
}

export class Admission {
  readonly #line: OrderLine
  readonly #ledger: Ledger
  readonly #standing: Standing
  readonly #clock: Clock.Clock
  readonly #ttlMs: number
  readonly #misfit: (order: MadeOrder) => string | undefined

  /** @param ttlMs an order's time to live, Infinity for one without */
  constructor(
    line: OrderLine,
    ledger: Ledger,
    standing: Standing,
    clock: Clock.Clock,
    ttlMs: number,
    misfit: (order: MadeOrder) => string | undefined,
  ) {
    this.#misfit = misfit
    this.#line = line
    this.#ledger = ledger
    this.#standing = standing
    this.#clock = clock
    this.#ttlMs = ttlMs
  }

  readonly submit = (order: Order): Effect.Effect<Acceptance, SubmitFailure> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(this.#enter(order), (entry) =>
        restore(Effect.andThen(this.#join(entry), Deferred.await(entry.result))).pipe(
          Effect.onInterrupt(() => this.#withdraw(entry)),
        ),
      ),
    )

  readonly enqueue = (order: Order): Effect.Effect<QueuedOrder, EnqueueFailure> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(this.#enter(order), (entry) => {
        const queued: QueuedOrder = {
          id: entry.order.id,
          result: Deferred.await(entry.result),
          withdraw: Effect.uninterruptible(this.#withdraw(entry)),
        }
        // As a rule there is room, and no need to wait for any: then it is done in one step.
        if (this.#line.offer(entry)) return Effect.succeed(queued)
        return Effect.as(
          Effect.onInterrupt(restore(this.#join(entry)), () => this.#withdraw(entry)),
          queued,
        )
      }),
    )

  readonly offer = (order: Order): Effect.Effect<boolean, InvalidOrder | DuplicateOrder> =>
    Effect.suspend((): Effect.Effect<boolean, InvalidOrder | DuplicateOrder> => {
      const made = this.#check(order)
      if (Result.isFailure(made)) return Effect.fail(made.failure)
      if (this.#standing.isOver || this.#line.isFull) return Effect.succeed(false)
      const entry = this.#ledger.open(made.success, nowMsUnsafe(this.#clock), this.#ttlMs)
      if (entry === undefined) return Effect.fail(new DuplicateOrder({ orderId: made.success.id }))
      invariant(this.#line.offer(entry), "a line that is not full refuses an order")
      return Effect.succeed(true)
    })

  /** What was made in this package is known to be good, but for limits. */
  #check(order: Order): Result.Result<MadeOrder, InvalidOrder> {
    const made =
      order instanceof MadeOrder
        ? Result.succeed(order)
        : checkOrder(order, {
            wallMs: this.#clock.currentTimeMillisUnsafe(),
            monotonicMs: nowMsUnsafe(this.#clock),
          })
    if (Result.isFailure(made)) return made
    const problem = this.#misfit(made.success)
    return problem === undefined
      ? made
      : Result.fail(new InvalidOrder({ orderId: made.success.id, field: "params", problem }))
  }

  #enter(order: Order): Effect.Effect<Entry, EnqueueFailure> {
    return Effect.suspend((): Effect.Effect<Entry, EnqueueFailure> => {
      const made = this.#check(order)
      if (Result.isFailure(made)) return Effect.fail(made.failure)
      const { id } = made.success
      const { down, isOver } = this.#standing
      if (down !== undefined) return Effect.failCause(down)
      if (isOver) return Effect.fail(new OrderCancelled({ orderId: id, reason: "stopped" }))
      const entry = this.#ledger.open(made.success, nowMsUnsafe(this.#clock), this.#ttlMs)
      return entry === undefined ? Effect.fail(new DuplicateOrder({ orderId: id })) : Effect.succeed(entry)
    })
  }

  /** Brings an entry into the line, waiting for room for as long as the order is worth sending. */
  #join(entry: Entry): Effect.Effect<void> {
    if (this.#line.offer(entry)) return Effect.void
    return Effect.map(
      Effect.raceFirst(
        Effect.as(this.#line.join(entry), true),
        Effect.as(sleepUntilBy(this.#clock, entry.deadlineMs), false),
      ),
      (joined) => {
        if (!joined && (entry.state === "queued" || entry.state === "outside")) {
          this.#ledger.expire(entry, nowMsUnsafe(this.#clock))
        }
      },
    )
  }

  /** Nobody hides an order that has left: its end is awaited, which comes within the time that a request is given. */
  #withdraw(entry: Entry): Effect.Effect<Outcome> {
    return Effect.suspend(() => {
      entry.withdrawn = true
      if (entry.state !== "ended" && !entry.hasLeft) {
        this.#line.remove(entry)
        this.#ledger.cancel(entry, nowMsUnsafe(this.#clock), "withdrawn")
      }
      return Effect.map(Effect.exit(Deferred.await(entry.result)), () => {
        invariant(entry.outcome !== undefined, `order ${entry.order.id} ended without an outcome`)
        return entry.outcome
      })
    })
  }
}
