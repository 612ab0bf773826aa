/**
 * What a program may do with a dispatcher, in any order: a session is a list of such steps. It is played beside
 * a model that knows only which orders were taken and what their callers were told.
 */
import { Cause, Duration, Effect, Exit, Fiber, Option, Result } from "effect"
import * as fc from "fast-check"
import { assert } from "vitest"
import type * as Dispatcher from "../../src/dispatch/Dispatcher.ts"
import type { DispatchEvent } from "../../src/dispatch/DispatchEvent.ts"
import type { SubmitFailure } from "../../src/dispatch/SubmitFailure.ts"
import type { Acceptance } from "../../src/exchange/ExchangeClient.ts"
import { runVirtual } from "../../src/simulation/VirtualTime.ts"
import type { Arrival, Journey } from "../../src/simulation/SimulatedExchange.ts"
import { makeRig, order } from "../../test/support/rig.ts"

export type Step =
  | { readonly step: "submit" }
  | { readonly step: "offer" }
  /** Offers an order with the id of an earlier one, the `which`-th of them. */
  | { readonly step: "offer-again"; readonly which: number }
  /** Interrupts an earlier submit. */
  | { readonly step: "interrupt"; readonly which: number }
  | { readonly step: "advance"; readonly ms: number }
  /** Begins to stop; later steps happen meanwhile. */
  | { readonly step: "stop" }
  /** Waits for the stop, then for a window, and starts a new dispatcher on the same exchange. */
  | { readonly step: "restart" }

export interface Session {
  readonly keys: number
  readonly ttlMs: number | undefined
  readonly steps: ReadonlyArray<Step>
  readonly journeys: ReadonlyArray<Journey>
}

const fates: fc.Arbitrary<Pick<Journey, "fate">> = fc.oneof(
  { weight: 5, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: fc.record({
      fate: fc.constantFrom("refused-connection" as const, "lost-on-the-way-in", "lost-on-the-way-out"),
    }),
  },
)

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ step: "submit" as const }) },
  { weight: 4, arbitrary: fc.constant({ step: "offer" as const }) },
  { weight: 1, arbitrary: fc.record({ step: fc.constant("offer-again" as const), which: fc.nat(20) }) },
  { weight: 3, arbitrary: fc.record({ step: fc.constant("interrupt" as const), which: fc.nat(20) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      step: fc.constant("advance" as const),
      ms: fc.constantFrom(0, 1, 10, 30, 100, 400),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ step: "stop" as const }) },
  { weight: 1, arbitrary: fc.constant({ step: "restart" as const }) },
)

export const sessions: fc.Arbitrary<Session> = fc.record({
  keys: fc.integer({ min: 1, max: 2 }),
  ttlMs: fc.constantFrom(undefined, 200),
  steps: fc.array(step, { maxLength: 60, size: "max" }),
  journeys: fc
    .array(
      fc
        .record({ incomingMs: fc.nat(50), outgoingMs: fc.nat(50), fate: fates })
        .map(({ fate, ...journey }) => ({ ...journey, ...fate })),
      { minLength: 1, maxLength: 20 },
    )
    .filter((all) => all.some(({ fate }) => fate !== "refused-connection")),
})

/** What breaks the dispatcher, or the program that uses it. */
export interface SessionVariant {
  readonly make?: typeof Dispatcher.make
  /** How long a restart waits, in milliseconds. */
  readonly pauseMs?: number
}

interface Submitted {
  readonly id: string
  readonly fiber: Fiber.Fiber<Acceptance, SubmitFailure>
}

