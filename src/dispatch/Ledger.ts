/**
 * The dispatcher's books: which orders it holds, and how each one ended. Every order that is opened is ended
 * exactly once; anything else is a bug, and stops the run.
 */
import { Cause, Deferred, Effect, Exit, Latch, Queue, Schema, Stream } from "effect"
import type { Acceptance } from "../venues/ExchangeClient.ts"
import { invariant } from "../platform/invariant.ts"
import type { MadeOrder } from "../domain/Order.ts"
import { noOrders } from "../domain/Outcome.ts"
import type { DispatchLog, OrderEnd, OutcomeEvent } from "../domain/DispatchEvent.ts"
import { type Entry, entryOf, type OpenRequest } from "./Entry.ts"
import { OrderCancelled, OrderExpired, type SubmitFailure } from "./SubmitFailure.ts"

/** A reader of `outcomes` fell so far behind that some were lost to it. The orders themselves were not. */
export class OutcomesOverrun extends Schema.TaggedError<OutcomesOverrun>()("OutcomesOverrun", {
  capacity: Schema.Int,
}) {
  override get message() {
    return `more than ${this.capacity} outcomes were waiting to be read. Read them faster, or take them from the journal`
  }
}

/** A reader's own bounded queue: a slow reader never holds up the dispatcher. */
type OutcomeQueue = Queue.Queue<OutcomeEvent, OutcomesOverrun | Cause.Done>

const OUTCOMES_CAPACITY = 65_536

export class Ledger {
  readonly #log: DispatchLog
  readonly #outage: (atMs: number) => OrderExpired["outage"]
  readonly #held = new Map<string, Entry>()
  readonly #readers = new Set<OutcomeQueue>()
  #inFlight = 0
  readonly #empty = Latch.makeUnsafe(true)
  /** Open while nobody reads outcomes. */
  readonly #unread = Latch.makeUnsafe(true)
  #closed = false
  readonly counts = noOrders()
  /** Orders that expired while something kept all from leaving, and no order was accepted since. */
  hindered = 0

  /** @param outage why nothing is sent at that moment, for what expires then */
  constructor(log: DispatchLog, outage: (atMs: number) => OrderExpired["outage"]) {
    this.#log = log
    this.#outage = outage
  }

  /** Opens an entry for an order, or answers undefined while another order of the same id is held. */
  open(order: MadeOrder, nowMs: number, ttlMs: number): Entry | undefined {
    if (this.#held.has(order.id)) return undefined
    const entry = entryOf(order, order.createdMs ?? nowMs, ttlMs)
    this.#held.set(order.id, entry)
    this.#empty.closeUnsafe()
    this.counts.created += 1
    return entry
  }

  /** Ends an order. `result` is what its caller learns. */
  end(entry: Entry, end: OrderEnd, atMs: number, result: Exit.Exit<Acceptance, SubmitFailure>): void {
    invariant(entry.state !== "ended", `order ${entry.order.id} ended twice`)
    if (entry.state === "in-flight") this.#inFlight -= 1
    entry.state = "ended"
    entry.outcome = end.outcome
    this.#held.delete(entry.order.id)
    this.counts[end.outcome.outcome] += 1
    if (end.outcome.outcome === "accepted") this.hindered = 0
    const event: OutcomeEvent = {
      type: "outcome",
      atMs,
      id: entry.order.id,
      createdMs: entry.createdMs,
      ...end,
    }
    this.#log.record(event)
    for (const reader of this.#readers) this.#tell(reader, event)
    Deferred.doneUnsafe(entry.result, result)
    if (this.#held.size === 0) this.#empty.openUnsafe()
  }

  /** Ends an order whose time to live ran out in the line. */
  expire(entry: Entry, atMs: number): void {
    const outage = this.#outage(atMs)
    if (outage !== undefined) this.hindered += 1
    const failure = new OrderExpired({ orderId: entry.order.id, outage })
    this.end(entry, { outcome: { outcome: "expired" }, request: undefined }, atMs, Exit.fail(failure))
  }

  /** Ends an order that was not sent, because its caller has gone or the dispatcher stops, or cannot go on for the cause given. */
  cancel(entry: Entry, atMs: number, why: OrderCancelled["reason"] | Cause.Cause<SubmitFailure>): void {
    const cause =
      typeof why === "string" ? Cause.fail(new OrderCancelled({ orderId: entry.order.id, reason: why })) : why
    this.end(entry, { outcome: { outcome: "cancelled" }, request: undefined }, atMs, Exit.failCause(cause))
  }

  #tell(reader: OutcomeQueue, event: OutcomeEvent): void {
    if (Queue.offerUnsafe(reader, event)) return
    this.#readers.delete(reader)
    if (this.#readers.size === 0) this.#unread.openUnsafe()
    Queue.failCauseUnsafe(reader, Cause.fail(new OutcomesOverrun({ capacity: OUTCOMES_CAPACITY })))
  }

  /** Orders queued or in flight. */
  held(): ReadonlyArray<Entry> {
    return [...this.#held.values()]
  }

  /** Orders that have been sent and not been settled. */
  get inFlight(): number {
    return this.#inFlight
  }

  /** An order leaves the line for the exchange. */
  depart(entry: Entry, key: string, nonce: number, sentMs: number): OpenRequest {
    invariant(entry.state === "queued", `order ${entry.order.id} departs from outside the line`)
    entry.state = "in-flight"
    entry.attempts += 1
    this.#inFlight += 1
    const open: OpenRequest = { key, nonce, attempt: entry.attempts, sentMs, writtenMs: undefined }
    entry.request = open
    entry.hasLeft = false
    return open
  }

  /** A request did not end its order: it goes back to the line. */
  comeBack(entry: Entry): void {
    invariant(entry.state === "in-flight", `order ${entry.order.id} comes back without having left`)
    entry.state = "outside"
    entry.request = undefined
    entry.hasLeft = false
    this.#inFlight -= 1
  }

  /** Waits until no order is held. */
  get empty(): Effect.Effect<void> {
    return this.#empty.await
  }

  /** Every outcome from the moment the stream is run; it ends where none will come any more. */
  get outcomes(): Stream.Stream<OutcomeEvent, OutcomesOverrun> {
    const unsubscribe = (queue: OutcomeQueue) =>
      Effect.sync(() => {
        this.#readers.delete(queue)
        if (this.#readers.size === 0) this.#unread.openUnsafe()
      })
    return Stream.unwrap(Effect.map(Effect.acquireRelease(this.#subscribe, unsubscribe), Stream.fromQueue))
  }

  get #subscribe(): Effect.Effect<OutcomeQueue> {
    return Effect.tap(Queue.bounded<OutcomeEvent, OutcomesOverrun | Cause.Done>(OUTCOMES_CAPACITY), (queue) =>
      Effect.sync(() => {
        if (this.#closed) Queue.endUnsafe(queue)
        else {
          this.#readers.add(queue)
          this.#unread.closeUnsafe()
        }
      }),
    )
  }

  /** Tells every reader that no outcome will follow, and waits until each has done with those that it was told. */
  get close(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.#closed = true
      for (const reader of this.#readers) Queue.endUnsafe(reader)
      return this.#unread.await
    })
  }
}
