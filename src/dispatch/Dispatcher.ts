/**
 * The dispatcher: orders go in, each ends in exactly one outcome, and in between they leave for the exchange
 * as fast as its rate limits safely allow.
 *
 * Orders wait in one bounded queue. Each API key has a lane, a supervised fiber that takes the first order
 * as soon as its gate lets it send, so an order is bound to a key as late as possible.
 */
import { Cause, Clock, Context, Deferred, Duration, Effect, Exit, Layer, Scope, Stream } from "effect"
import type { ApiKey } from "../domain/ApiKey.ts"
import { type Acceptance, ExchangeClient } from "../venues/ExchangeClient.ts"
import { RequestTimeout } from "../domain/SubmitError.ts"
import { invariant } from "../platform/invariant.ts"
import { nowMsUnsafe, sleepUntil } from "../platform/Monotonic.ts"
import type { Order } from "../domain/Order.ts"
import { make as makeCircuit, type Outage } from "./Circuit.ts"
import { DispatchLog, type OutcomeEvent, type Retirement } from "../domain/DispatchEvent.ts"
import type { GateFactory } from "../limits/Gate.ts"
import { checkCount, checkKeys, checkTime } from "./InvalidOptions.ts"
import { noMemory, type Recall } from "../keys/KeyMemory.ts"
import { expire, type Lane, makeLane } from "./Lane.ts"
import { NONCE_JUMPS } from "./NonceSource.ts"
import { Ledger, type LedgerCounts, type OutcomesOverrun } from "./Ledger.ts"
import { type Entry, OrderLine } from "./OrderLine.ts"
import {
  type DispatchFailure,
  DuplicateOrder,
  ExchangeUnreachable,
  NoUsableKey,
  OrderCancelled,
  type SubmitFailure,
} from "./SubmitFailure.ts"

export interface DispatcherOptions {
  /** At least one key; each gets a lane. */
  readonly keys: ReadonlyArray<ApiKey>
  /** Decides when a key may send. */
  readonly gate: GateFactory
  /** How long an order is worth sending after its creation, or undefined for ever. */
  readonly ttl: Duration.Duration | undefined
  /** The client's request timeout: how long a stop waits for what is in flight. */
  readonly requestTimeout: Duration.Duration
  /** What is remembered of each key from former lives. Default: nothing. */
  readonly recall?: Recall
  /** Orders that may wait. Default 10,000. */
  readonly capacity?: number
  /** Times an order goes back to the head of the line after a definite refusal. Default 1. */
  readonly maxReturns?: number
  /**
   * Rate-limit errors after which a key is parked for the rest of the run. Default 5, half of what makes the
   * exercise's exchange block a key for good.
   */
  readonly parkAfter?: number
  /**
   * Rate-limit errors, over all lives of a key, after which the exchange blocks it for good: a key that is remembered to
   * have some is parked before it has them all. Default: it never does.
   */
  readonly blockAfter?: number
  /**
   * How far ahead a key's nonces jump, one after the other, when the exchange has seen greater ones; after the last
   * jump the key is parked. Default: a second, a minute, an hour, a day, thirty days, in milliseconds. Undefined: a
   * refused nonce is an order's bad luck, and nothing more.
   */
  readonly nonceJumps?: ReadonlyArray<number> | undefined
  /** How long nothing may be sent before the run fails, when the exchange was never reached. Default 3 s. */
  readonly firstContact?: Duration.Duration
  /** The same after it was reached once. Default 60 s. */
  readonly unreachableAfter?: Duration.Duration
}

/** What a dispatcher is doing at this moment. */
export interface DispatchSnapshot extends Readonly<LedgerCounts> {
  readonly queued: number
  readonly inFlight: number
  /** From the first attempt to connect that failed to the last, in milliseconds; 0 while the exchange is in contact. */
  readonly unreachableMs: number
  /** Why nothing is sent at the moment; undefined where the exchange is well. */
  readonly outage: Outage | undefined
  readonly lanes: ReadonlyArray<{
    readonly label: string
    readonly state: "active" | Retirement
    /** Permits out: requests that may still count in the exchange's window. */
    readonly used: number
    readonly rateLimitErrors: number
    /** How long the key is still kept quiet for what a former life has sent, in milliseconds. */
    readonly quietMs: number
  }>
}

