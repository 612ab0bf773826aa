/**
 * The line in which orders wait. They come in through a bounded Effect Queue, its door, which makes whoever finds the
 * line full wait for room. Behind the door stands a list of our own for what a queue cannot do: an order that was
 * refused goes back to the head, one that is withdrawn leaves the middle, each ends at its own deadline, and a lane
 * looks before it takes, because what made it ready may have ceased while it waited.
 *
 * Where limits count orders by scopes, a lane takes the first order in the list that has room in all of them.
 *
 * The door has one of the line's places and the list the others. So the two together hold no more than the line's
 * capacity, except for orders that came back: these have been inside before.
 */
import { type Clock, Effect, Exit, Latch, Queue, type Scheduler } from "effect"
import type { FormerCost } from "../keys/LimitCosts.ts"
import type { Held, JoinedLimits, Look } from "../limits/JoinedLimits.ts"
import { invariant } from "../platform/invariant.ts"
import { nowMsUnsafe, sleepUntil } from "../platform/Monotonic.ts"
import { TimeHeap } from "../platform/TimeHeap.ts"
import type { Entry } from "./Entry.ts"

/** A lane that waits for an order. */
interface Looker {
  readonly resume: (effect: Effect.Effect<void>) => void
  readonly key: string
  /** What it has seen; undefined where there are no limits, or where more may have room in the meantime. */
  look: Look<Entry> | undefined
}

export class OrderLine {
  readonly #capacity: number
  readonly #door: Queue.Queue<Entry>
  readonly #dispatcher: Scheduler.SchedulerDispatcher
  #head: Entry | undefined
  #tail: Entry | undefined
  /** Orders in the list. */
  #listed = 0
  readonly #deadlines = new TimeHeap<Entry>()
  /** Opened when a deadline comes that is earlier than the one awaited. */
  readonly #earlier = Latch.makeUnsafe()
  #awaitedMs = Number.POSITIVE_INFINITY
  /** Lanes that wait for an order, in the order in which they came. */
  readonly #lookers = new Set<Looker>()
  readonly #limits: JoinedLimits<Entry> | undefined
  /** The place of the first in the list, and of whoever comes next. */
  #firstPlace = 0
  #nextPlace = 0
  /** Opened when limits may have room earlier than is awaited. */
  readonly #dueEarlier = Latch.makeUnsafe()
  #dueAwaitedMs = Number.POSITIVE_INFINITY
  #isWaking = false
  #isLettingIn = false
  /** What stands in the door has been withdrawn. It stays there, and keeps others out, for as long as the list fills the line. */
  #isDoorBarred = false
  readonly #roomWaiters = new Set<{ readonly length: number; readonly room: Latch.Latch }>()

  private constructor(
    capacity: number,
    limits: JoinedLimits<Entry> | undefined,
    door: Queue.Queue<Entry>,
    dispatcher: Scheduler.SchedulerDispatcher,
  ) {
    this.#capacity = capacity
    this.#limits = limits
    this.#door = door
    this.#dispatcher = dispatcher
  }

  /** Whether limits decide which order may go. */
  get isLimited(): boolean {
    return this.#limits !== undefined
  }

  /** @param capacity orders that may wait, at least 1; at least 2 where there are limits, which do not see who is in the door */
  static readonly make = (capacity: number, limits?: JoinedLimits<Entry>): Effect.Effect<OrderLine> =>
    Effect.withFiber((fiber) =>
      Effect.map(
        Queue.bounded<Entry>(1),
        (door) => new OrderLine(capacity, limits, door, fiber.currentDispatcher),
      ),
    )

  get length(): number {
    return this.#listed + (this.#isDoorBarred ? 0 : Queue.sizeUnsafe(this.#door))
  }

  get isFull(): boolean {
    return this.length >= this.#capacity
  }

