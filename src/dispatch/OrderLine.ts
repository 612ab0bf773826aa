/**
 * The line in which orders wait: one bounded Effect Queue, first in, first out.
 *
 * Three things a plain queue does not do are added. A lane looks before it takes, because what made it ready
 * may have ceased while it waited. An order that was refused goes back to the head. And an order that its
 * caller withdraws leaves the middle.
 */
import { type Deferred, Effect, Exit, Latch, MutableList, Queue } from "effect"
import type { Acceptance } from "../exchange/ExchangeClient.ts"
import type { Order } from "../orders/Order.ts"
import type { RequestTrace } from "./DispatchEvent.ts"
import type { SubmitFailure } from "./SubmitFailure.ts"

/** A request under way. */
export interface OpenRequest extends Omit<RequestTrace, "sentMs" | "settledMs" | "writtenMs"> {
  /** When it was begun; from the moment its record is kept, when it was let go. */
  sentMs: number
  writtenMs: number | undefined
}

/** An order in the dispatcher's hands. */
export interface Entry {
  readonly order: Order
  readonly createdMs: number
  /** From here on it is not worth sending; Infinity for an order without a time to live. */
  readonly deadlineMs: number
  /** Where a caller waits for the result; undefined where nobody does. */
  readonly result: Deferred.Deferred<Acceptance, SubmitFailure> | undefined
  /** Its request, while one is under way. */
  request: OpenRequest | undefined
  /** Requests that this order has cost so far. */
  attempts: number
  /** Definite refusals after which it went back to the line. */
  returns: number
  state: "outside" | "queued" | "in-flight" | "ended"
  /** Its caller has gone: it is not put back into the line. */
  withdrawn: boolean
}

export class OrderLine {
  readonly #queue: Queue.Queue<Entry>
  readonly #waiters = new Set<{ readonly length: number; readonly room: Latch.Latch }>()

  private constructor(queue: Queue.Queue<Entry>) {
    this.#queue = queue
  }

  static readonly make = (capacity: number): Effect.Effect<OrderLine> =>
    Effect.map(Queue.bounded<Entry>(capacity), (queue) => new OrderLine(queue))

  get length(): number {
    return Queue.sizeUnsafe(this.#queue)
  }

  get isFull(): boolean {
    // Not Queue.isFull, which is false again once an order that came back has lifted it above its capacity.
    return this.length >= this.#queue.capacity
  }

  /** Joins the end of the line at once, or answers false where it is full. */
  offer(entry: Entry): boolean {
    if (!Queue.offerUnsafe(this.#queue, entry)) return false
    entry.state = "queued"
    return true
  }

  /** Joins the end of the line, waiting for room. Interrupted, the entry has not joined. */
  join(entry: Entry): Effect.Effect<void> {
    return Effect.suspend(() => {
      entry.state = "queued"
      return Effect.asVoid(Queue.offer(this.#queue, entry))
    }).pipe(
      Effect.onInterrupt(() =>
        Effect.sync(() => {
          if (entry.state === "queued") entry.state = "outside"
        }),
      ),
    )
  }

  /** Waits until there is an entry, and shows the first without taking it. */
  get first(): Effect.Effect<Entry> {
    return Queue.peek(this.#queue)
  }

  /** Takes the first entry if there is one. */
  take(): Entry | undefined {
    const taken = Queue.takeUnsafe(this.#queue)
    this.#announceRoom()
    return taken !== undefined && Exit.isSuccess(taken) ? taken.value : undefined
  }

  /** For a lane that was shown an entry but cannot take it: lets the next waiting lane look. */
  passOn(): void {
    Queue.flushUnsafe(this.#queue)
  }

  /** Goes back to the head of the line, also above its capacity: it has been inside before. */
  putBack(entry: Entry): void {
    entry.state = "queued"
    MutableList.prepend(this.#queue.messages, entry)
    Queue.flushUnsafe(this.#queue)
  }

  /** Takes an entry out of the middle. Costs time proportional to the line's length. */
  remove(entry: Entry): void {
    const { messages } = this.#queue
    const before = messages.length
    MutableList.remove(messages, entry)
    // One that waits for room outside leaves by the interruption of its waiting.
    if (messages.length === before) return
    // Only a take lets in who waits for room, so it is taken out as the first.
    MutableList.prepend(messages, entry)
    this.take()
    Queue.flushUnsafe(this.#queue)
  }

  /** Waits until fewer than this many orders are in the line. */
  awaitBelow(length: number): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.length < length) return Effect.void
      const waiter = { length, room: Latch.makeUnsafe() }
      this.#waiters.add(waiter)
      return Effect.onInterrupt(waiter.room.await, () => Effect.sync(() => this.#waiters.delete(waiter)))
    })
  }

  #announceRoom(): void {
    for (const waiter of this.#waiters) {
      if (this.length >= waiter.length) continue
      this.#waiters.delete(waiter)
      waiter.room.openUnsafe()
    }
  }
}