export class Dispatcher extends Context.Service<
  Dispatcher,
  {
    /**
     * Takes an order, waiting for room, and succeeds when the exchange has accepted it. Interrupted, it
     * withdraws the order as long as it has not been sent.
     */
    readonly submit: (order: Order) => Effect.Effect<Acceptance, SubmitFailure>
    /** Takes an order, waiting for room, and does not wait for its outcome. */
    readonly enqueue: (order: Order) => Effect.Effect<void, DuplicateOrder | OrderCancelled | DispatchFailure>
    /** Takes an order if there is room at once, and says whether it did. */
    readonly offer: (order: Order) => Effect.Effect<boolean, DuplicateOrder>
    /** Every outcome from the moment the stream is run; it ends when the dispatcher has stopped. */
    readonly outcomes: Stream.Stream<OutcomeEvent, OutcomesOverrun>
    /** Waits until fewer than this many orders are queued. */
    readonly awaitBelow: (queued: number) => Effect.Effect<void>
    /** Waits until every order taken so far has reached its outcome. */
    readonly drained: Effect.Effect<void>
    /** Fails when the dispatcher cannot go on; it never succeeds. */
    readonly failed: Effect.Effect<never, DispatchFailure>
    readonly snapshot: Effect.Effect<DispatchSnapshot>
  }
>()("paceline/dispatch/Dispatcher") {}

const DEFAULTS = {
  recall: noMemory,
  capacity: 10_000,
  maxReturns: 1,
  parkAfter: 5,
  blockAfter: Number.POSITIVE_INFINITY,
  nonceJumps: NONCE_JUMPS,
  firstContact: Duration.seconds(3),
  unreachableAfter: Duration.seconds(60),
}

/** Throws {@link InvalidOptions}, which becomes a defect. */
const checkOptions = (options: Required<DispatcherOptions>): void => {
  checkKeys(options.keys)
  checkTime("ttl", options.ttl)
  checkTime("requestTimeout", options.requestTimeout)
  checkTime("firstContact", options.firstContact, true)
  checkTime("unreachableAfter", options.unreachableAfter, true)
  checkCount("capacity", options.capacity, 1)
  checkCount("maxReturns", options.maxReturns, 0, true)
  checkCount("parkAfter", options.parkAfter, 1, true)
  checkCount("blockAfter", options.blockAfter, 1, true)
  for (const jump of options.nonceJumps ?? []) checkCount("nonceJumps", jump, 1)
}

/** Attempts to connect that fail further apart than this do not make one outage: lanes try more than once a second. */
const LONGEST_GAP_MS = 10_000

/** How much longer than the request timeout a stop waits for a client that does not keep to it. */
const STOP_SLACK = Duration.seconds(1)

/**
 * Starts a dispatcher. Closing its scope stops it: no order is taken any more, the queued ones are
 * cancelled, and what is in flight is awaited for as long as a request may take. Dies of `InvalidOptions` where
 * it is given options that it cannot work with.
 */