  /** Joins the end of the line at once, or answers false where it is full. */
  offer(entry: Entry): boolean {
    if (this.isFull || !Queue.offerUnsafe(this.#door, entry)) return false
    entry.state = "queued"
    this.#comeIn(entry)
    this.#letIn()
    this.#wakeSoon()
    return true
  }

  /** Joins the end of the line, waiting for room. Interrupted, the entry has not joined. */
  join(entry: Entry): Effect.Effect<void> {
    return Effect.suspend(() => {
      entry.state = "queued"
      return Queue.offer(this.#door, entry)
    }).pipe(
      Effect.andThen(
        Effect.sync(() => {
          if (entry.state === "queued") this.#comeIn(entry)
          this.#letIn()
          this.#wakeSoon()
        }),
      ),
      Effect.onInterrupt(() =>
        Effect.sync(() => {
          if (entry.state === "queued") entry.state = "outside"
          this.remove(entry)
        }),
      ),
    )
  }

  /** Takes the first entry if there is one. */
  take(): Entry | undefined {
    return this.#taken(this.#head ?? this.#takeFromDoor())
  }

  /** Takes the first entry that may go with a key, if there is one. */
  takeFor(key: string, nowMs: number): Entry | undefined {
    if (this.#limits === undefined) return this.take()
    const entry = this.#taken(this.#find(key, nowMs).first?.order)
    this.#wakeSoon()
    return entry
  }

  #taken(entry: Entry | undefined): Entry | undefined {
    if (entry !== undefined) this.#leave(entry)
    this.#onRoom()
    return entry
  }

  /** An entry that was taken leaves with a key: it counts in its limits until it is settled. Undefined where there are none. */
  hold(entry: Entry, key: string, nowMs: number): Held | undefined {
    const held = this.#limits?.hold(entry, key, nowMs)
    return (
      held && {
        ...held,
        settle: (latestMs) => {
          held.settle(latestMs)
          this.#onSettled(key)
        },
      }
    )
  }

  /** What former lives have sent with a key counts in the limits. Before anything is sent. */
  recall(key: string, costs: ReadonlyArray<FormerCost>): void {
    this.#limits?.recall(key, costs)
  }

  /** What they have sent without an answer has arrived by then, if it arrives at all. */
  clearFormer(key: string, latestMs: number): void {
    this.#limits?.clearFormer(key, latestMs)
    this.#onSettled(key)
  }

  #find(key: string, nowMs: number): Look<Entry> {
    invariant(this.#limits !== undefined, "limits are asked where there are none")
    const look = this.#limits.look(key, nowMs)
    // Not at once: another lane would run within this one's look, and take what it has found.
    if (this.#limits.dueMs < this.#dueAwaitedMs) this.#wakeSoon()
    return look
  }

  /** Whoever shares a counter with the key may have room. */
  #onSettled(key: string): void {
    for (const looker of this.#lookers)
      if (looker.look !== undefined && this.#limits?.shares(key, looker.key)) looker.look = undefined
    this.passOn()
  }

  /** Goes back to the head of the line, also above its capacity: it has been inside before. */
  putBack(entry: Entry): void {
    entry.state = "queued"
    this.#comeIn(entry)
    entry.place = "list"
    entry.behind = this.#head
    if (this.#head === undefined) this.#tail = entry
    else this.#head.ahead = entry
    this.#head = entry
    this.#listed += 1
    this.#firstPlace -= 1
    entry.waiting = this.#limits?.join(entry, this.#firstPlace)
    this.#shutDoor()
    this.passOn()
  }

  /** Takes an entry that ends out of the line, wherever in it; nothing happens where it is not inside. */
  remove(entry: Entry): void {
    if (entry.place === undefined) return
    if (entry.place === "door") this.#isDoorBarred = true
    this.#leave(entry)
    this.#onRoom()
    this.passOn()
  }

  /** What a lane waits for before there may be an order to take with its key; undefined where there is one. */
  orderFor(key: string, nowMs: number): Effect.Effect<void> | undefined {
    if (this.#limits === undefined) return this.length > 0 ? undefined : this.#called(key, undefined)
    const look = this.#find(key, nowMs)
    if (look.first !== undefined) return undefined
    this.#wakeSoon()
    const called = this.#called(key, look)
    return Number.isFinite(look.againMs) ? Effect.raceFirst(called, sleepUntil(look.againMs)) : called
  }

  #called(key: string, look: Look<Entry> | undefined): Effect.Effect<void> {
    return Effect.callback<void>((resume) => {
      const looker: Looker = { resume, key, look }
      if (this.#isWorthALook(looker)) return resume(Effect.void)
      this.#lookers.add(looker)
      return Effect.sync(() => {
        this.#lookers.delete(looker)
      })
    })
  }

  #isWorthALook({ look }: Looker): boolean {
    return this.#limits === undefined ? this.length > 0 : this.#limits.mayGo(look)
  }

  /** For a lane that has looked and cannot take: lets the next waiting lane look. */
  passOn(): void {
    for (const looker of this.#lookers) {
      if (!this.#isWorthALook(looker)) {
        if (this.#limits === undefined) return
        continue
      }
      this.#lookers.delete(looker)
      looker.resume(Effect.void)
      // It looks before the next one does: there may be one order with room, and a thousand lanes.
      if (this.#limits !== undefined) return
    }
  }

  /** Lets lanes look when limits may have room: one timer for all that wait. Runs for ever; none where there are no limits. */
  lookWhenDue(clock: Clock.Clock): ReadonlyArray<Effect.Effect<never>> {
    const limits = this.#limits
    if (limits === undefined) return []
    const lookAndWait = Effect.suspend(() => {
      limits.rouse(nowMsUnsafe(clock))
      this.passOn()
      this.#dueAwaitedMs = limits.dueMs
      this.#dueEarlier.closeUnsafe()
      const earlier = this.#dueEarlier.await
      return Number.isFinite(limits.dueMs) ? Effect.raceFirst(earlier, sleepUntil(limits.dueMs)) : earlier
    })
    return [Effect.forever(lookAndWait, { disableYield: true })]
  }

  /** Waits until the time to live of orders is over, and takes them out. */
  overdue(nowMs: () => number): Effect.Effect<ReadonlyArray<Entry>> {
    return Effect.suspend(() => {
      const first = this.#deadlines.first()
      if (first !== undefined && nowMs() >= first.atMs) return Effect.succeed(this.#takeOverdue(nowMs()))
      this.#awaitedMs = first?.atMs ?? Number.POSITIVE_INFINITY
      this.#earlier.closeUnsafe()
      const due = first === undefined ? this.#earlier.await : this.#earlierOrAt(first.atMs)
      return Effect.andThen(due, this.overdue(nowMs))
    })
  }

  #earlierOrAt(atMs: number): Effect.Effect<void> {
    return Effect.raceFirst(this.#earlier.await, sleepUntil(atMs))
  }

  #takeOverdue(nowMs: number): ReadonlyArray<Entry> {
    const overdue: Array<Entry> = []
    for (let due = this.#deadlines.first(); due !== undefined && due.atMs <= nowMs;) {
      if (due.value !== undefined) {
        overdue.push(due.value)
        this.remove(due.value)
      }
      due = this.#deadlines.first()
    }
    return overdue
  }

  /** Waits until fewer than this many orders are in the line. */
  awaitBelow(length: number): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.length < length) return Effect.void
      const waiter = { length, room: Latch.makeUnsafe() }
      this.#roomWaiters.add(waiter)
      return Effect.onInterrupt(waiter.room.await, () => Effect.sync(() => this.#roomWaiters.delete(waiter)))
    })
  }

  /** Lanes look once whoever brought an order has done: several that come at once wake them once. */
  #wakeSoon(): void {
    const isDueEarlier = this.#limits !== undefined && this.#limits.dueMs < this.#dueAwaitedMs
    if (this.#isWaking || (this.#lookers.size === 0 && !isDueEarlier)) return
    this.#isWaking = true
    this.#dispatcher.scheduleTask(() => {
      this.#isWaking = false
      if (this.#limits !== undefined && this.#limits.dueMs < this.#dueAwaitedMs) this.#dueEarlier.openUnsafe()
      this.passOn()
    }, 0)
  }

  #onRoom(): void {
    if (this.#isDoorBarred && this.#listed < this.#capacity) {
      this.#isDoorBarred = false
      Queue.takeUnsafe(this.#door)
    }
    this.#letIn()
    for (const waiter of this.#roomWaiters) {
      if (this.length >= waiter.length) continue
      this.#roomWaiters.delete(waiter)
      waiter.room.openUnsafe()
    }
  }

  /** Moves orders from the door into the list while it has room. */
  #letIn(): void {
    // Whoever waits outside runs on within the call that makes room for it: it must neither overtake nor find more room than
    // there is.
    if (this.#isLettingIn) return
    this.#isLettingIn = true
    while (this.#listed < this.#capacity - 1) {
      this.#listed += 1
      const entry = this.#takeFromDoor()
      if (entry === undefined) {
        this.#listed -= 1
        break
      }
      entry.place = "list"
      entry.ahead = this.#tail
      if (this.#tail === undefined) this.#head = entry
      else this.#tail.behind = entry
      this.#tail = entry
      this.#nextPlace += 1
      entry.waiting = this.#limits?.join(entry, this.#nextPlace)
    }
    this.#isLettingIn = false
  }

  /** What came back may have filled the line with nobody in the door: the last one stands there then, and nobody else comes in. */
  #shutDoor(): void {
    const last = this.#tail
    if (this.#listed < this.#capacity || last === undefined || Queue.sizeUnsafe(this.#door) > 0) return
    this.#unlink(last)
    last.place = "door"
    Queue.offerUnsafe(this.#door, last)
  }

  /** Takes from the door whoever still wants to come in. This makes room in it for the next one that waits outside. */
  #takeFromDoor(): Entry | undefined {
    while (true) {
      const taken = Queue.takeUnsafe(this.#door)
      if (taken === undefined || Exit.isFailure(taken)) return undefined
      if (taken.value.state !== "queued") continue
      this.#comeIn(taken.value)
      return taken.value
    }
  }

  /** An order comes in, unless it is inside already: through the door, as all do. */
  #comeIn(entry: Entry): void {
    if (entry.place !== undefined) return
    entry.place = "door"
    const { deadlineMs } = entry
    if (!Number.isFinite(deadlineMs)) return
    entry.deadline = this.#deadlines.add(deadlineMs, entry)
    if (deadlineMs < this.#awaitedMs) this.#earlier.openUnsafe()
  }

  #leave(entry: Entry): void {
    if (entry.deadline !== undefined) this.#deadlines.remove(entry.deadline)
    entry.deadline = undefined
    if (entry.place === "list") this.#unlink(entry)
    entry.place = undefined
  }

  #unlink(entry: Entry): void {
    const { ahead, behind } = entry
    if (ahead === undefined) this.#head = behind
    else ahead.behind = behind
    if (behind === undefined) this.#tail = ahead
    else behind.ahead = ahead
    entry.ahead = undefined
    entry.behind = undefined
    this.#listed -= 1
    if (entry.waiting !== undefined) this.#limits?.leave(entry.waiting)
    entry.waiting = undefined
  }
}
