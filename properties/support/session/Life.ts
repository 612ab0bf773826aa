/** One dispatcher's life beside what a model knows of it: which orders it took, and what their callers were told. */
import { Cause, Effect, Exit, Fiber, Option, Result } from "effect"
import { assert } from "vitest"
import type { DispatchEvent } from "../../../src/domain/DispatchEvent.ts"
import type { SubmitFailure } from "../../../src/dispatch/SubmitFailure.ts"
import type { Acceptance } from "../../../src/venues/ExchangeClient.ts"
import { type makeRig, order } from "../../../test/support/rig.ts"

export type Rig = Effect.Success<ReturnType<typeof makeRig>>

interface Submitted {
  readonly id: string
  readonly fiber: Fiber.Fiber<Acceptance, SubmitFailure>
}

/** What a caller learns from each failure, in the words of outcomes. */
const HEARD: ReadonlyMap<string, string> = new Map([
  ["OrderExpired", "expired"],
  ["OrderCancelled", "cancelled"],
  ["DuplicateOrder", "duplicate"],
  ...["RateLimited", "KeyBlocked", "InvalidNonce", "InvalidTimestamp", "UnknownApiKey", "Refused"].map(
    (tag) => [tag, "rejected"] as const,
  ),
  ...["RequestTimeout", "ConnectionBroken", "UndecodableAnswer", "ServerError"].map(
    (tag) => [tag, "unknown"] as const,
  ),
])

const told = (exit: Exit.Exit<Acceptance, SubmitFailure>): string => {
  if (Exit.isSuccess(exit)) return "accepted"
  const failure = Option.getOrUndefined(Cause.findErrorOption(exit.cause))
  if (failure !== undefined) return HEARD.get(failure._tag) ?? failure._tag
  return Cause.hasInterruptsOnly(exit.cause) ? "interrupted" : "died"
}

type Ended = Extract<DispatchEvent, { readonly type: "outcome" }>
const isEnd = (event: DispatchEvent): event is Ended => event.type === "outcome"

export class Life {
  readonly #rig: Rig
  /** Ids of the orders that it took. */
  readonly taken: Array<string> = []
  readonly submits: Array<Submitted> = []
  #stopping: Fiber.Fiber<void> | undefined

  constructor(rig: Rig) {
    this.#rig = rig
  }

  #outcomesOf(id: string): ReadonlyArray<string> {
    return this.#rig.events.filter(isEnd).flatMap((event) => (event.id === id ? [event.outcome.outcome] : []))
  }

  /** The dispatcher takes it, unless it is stopping or its line is full. */
  readonly offer = (id: string) => this.#offer(id, false)

  readonly #offer = Effect.fnUntraced({ self: this }, function* (id: string, expectDuplicate: boolean) {
    const result = yield* Effect.result(this.#rig.dispatcher.offer(order(id)))
    if (Result.isFailure(result)) {
      assert.isTrue(expectDuplicate, `order ${id} is said to be held already`)
      return
    }
    assert.isFalse(result.success && this.#stopping !== undefined, `order ${id} was taken after the stop`)
    if (result.success) this.taken.push(id)
  })

  /** An order with the id of another is refused while that one is held. */
  readonly offerAgain = Effect.fnUntraced({ self: this }, function* (id: string) {
    const times = this.taken.filter((other) => other === id).length
    const held = this.#outcomesOf(id).length < times
    // Its submitter is told of one outcome: what is offered again has to be another's.
    if (held || this.submits.every((submitted) => submitted.id !== id)) yield* this.#offer(id, held)
  })

  readonly submit = Effect.fnUntraced({ self: this }, function* (id: string) {
    const fiber = yield* Effect.forkScoped(this.#rig.dispatcher.submit(order(id)), { startImmediately: true })
    if (this.#stopping === undefined) {
      this.taken.push(id)
      this.submits.push({ id, fiber })
    } else assert.strictEqual(told(yield* Fiber.await(fiber)), "cancelled")
  })

  /** Whoever gives up an order that has not left has cancelled it. */
  readonly interrupt = Effect.fnUntraced({ self: this }, function* ({ fiber, id }: Submitted) {
    const sent = this.#rig.events.some((event) => event.type === "sent" && event.id === id)
    const before = this.#outcomesOf(id).length
    yield* Fiber.interrupt(fiber)
    if (!sent && before === 0) assert.deepStrictEqual(this.#outcomesOf(id), ["cancelled"], `order ${id}`)
  })

  /** Begins to stop; what follows happens meanwhile. */
  readonly beginStop = Effect.gen({ self: this }, function* () {
    this.#stopping ??= yield* Effect.forkScoped(this.#rig.stop, { startImmediately: true })
  })

  readonly stop = Effect.gen({ self: this }, function* () {
    yield* this.#rig.stop
    if (this.#stopping !== undefined) yield* Fiber.await(this.#stopping)
    yield* this.checkEnd
  })

  readonly drained = Effect.suspend(() => this.#rig.dispatcher.drained)

  /** Every order that was taken has one outcome, and who submitted it was told the same. */
  readonly checkEnd = Effect.gen({ self: this }, function* () {
    const ended = this.#rig.events.filter(isEnd).map(({ id }) => id)
    assert.deepStrictEqual(ended.toSorted(), this.taken.toSorted(), "orders taken and ended")
    for (const { fiber, id } of this.submits) {
      const heard = told(yield* Fiber.await(fiber))
      if (heard === "interrupted") continue
      assert.deepStrictEqual(this.#outcomesOf(id), [heard], `order ${id}`)
    }
  })
}
