/**
 * The line in which orders wait: one bounded Effect Queue, first in, first out.
 *
 * Four things a plain queue does not do are added. A lane looks before it takes, because what made it ready
 * may have ceased while it waited. An order that was refused goes back to the head. An order that its
 * caller withdraws leaves the middle. And orders that are out of step, whose time is over before that of one ahead of
 * them, can be awaited.
 */
import { type Deferred, Effect, Exit, Latch, MutableList, Queue } from "effect"
import type { Acceptance } from "../venues/ExchangeClient.ts"
import { sleepUntil } from "../platform/Monotonic.ts"
import type { Order } from "../domain/Order.ts"
import { type Timed, TimeHeap } from "../platform/TimeHeap.ts"
import type { RequestTrace } from "../domain/DispatchEvent.ts"
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
  /** Its request has been let go: from then on only its end can tell that it did not leave. */
  hasLeft: boolean
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
  /** The latest deadline that ever joined in step. */
  #stepMs = Number.NEGATIVE_INFINITY
  readonly #strays = new TimeHeap<Entry>()
  readonly #places = new Map<Entry, Timed<Entry>>()
  /** Opened when the first deadline of a stray has moved forward. */
  readonly #strayed = Latch.makeUnsafe()

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
    this.#keepStep(entry)
    return true
  }

  /** Joins the end of the line, waiting for room. Interrupted, the entry has not joined. */
  join(entry: Entry): Effect.Effect<void> {
    return Effect.suspend(() => {
      entry.state = "queued"
      this.#keepStep(entry)
      return Effect.asVoid(Queue.offer(this.#queue, entry))
    }).pipe(
      Effect.onInterrupt(() =>
        Effect.sync(() => {
          this.#forget(entry)
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
    if (taken === undefined || Exit.isFailure(taken)) return undefined
    this.#forget(taken.value)
    return taken.value
  }

  /** For a lane that was shown an entry but cannot take it: lets the next waiting lane look. */
  passOn(): void {
    Queue.flushUnsafe(this.#queue)
  }

  /** Goes back to the head of the line, also above its capacity: it has been inside before. */
  putBack(entry: Entry): void {
    entry.state = "queued"
    // Whoever awaits the deadline of the first has seen another one.
    this.#stray(entry)
    MutableList.prepend(this.#queue.messages, entry)
    Queue.flushUnsafe(this.#queue)
  }

  /** Takes entries out of the middle. Costs time proportional to the line's length, however many they are. */
  remove(entries: ReadonlyArray<Entry>): void {
    const leaving = new Set<unknown>(entries)
    const inside = new Set<unknown>()
    const { messages } = this.#queue
    // One that waits for room outside leaves by the interruption of its waiting.
    MutableList.filter(messages, (entry: unknown) => {
      if (!leaving.has(entry)) return true
      inside.add(entry)
      return false
    })
    for (const entry of entries) {
      this.#forget(entry)
      if (!inside.has(entry)) continue
      // Only a take lets in who waits for room, so each is taken out as the first.
      MutableList.prepend(messages, entry)
      this.take()
    }
    if (inside.size > 0) Queue.flushUnsafe(this.#queue)
  }

  /**
   * Waits until the time of orders that are out of step is over, and takes them out. The others' times are over in the
   * order of the line, and none's before the first's: it is enough to await that of the first.
   *
   * An order is out of step when it came with an earlier deadline than one before it, or came back to the head while
   * the deadline of another first was awaited. None behind it has an earlier deadline, unless out of step itself: so
   * what is said of the first holds for these, too.
   */
  overdueStrays(nowMs: () => number): Effect.Effect<ReadonlyArray<Entry>> {
    return Effect.suspend(() => {
      this.#strayed.closeUnsafe()
      const first = this.#strays.first()
      if (first === undefined) return Effect.andThen(this.#strayed.await, this.overdueStrays(nowMs))
      if (nowMs() < first.atMs) {
        const waiting = Effect.raceFirst(this.#strayed.await, sleepUntil(first.atMs))
        return Effect.andThen(waiting, this.overdueStrays(nowMs))
      }
      const overdue: Array<Entry> = []
      for (let stray = this.#strays.first(); stray !== undefined; stray = this.#strays.first()) {
        if (nowMs() < stray.atMs) break
        if (stray.value !== undefined) overdue.push(stray.value)
        this.#strays.take()
      }
      this.remove(overdue)
      return Effect.succeed(overdue)
    })
  }

  #keepStep(entry: Entry): void {
    if (entry.deadlineMs < this.#stepMs) this.#stray(entry)
    else this.#stepMs = entry.deadlineMs
  }

  #stray(entry: Entry): void {
    if (!Number.isFinite(entry.deadlineMs)) return
    const place = this.#strays.add(entry.deadlineMs, entry)
    this.#places.set(entry, place)
    if (this.#strays.first() === place) this.#strayed.openUnsafe()
  }

  #forget(entry: Entry): void {
    if (this.#places.size === 0) return
    const place = this.#places.get(entry)
    if (place === undefined) return
    this.#places.delete(entry)
    this.#strays.remove(place)
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