export const make = Effect.fnUntraced(function* (options: DispatcherOptions) {
  const settings = { ...DEFAULTS, ...options }
  checkOptions(settings)
  const clock = yield* Clock.Clock
  const client = yield* ExchangeClient
  const log = yield* DispatchLog
  const ttlMs = settings.ttl === undefined ? Number.POSITIVE_INFINITY : Duration.toMillis(settings.ttl)
  const line = yield* OrderLine.make(settings.capacity)
  const ledger = new Ledger(log)
  const circuit = yield* makeCircuit
  const failure = Deferred.makeUnsafe<never, DispatchFailure>()
  let down: Cause.Cause<DispatchFailure> | undefined
  const laneScope = yield* Scope.make()
  const requestScope = yield* Scope.make("parallel")
  let stopping = false
  let reached = false
  let outOfContactSinceMs: number | undefined
  let lastNoContactMs: number | undefined

  /**
   * Nothing can be sent any more: whoever waits for an order that is still queued learns why, and so does
   * whoever comes later. What is in flight still reaches its outcome.
   */
  const goDown = (cause: Cause.Cause<DispatchFailure>): void => {
    if (down !== undefined) return
    down = cause
    cancelQueued(Exit.failCause(cause))
    Deferred.doneUnsafe(failure, Effect.failCause(cause))
  }

  const cancel = (entry: Entry, result: Exit.Exit<Acceptance, SubmitFailure>): void =>
    ledger.end(entry, { outcome: { outcome: "cancelled" }, request: undefined }, nowMsUnsafe(clock), result)

  const cancelQueued = (result?: Exit.Exit<Acceptance, SubmitFailure>): void => {
    // Taking one makes room for one that waits outside, so this empties both.
    for (let entry = line.take(); entry !== undefined; entry = line.take()) {
      if (entry.state !== "queued") continue
      cancel(entry, result ?? Exit.fail(new OrderCancelled({ orderId: entry.order.id })))
    }
  }

  const onNoContact = (atMs: number, code: string): void => {
    // A gap without attempts says nothing about the exchange.
    if (lastNoContactMs !== undefined && atMs - lastNoContactMs > LONGEST_GAP_MS)
      outOfContactSinceMs = undefined
    lastNoContactMs = atMs
    outOfContactSinceMs ??= atMs
    const patience = reached ? settings.unreachableAfter : settings.firstContact
    const silentMs = atMs - outOfContactSinceMs
    if (silentMs < Duration.toMillis(patience)) return
    goDown(Cause.fail(new ExchangeUnreachable({ code, seconds: silentMs / 1000 })))
  }

  const onRetired = (): void => {
    if (lanes.some((lane) => lane.state() === "active")) return
    const keys = lanes.map((lane) => ({
      label: lane.label,
      state: lane.parkReason() === "nonce" ? "out of step" : lane.state(),
    }))
    goDown(Cause.fail(new NoUsableKey({ keys })))
  }

  const lanes: ReadonlyArray<Lane> = yield* Effect.forEach(settings.keys, (key) =>
    Effect.flatMap(Effect.all([settings.gate(key), settings.recall(key)]), ([gate, memory]) =>
      makeLane(key, gate, memory, {
        line,
        ledger,
        log,
        client,
        circuit,
        requests: requestScope,
        maxReturns: settings.maxReturns,
        parkAfter: settings.parkAfter,
        blockAfter: settings.blockAfter,
        nonceJumps: settings.nonceJumps,
        isStopping: () => stopping || down !== undefined,
        onContact: () => {
          reached = true
          outOfContactSinceMs = undefined
        },
        onNoContact,
        onRetired,
        onDefect: goDown,
      }),
    ),
  )

  /** Ends orders whose time is over at the head of the line: they do not wait there for a lane to find them. */
  const reap: Effect.Effect<never> = Effect.forever(
    Effect.flatMap(line.first, (first) => {
      const nowMs = nowMsUnsafe(clock)
      if (nowMs < first.deadlineMs) return sleepUntil(first.deadlineMs)
      const entry = line.take()
      if (entry?.state === "queued") expire(ledger, entry, nowMs)
      return Effect.void
    }),
  )

  /** The same for those that are out of step, wherever they are. */
  const reapStrays: Effect.Effect<never> = Effect.forever(
    Effect.map(
      line.overdueStrays(() => nowMsUnsafe(clock)),
      (overdue) => {
        for (const entry of overdue) if (entry.state === "queued") expire(ledger, entry, nowMsUnsafe(clock))
      },
    ),
  )

  const stop = Effect.gen(function* () {
    stopping = true
    yield* Scope.close(laneScope, Exit.void)
    cancelQueued()
    for (const entry of ledger.held()) {
      // One whose request waits to be written down will not leave once it has ended: a disk that stands still is not awaited.
      if (entry.request === undefined || !entry.hasLeft)
        cancel(entry, Exit.fail(new OrderCancelled({ orderId: entry.order.id })))
    }
    yield* Effect.timeoutOption(ledger.empty, Duration.sum(settings.requestTimeout, STOP_SLACK))
    for (const entry of ledger.held()) {
      const nowMs = nowMsUnsafe(clock)
      invariant(entry.request !== undefined, `order ${entry.order.id} outlived the stop without a request`)
      const error = new RequestTimeout({ orderId: entry.order.id, key: entry.request.key })
      const request = { ...entry.request, settledMs: nowMs }
      ledger.end(
        entry,
        { outcome: { outcome: "unknown", cause: "timeout" }, request },
        nowMs,
        Exit.fail(error),
      )
    }
    yield* Scope.close(requestScope, Exit.void)
    ledger.close()
  })
  yield* Effect.addFinalizer(() => stop)

  /** Runs until the dispatcher stops. Should it die, which is a bug, the dispatcher fails with it. */
  const supervise = (fiber: Effect.Effect<void, DispatchFailure>) =>
    Effect.forkIn(
      Effect.tapCause(fiber, (cause) =>
        Effect.sync(() => {
          if (!Cause.hasInterruptsOnly(cause)) goDown(cause)
        }),
      ),
      laneScope,
    )
  yield* Effect.forEach(lanes, (lane) => supervise(lane.run), { discard: true })
  // Nothing is sent that cannot be remembered.
  if (options.recall !== undefined) {
    yield* Effect.forEach(lanes, ({ memory }) => supervise(memory.failed), { discard: true })
  }
  if (settings.ttl !== undefined) {
    yield* supervise(reap)
    yield* supervise(reapStrays)
  }

  const withdraw = (entry: Entry) =>
    Effect.sync(() => {
      entry.withdrawn = true
      if (entry.state === "in-flight" || entry.state === "ended") return
      line.remove([entry])
      cancel(entry, Exit.fail(new OrderCancelled({ orderId: entry.order.id })))
    })

  /** Brings an entry into the line, waiting for room for as long as the order is worth sending. */
  const admit = (entry: Entry): Effect.Effect<void> => {
    if (line.offer(entry)) return Effect.void
    return Effect.raceFirst(
      Effect.as(line.join(entry), true),
      Effect.as(sleepUntil(entry.deadlineMs), false),
    ).pipe(
      Effect.map((joined) => {
        if (!joined && (entry.state === "queued" || entry.state === "outside")) {
          expire(ledger, entry, nowMsUnsafe(clock))
        }
      }),
    )
  }

  const enter = (order: Order, result?: Deferred.Deferred<Acceptance, SubmitFailure>) =>
    Effect.suspend((): Effect.Effect<Entry, DuplicateOrder | OrderCancelled | DispatchFailure> => {
      if (down !== undefined) return Effect.failCause(down)
      if (stopping) return Effect.fail(new OrderCancelled({ orderId: order.id }))
      const entry = ledger.open(order, nowMsUnsafe(clock), ttlMs, result)
      return entry === undefined
        ? Effect.fail(new DuplicateOrder({ orderId: order.id }))
        : Effect.succeed(entry)
    })

  const offer = (order: Order): Effect.Effect<boolean, DuplicateOrder> =>
    Effect.suspend(() => {
      if (stopping || down !== undefined || line.isFull) return Effect.succeed(false)
      const entry = ledger.open(order, nowMsUnsafe(clock), ttlMs, undefined)
      if (entry === undefined) return Effect.fail(new DuplicateOrder({ orderId: order.id }))
      invariant(line.offer(entry), "a line that is not full refuses an order")
      return Effect.succeed(true)
    })

  return Dispatcher.of({
    submit: (order) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.suspend(() => {
          const result = Deferred.makeUnsafe<Acceptance, SubmitFailure>()
          return Effect.flatMap(enter(order, result), (entry) =>
            restore(Effect.andThen(admit(entry), Deferred.await(result))).pipe(
              Effect.onInterrupt(() => withdraw(entry)),
            ),
          )
        }),
      ),
    enqueue: (order) =>
      // As a rule there is room, and no need to wait for any: then it is done in one step.
      Effect.flatMap(offer(order), (taken) =>
        taken
          ? Effect.void
          : Effect.uninterruptibleMask((restore) =>
              Effect.flatMap(enter(order), (entry) =>
                Effect.onInterrupt(restore(admit(entry)), () => withdraw(entry)),
              ),
            ),
      ),
    offer,
    outcomes: Stream.unwrap(
      Effect.map(
        Effect.acquireRelease(ledger.subscribe, (queue) => Effect.sync(() => ledger.unsubscribe(queue))),
        Stream.fromQueue,
      ),
    ),
    awaitBelow: (queued) => line.awaitBelow(queued),
    drained: ledger.empty,
    failed: Deferred.await(failure),
    snapshot: Effect.sync(() => ({
      ...ledger.counts,
      queued: line.length,
      inFlight: ledger.inFlight,
      unreachableMs:
        outOfContactSinceMs === undefined
          ? 0
          : (lastNoContactMs ?? outOfContactSinceMs) - outOfContactSinceMs,
      outage: circuit.outage(nowMsUnsafe(clock)),
      lanes: lanes.map((lane) => ({
        label: lane.label,
        state: lane.state(),
        used: lane.gate.used(),
        rateLimitErrors: lane.rateLimitErrors(),
        quietMs: Math.max(0, lane.memory.quietUntilMs - nowMsUnsafe(clock)),
      })),
    })),
  })
})

/** A dispatcher as a layer; it stops when the layer's scope closes. Dies of `InvalidOptions`, as {@link make} does. */
export const layer = (options: DispatcherOptions): Layer.Layer<Dispatcher, never, ExchangeClient> =>
  Layer.effect(Dispatcher, make(options))
