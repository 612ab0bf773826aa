/**
 * The library as a program uses it, or misuses it, in virtual time: interrupted at any moment, given anything for an order, on top of
 * a client that does anything.
 */
import { Cause, Deferred, Duration, Effect, Exit, Fiber, Option, Predicate, type Scope, Stream } from "effect"
import * as fc from "fast-check"
import { assert } from "vitest"
import * as Dispatcher from "../../src/dispatch/Dispatcher.ts"
import type { OutcomeEvent } from "../../src/domain/DispatchEvent.ts"
import type { Order } from "../../src/domain/Order.ts"
import type { SubmitError } from "../../src/domain/SubmitError.ts"
import type { Journey } from "../../src/simulation/SimulatedExchange.ts"
import { runVirtual } from "../../test/support/virtualTime.ts"
import type { Acceptance, ExchangeClient, TransitWatch } from "../../src/venues/ExchangeClient.ts"
import { makeRig, order, type RigOptions } from "../../test/support/rig.ts"

/** What is put in the place of the real dispatcher. */
export type Make = typeof Dispatcher.make

const WINDOW_MS = 200
const REQUEST_TIMEOUT_MS = 300
/** A client that does not keep to the timeout is given up a second later. */
const LONGEST_REQUEST_MS = REQUEST_TIMEOUT_MS + 1000
/** Far longer than any of these worlds needs. */
const LONGEST = Duration.hours(1)

const rigOptions = (
  journeys: ReadonlyArray<Journey>,
  make: Make | undefined,
): RigOptions & { readonly config: NonNullable<RigOptions["config"]> } => ({
  config: { limit: 2, windowMs: WINDOW_MS, blockAfter: 1000 },
  ttlMs: undefined,
  requestTimeoutMs: REQUEST_TIMEOUT_MS,
  boundMs: undefined,
  journey: (n) => journeys[n % journeys.length] ?? { incomingMs: 0, outgoingMs: 0 },
  dispatcher: {
    firstContact: LONGEST,
    unreachableAfter: LONGEST,
    parkAfter: Number.POSITIVE_INFINITY,
    stopAfterRefusals: Number.POSITIVE_INFINITY,
  },
  ...(make === undefined ? {} : { make }),
})

const journeys: fc.Arbitrary<ReadonlyArray<Journey>> = fc.array(
  fc
    .record({
      writeMs: fc.constantFrom(0, 0, 20),
      incomingMs: fc.nat(50),
      outgoingMs: fc.nat(50),
      fate: fc.constantFrom(
        undefined,
        undefined,
        undefined,
        "refused-connection" as const,
        "lost-on-the-way-in" as const,
        "lost-on-the-way-out" as const,
      ),
    })
    .map(({ fate, ...journey }) => ({ ...journey, ...(fate === undefined ? {} : { fate }) })),
  { minLength: 1, maxLength: 10 },
)

/** A program that submits orders, gives some of them up, and is interrupted itself. */
export interface Interrupted {
  readonly journeys: ReadonlyArray<Journey>
  readonly ttlMs: number | undefined
  readonly orders: ReadonlyArray<{
    readonly atMs: number
    /** When its caller loses interest; undefined where it does not. */
    readonly goneAfterMs: number | undefined
  }>
  readonly interruptedAtMs: number
  /** How long it takes to keep a record. */
  readonly diskMs: number
}

/** Runs it to its end; a dispatcher that holds up its own end for ever breaks the law by that. */
const playToTheEnd = <E>(program: Effect.Effect<void, E, Scope.Scope>): Promise<void> =>
  Effect.runPromise(
    Effect.catch(runVirtual(Effect.scoped(program)), (error) =>
      Predicate.isTagged(error, "AtRest")
        ? Effect.sync(() => assert.fail("the dispatcher never comes to an end"))
        : Effect.fail(error),
    ),
  )

const moments = fc.oneof(fc.constantFrom(0, 1, 10, 50, 100), fc.nat(1000))

export const interruptions: fc.Arbitrary<Interrupted> = fc.record({
  journeys,
  ttlMs: fc.constantFrom(undefined, 100, 1000),
  orders: fc.array(fc.record({ atMs: moments, goneAfterMs: fc.option(moments, { nil: undefined }) }), {
    minLength: 1,
    maxLength: 12,
  }),
  interruptedAtMs: moments,
  diskMs: fc.constantFrom(0, 0, 5, 2000),
})