const SESSION_LIMIT = 2
const WINDOW_MS = 200
const REQUEST_TIMEOUT_MS = 300
/** A request given up just before the stop arrives within a request timeout and is counted for a window. */
const PAUSE_MS = REQUEST_TIMEOUT_MS + WINDOW_MS + 10
/** What a caller learns from each failure, in the words of outcomes. */
const HEARD: ReadonlyMap<string, string> = new Map([
  ["OrderExpired", "expired"],
  ["OrderCancelled", "cancelled"],
  ["DuplicateOrder", "duplicate"],
  ...["RateLimited", "KeyBlocked", "InvalidNonce", "UnknownApiKey", "Refused"].map(
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
const outcomesOf = (events: ReadonlyArray<DispatchEvent>, id: string): ReadonlyArray<string> =>
  events.filter(isEnd).flatMap((event) => (event.id === id ? [event.outcome.outcome] : []))

type Rig = Effect.Success<ReturnType<typeof makeRig>>

/** One dispatcher's life, and what the model knows of it. */
class Life {
  readonly rig: Rig
  /** Ids of the orders that it took. */
  readonly taken: Array<string> = []
  readonly submits: Array<Submitted> = []
  stopping: Fiber.Fiber<void> | undefined

  constructor(rig: Rig) {
    this.rig = rig
  }

  /** Every order that was taken has one outcome, and who submitted it was told the same. */
  readonly checkEnd = Effect.gen({ self: this }, function* () {
    const ended = this.rig.events.filter(isEnd).map(({ id }) => id)
    assert.deepStrictEqual(ended.toSorted(), this.taken.toSorted(), "orders taken and ended")
    for (const { fiber, id } of this.submits) {
      const heard = told(yield* Fiber.await(fiber))
      if (heard === "interrupted") continue
      assert.deepStrictEqual(outcomesOf(this.rig.events, id), [heard], `order ${id}`)
    }
  })
}

/** Plays a session to its end, comparing with the model at every step. Answers all that reached the exchange. */
export const playSession = (
  session: Session,
  variant: SessionVariant = {},
): Promise<ReadonlyArray<Arrival>> => {
  const options = {
    keys: session.keys,
    config: { limit: SESSION_LIMIT, windowMs: WINDOW_MS, blockAfter: 10 },
    ttlMs: session.ttlMs,
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    journey: (n: number) => session.journeys[n % session.journeys.length] ?? { incomingMs: 0, outgoingMs: 0 },
    dispatcher: { capacity: 3, firstContact: Duration.hours(1), unreachableAfter: Duration.hours(1) },
    ...(variant.make === undefined ? {} : { make: variant.make }),
  }
  const program = Effect.gen(function* () {
    let count = 0
    const first = yield* makeRig(options)
    let life = new Life(first)

    const take = Effect.fnUntraced(function* (id: string, expectDuplicate: boolean) {
      const result = yield* Effect.result(life.rig.dispatcher.offer(order(id)))
      if (Result.isFailure(result)) {
        assert.isTrue(expectDuplicate, `order ${id} is said to be held already`)
        return
      }
      assert.isFalse(result.success && life.stopping !== undefined, `order ${id} was taken after the stop`)
      if (result.success) life.taken.push(id)
    })

    const perform = Effect.fnUntraced(function* (step: Step) {
      const { dispatcher, events } = life.rig
      switch (step.step) {
        case "submit": {
          const id = String(count++)
          const fiber = yield* Effect.forkScoped(dispatcher.submit(order(id)), { startImmediately: true })
          if (life.stopping === undefined) {
            life.taken.push(id)
            life.submits.push({ id, fiber })
          } else assert.strictEqual(told(yield* Fiber.await(fiber)), "cancelled")
          return
        }
        case "offer":
          return yield* take(String(count++), false)
        case "offer-again": {
          const id = life.taken[step.which]
          if (id === undefined) return
          const times = life.taken.filter((other) => other === id).length
          const held = outcomesOf(events, id).length < times
          // Its submitter is told of one outcome: what is offered again has to be another's.
          if (held || life.submits.every((submitted) => submitted.id !== id)) yield* take(id, held)
          return
        }
        case "interrupt": {
          const submitted = life.submits[step.which]
          if (submitted === undefined) return
          const { fiber, id } = submitted
          const sent = events.some((event) => event.type === "sent" && event.id === id)
          const before = outcomesOf(events, id).length
          yield* Fiber.interrupt(fiber)
          if (!sent && before === 0)
            assert.deepStrictEqual(outcomesOf(events, id), ["cancelled"], `order ${id}`)
          return
        }
        case "advance":
          return yield* Effect.sleep(Duration.millis(step.ms))
        case "stop": {
          life.stopping ??= yield* Effect.forkScoped(life.rig.stop, { startImmediately: true })
          return
        }
        case "restart": {
          yield* life.rig.stop
          if (life.stopping !== undefined) yield* Fiber.await(life.stopping)
          yield* life.checkEnd
          yield* Effect.sleep(Duration.millis(variant.pauseMs ?? PAUSE_MS))
          life = new Life(yield* makeRig({ ...options, client: () => first.exchange.client }))
        }
      }
    })

    for (const step of session.steps) yield* perform(step)
    const done = yield* Effect.timeoutOption(life.rig.dispatcher.drained, Duration.hours(1))
    assert.isTrue(Option.isSome(done), "it never drained")
    yield* life.checkEnd
    yield* life.rig.stop
    return first.exchange.arrivals
  })
  return Effect.runPromise(runVirtual(Effect.scoped(program)))
}