/** Plays it, and holds what it heard to what the exchange did. */
export const playInterrupted = (world: Interrupted, make: Make | undefined): Promise<void> => {
  const program = Effect.gen(function* () {
    const told: Array<OutcomeEvent> = []
    const rig = yield* makeRig({
      ...rigOptions(world.journeys, make),
      ttlMs: world.ttlMs,
      log: { ready: Effect.void, record: () => {}, committed: Effect.as(Effect.sleep(world.diskMs), true) },
    })
    const { dispatcher } = rig
    const outcomesOf = (id: string) =>
      told.filter((event) => event.id === id).map(({ outcome }) => outcome.outcome)
    const begun: Array<string> = []
    const submitOne = ({ atMs, goneAfterMs }: Interrupted["orders"][number], n: number) =>
      Effect.gen(function* () {
        yield* Effect.sleep(atMs)
        const fiber = yield* Effect.forkChild(dispatcher.submit(order(n)), { startImmediately: true })
        begun.push(String(n))
        if (goneAfterMs === undefined) {
          yield* Fiber.await(fiber)
          return
        }
        yield* Effect.sleep(goneAfterMs)
        yield* Fiber.interrupt(fiber)
        // The reader has its turn.
        yield* Effect.sleep(1)
        assert.strictEqual(outcomesOf(String(n)).length, 1, `what its caller knows of order ${n}`)
      })
    const body = Effect.gen(function* () {
      const reader = Stream.runForEach(dispatcher.outcomes, (event) => Effect.sync(() => told.push(event)))
      yield* Effect.forkChild(reader, { startImmediately: true })
      yield* Effect.forEach(world.orders, submitOne, { concurrency: "unbounded", discard: true })
      yield* Effect.never
    })
    // As where a fiber provides a layer: what it has forked as its children outlives the layer.
    const main = yield* Effect.forkScoped(Effect.ensuring(body, rig.stop), { startImmediately: true })
    yield* Effect.sleep(world.interruptedAtMs)
    const ended = yield* Effect.timeoutOption(Fiber.interrupt(main), 3 * LONGEST_REQUEST_MS)
    assert.isTrue(Option.isSome(ended), "the interruption never came to an end")
    const exit = yield* Fiber.await(main)
    const failed = Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause)
    if (failed) assert.fail(Cause.pretty(exit.cause))
    yield* Effect.sleep(Duration.minutes(1))
    for (const { id, ruling } of rig.exchange.arrivals) {
      if (ruling !== "accepted") continue
      const known = outcomesOf(id)
      assert.isTrue(
        known.length === 1 && (known[0] === "accepted" || known[0] === "unknown"),
        `order ${id} was executed, and known as ${known.join()}`,
      )
    }
    for (const id of begun) assert.strictEqual(outcomesOf(id).length, 1, `outcomes told of order ${id}`)
  })
  return playToTheEnd(program)
}

/** A reader of outcomes that hears nothing any more once the stop has begun. */
export const deafWhenStopped: Make = (options) =>
  Effect.gen(function* () {
    const real = yield* Dispatcher.make(options)
    const stopping = yield* Deferred.make<void>()
    yield* Effect.addFinalizer(() => Deferred.succeed(stopping, undefined))
    const outcomes = Stream.interruptWhen(real.outcomes, Deferred.await(stopping))
    return Dispatcher.Dispatcher.of({ ...real, outcomes })
  })

/** What callers without types hand over. */
export interface Handed {
  readonly order: unknown
  readonly entry: "submit" | "enqueue" | "offer"
}

const ids = fc.oneof(fc.string({ maxLength: 70 }), fc.anything())
const paramsOf = fc.oneof(fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.anything())), fc.anything())
const times = fc.oneof(fc.date(), fc.integer(), fc.anything())

export const handedOver: fc.Arbitrary<ReadonlyArray<Handed>> = fc.array(
  fc.record({
    order: fc.oneof(
      { weight: 1, arbitrary: fc.anything() },
      {
        weight: 4,
        arbitrary: fc.record({ id: ids, params: paramsOf, createdAt: times }, { requiredKeys: [] }),
      },
      { weight: 2, arbitrary: fc.record({ id: fc.oneof(fc.integer(), fc.string({ maxLength: 70 })) }) },
    ),
    entry: fc.constantFrom("submit" as const, "enqueue" as const, "offer" as const),
  }),
  { minLength: 1, maxLength: 8 },
)

// What the compiler is told, and what need not be true.
const isOrder = (given: unknown): given is Order => Object.is(given, given)
const isSubmitError = (error: unknown): error is SubmitError => Object.is(error, error)
const isCall = (call: unknown): call is Effect.Effect<Acceptance, SubmitError> => Object.is(call, call)

const handOver = (
  dispatcher: Dispatcher.Dispatcher["Service"],
  entry: Handed["entry"],
  given: Order,
): Effect.Effect<unknown> => {
  switch (entry) {
    case "submit":
      return Effect.result(dispatcher.submit(given))
    case "enqueue":
      return Effect.result(dispatcher.enqueue(given))
    case "offer":
      return Effect.result(dispatcher.offer(given))
  }
}

export const playHanded = (world: ReadonlyArray<Handed>, make: Make | undefined): Promise<void> => {
  const program = Effect.gen(function* () {
    const rig = yield* makeRig(rigOptions([{ incomingMs: 1, outgoingMs: 1 }], make))
    const { dispatcher } = rig
    let taken = 0
    for (const { entry, order: given } of world) {
      if (!isOrder(given)) continue
      const before = (yield* dispatcher.snapshot).created
      const handed = yield* Effect.forkChild(handOver(dispatcher, entry, given), {
        startImmediately: true,
      })
      taken += (yield* dispatcher.snapshot).created - before
      yield* Effect.timeoutOption(Fiber.await(handed), LONGEST_REQUEST_MS * 2)
    }
    yield* Effect.sleep(LONGEST)
    for (const { id } of rig.sent()) {
      assert.isTrue(typeof id === "string" && id.length >= 1 && id.length <= 64, "what was sent has no id")
    }
    const { inFlight, queued } = yield* dispatcher.snapshot
    assert.deepStrictEqual([queued, inFlight, rig.outcomes().length], [0, 0, taken])
    const last = yield* Effect.timeoutOption(dispatcher.submit(order("last one of all")), LONGEST)
    assert.isTrue(Option.isSome(last), "the lane does not go on")
  })
  return playToTheEnd(program)
}

/** What a client may do with a request other than what it should. */
const MISDEEDS = [
  "none",
  "throws",
  "dies",
  "fails with its own error",
  "interrupts itself",
  "never ends",
  "cannot be interrupted",
  "answers nothing",
  "tells impossible times",
  "tells too late",
  "throws what cannot be shown",
] as const
type Misdeed = (typeof MISDEEDS)[number]

export const misdeeds: fc.Arbitrary<ReadonlyArray<Misdeed>> = fc.array(fc.constantFrom(...MISDEEDS), {
  minLength: 1,
  maxLength: 10,
})

type Submit = ExchangeClient["Service"]["submit"]

const failure = (error: unknown): Effect.Effect<never, SubmitError> =>
  isSubmitError(error) ? Effect.fail(error) : Effect.never

const unshowable = {
  get _tag(): string {
    throw new Error("no tag")
  },
}

const misbehave = (misdeed: Misdeed, real: Submit): Submit => {
  switch (misdeed) {
    case "none":
      return real
    case "throws":
      return () => {
        throw new Error("a bug")
      }
    case "dies":
      return () => Effect.die(new Error("a bug"))
    case "fails with its own error":
      return () => failure({ _tag: "NoFunds" })
    case "throws what cannot be shown":
      return () => failure(unshowable)
    case "interrupts itself":
      return () => Effect.interrupt
    case "never ends":
      return () => Effect.never
    case "cannot be interrupted":
      return () => Effect.uninterruptible(Effect.never)
    case "answers nothing":
      return () => {
        const nothing: unknown = undefined
        return isCall(nothing) ? nothing : Effect.never
      }
    case "tells impossible times":
      return (given, key, nonce, watch) => {
        watch.onWritten(Number.NaN)
        watch.onSettled(Number.POSITIVE_INFINITY)
        return real(given, key, nonce, watch)
      }
    case "tells too late":
      return (given, key, nonce, watch) =>
        Effect.ensuring(
          real(given, key, nonce, watch),
          Effect.forkDetach(
            Effect.delay(
              Effect.sync(() => tellAgain(watch)),
              10,
            ),
          ),
        )
  }
}

const tellAgain = (watch: TransitWatch): void => {
  watch.mayStart?.()
  watch.onWritten(0)
  watch.onSettled(0)
  watch.onAdvice?.({ keyMs: 1e12, exchangeMs: 1e12 })
}

export const playMisdeeds = (world: ReadonlyArray<Misdeed>, make: Make | undefined): Promise<void> => {
  const program = Effect.gen(function* () {
    let count = 0
    const rig = yield* makeRig({
      ...rigOptions([{ incomingMs: 20, outgoingMs: 20 }], make),
      client: (real) => ({
        ...real,
        submit: (...request) => misbehave(world[count++] ?? "none", real.submit)(...request),
      }),
    })
    const { dispatcher, exchange } = rig
    const last = order("last")
    yield* Effect.forEach([...world.map((_, n) => order(n)), last], dispatcher.enqueue, { discard: true })
    const done = yield* Effect.timeoutOption(dispatcher.drained, LONGEST)
    assert.isTrue(Option.isSome(done), "orders were left without an outcome")
    const outcomes = rig.outcomes()
    assert.strictEqual(new Set(outcomes.map(({ id }) => id)).size, world.length + 1)
    assert.strictEqual(outcomes.length, world.length + 1)
    assert.strictEqual(outcomes.find(({ id }) => id === last.id)?.outcome.outcome, "accepted")
    const executed = exchange.arrivals.map(({ id }) => id)
    assert.strictEqual(new Set(executed).size, executed.length, "an order was executed twice")
    for (const { id, ruling } of exchange.arrivals) assert.strictEqual(ruling, "accepted", `order ${id}`)
    const told = new Map(outcomes.map(({ id, outcome }) => [id, outcome.outcome]))
    for (const id of executed) assert.include(["accepted", "unknown"], told.get(id), `order ${id}`)
  })
  return playToTheEnd(program)
}
