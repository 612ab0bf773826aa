/**
 * The dispatcher: orders go in, each ends in exactly one outcome, and in between they leave for the exchange
 * as fast as its rate limits safely allow.
 *
 * Orders wait in one bounded line. Each API key has a lane, a supervised fiber that takes the first order
 * as soon as its gate lets it send, so an order is bound to a key as late as possible.
 */
import { Cause, Clock, Context, Duration, Effect, Layer, Scope, Stream } from "effect"
import { DispatchLog, type OutcomeEvent, type ParkReason, type Retirement } from "../domain/DispatchEvent.ts"
import type { MadeOrder, InvalidOrder, Order } from "../domain/Order.ts"
import type { OrderCounts } from "../domain/Outcome.ts"
import { JoinedLimits, misfits } from "../limits/JoinedLimits.ts"
import { countedOf } from "../limits/scopedLimits.ts"
import { LiveReach } from "../limits/LiveReach.ts"
import { nowMsUnsafe } from "../platform/Monotonic.ts"
import { type Acceptance, ExchangeClient } from "../venues/ExchangeClient.ts"
import { Admission, type EnqueueFailure, type QueuedOrder } from "./Admission.ts"
import { type Circuit, make as makeCircuit, type Outage } from "./Circuit.ts"
import { checkOptions, type DispatcherOptions, withDefaults } from "./DispatcherOptions.ts"
import type { Entry } from "./Entry.ts"
import { Lane } from "./Lane.ts"
import type { LaneContext } from "./LaneContext.ts"
import { Ledger, type OutcomesOverrun } from "./Ledger.ts"
import { tellingOfOthers } from "./others.ts"
import { OrderLine } from "./OrderLine.ts"
import { Pinger } from "./Pinger.ts"
import { guardLog, guardPing } from "./outside.ts"
import { watchRefusals } from "./Refusals.ts"
import type { NoContact } from "./Silence.ts"
import { Standing } from "./Standing.ts"
import { Watchdog } from "./Watchdog.ts"
import {
  type DispatchFailure,
  type DuplicateOrder,
  EverythingRefused,
  NoUsableKey,
  type SubmitFailure,
} from "./SubmitFailure.ts"

/** What a dispatcher is doing at this moment. */
export interface DispatchSnapshot extends Readonly<OrderCounts> {
  readonly queued: number
  readonly inFlight: number
  /** Orders that expired while the exchange was away or wanted to be left alone, since it last accepted one. */
  readonly hindered: number
  /** Undefined while the exchange is in contact. */
  readonly noContact: NoContact | undefined
  /** Why nothing is sent at the moment; undefined where the exchange is well. */
  readonly outage: Outage | undefined
  /** How long so far nothing was sent because the exchange had said until when to wait, in milliseconds. */
  readonly heldMs: number
  readonly lanes: ReadonlyArray<{
    readonly label: string
    readonly state: "active" | Retirement
    /** Permits out: requests that may still count in the exchange's window. */
    readonly used: number
    readonly rateLimitErrors: number
    /** How long the key is still kept quiet for what a former life has sent, in milliseconds; at least so long while a ping is awaited. */
    readonly quietMs: number
  }>
}

export class Dispatcher extends Context.Service<
  Dispatcher,
  {
    /**
     * Takes an order, waiting for room, and succeeds when the exchange has accepted it; fails with what became of it instead.
     *
     * Interrupted, it withdraws the order where that has not left. Where it has left, the interruption waits for its
     * outcome, for the request timeout and a second at most. Either way `outcomes` has told which of the two it
     * was when the fiber ends. Whoever may interrupt and wants the answer in hand uses `enqueue`.
     *
     * @example
     * const submitted = dispatcher.submit({ id: "order-1", params: { side: "buy" } }).pipe(
     *   Effect.catchTag("OrderExpired", (late) => Effect.logWarning(late.message)),
     * )
     */
    readonly submit: (order: Order) => Effect.Effect<Acceptance, SubmitFailure>
    /** Takes an order, waiting for room, and does not wait for its outcome: that can be asked of what it answers. */
    readonly enqueue: (order: Order) => Effect.Effect<QueuedOrder, EnqueueFailure>
    /** Takes an order if there is room at once, and says whether it did. */
    readonly offer: (order: Order) => Effect.Effect<boolean, InvalidOrder | DuplicateOrder>
    /**
     * Every outcome from the moment the stream is run. It ends when the dispatcher has stopped, after the last outcome; the
     * stop waits until every reader has done with what it was told, for a second at most.
     *
     * @example
     * const reader = Stream.runForEach(dispatcher.outcomes, ({ id, outcome }) => Console.log(id, outcome.outcome))
     * yield* Effect.forkChild(reader, { startImmediately: true })
     */
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

/**
 * Starts a dispatcher. Closing its scope stops it: no order is taken any more, the queued ones are
 * cancelled, and what is in flight is awaited for as long as a request may take. Dies of `InvalidOptions` where
 * it is given options that it cannot work with.
 */
export const make = Effect.fnUntraced(function* (options: DispatcherOptions) {
  const settings = withDefaults(options)
  checkOptions(settings)
  const { requestTimeout, ttl } = settings
  const clock = yield* Clock.Clock
  const logGiven = yield* DispatchLog
  const reach =
    options.reach ??
    new LiveReach({ boundMs: undefined, requestTimeoutMs: Duration.toMillis(requestTimeout) })
  const log = logOf(logGiven, { ...options, reach }, (failure) => standing.goDown(Cause.fail(failure)))
  const line = yield* OrderLine.make(settings.capacity, joined(options.limits))
  const ledger = new Ledger(log, (atMs) => circuit.hindrance(atMs) ?? codeless(allAskedToWait(lanes, atMs)))
  const standing = new Standing(line, ledger, clock)
  const circuit: Circuit = yield* makeCircuit({
    ...settings,
    onUnreachable: (failure) => standing.goDown(Cause.fail(failure)),
    onHold: (untilMs) => {
      for (const { memory } of lanes) memory.onHold(untilMs, "all")
    },
  })
  const watchdog = yield* Watchdog.make(requestTimeout)
  const client = yield* ExchangeClient
  const ping = guardPing(client, watchdog)
  const pinger = yield* Pinger.make({ ...options, ping, reach, circuit, record: log.record })
  const laneScope = yield* Scope.make()
  const requestScope = yield* Scope.make("parallel")
  const lanes: ReadonlyArray<Lane> = yield* makeLanes(settings, {
    ...settings,
    line,
    ledger,
    log,
    client,
    circuit,
    pinger,
    reach,
    requests: requestScope,
    watchdog,
    whyCancelled: () => standing.whyCancelled,
    isStopping: () => standing.isOver,
    ...watchRefusals(
      settings.stopAfterRefusals,
      () => lanes.filter(isActive).length,
      ({ orders }, said) => standing.goDown(Cause.fail(new EverythingRefused({ orders, said: said.text }))),
    ),
    onRetired: () => {
      if (!lanes.some(isActive)) standing.goDown(noUsableKey(lanes))
    },
    onDefect: (cause) => standing.goDown(cause),
  })
  // A former life may have been told so.
  circuit.hold(Math.max(...lanes.map(({ memory }) => memory.held.all)))
  yield* Effect.addFinalizer(() => standing.stop(laneScope, requestScope, requestTimeout))

  yield* standing.supervise(reach.comingBack, laneScope)
  yield* standing.supervise(watchdog.run, requestScope)
  yield* standing.supervise(pinger.run, laneScope)
  const always = [...line.lookWhenDue(clock), ...(ttl === undefined ? [] : [reap(line, ledger, clock)])]
  for (const fiber of [...fibersOf(lanes, options), ...always]) yield* standing.supervise(fiber, laneScope)

  const ttlMs = ttl === undefined ? Number.POSITIVE_INFINITY : Duration.toMillis(ttl)
  const misfit = problemsOf(client, options.limits)
  const { enqueue, offer, submit } = new Admission(line, ledger, standing, clock, ttlMs, misfit)
  return Dispatcher.of({
    submit,
    enqueue,
    offer,
    outcomes: ledger.outcomes,
    awaitBelow: (queued) => line.awaitBelow(queued),
    drained: ledger.empty,
    failed: standing.failed,
    snapshot: Effect.sync(() => snapshotOf(line, ledger, circuit, lanes, nowMsUnsafe(clock))),
  })
})

/** Why an order can never be sent: the exchange cannot take it, or it finds no room in a limit. */
const problemsOf = (
  { problemOf }: ExchangeClient["Service"],
  limits: DispatcherOptions["limits"],
): ((order: MadeOrder) => string | undefined) => {
  const misfit = misfits(limits ?? [])
  return problemOf === undefined ? misfit : (order) => problemOf(order) ?? misfit(order)
}

/** Limits of orders that wait. */
const joined = (limits: DispatcherOptions["limits"]): JoinedLimits<Entry> | undefined =>
  limits &&
  new JoinedLimits(
    limits.map((limit) => ({
      ...limit,
      scopeOf: ({ order }) => limit.scopeOf(order),
      costOf: ({ order }) => limit.costOf(order),
    })),
  )

/** The log that was given, which fails nobody, and from which reach and clock learn what they must before anybody goes on. */
const logOf = (
  given: DispatchLog,
  { clock, reach }: Pick<DispatcherOptions, "clock"> & { readonly reach: LiveReach },
  onFailure: Parameters<typeof guardLog>[1],
): DispatchLog => {
  const kept = guardLog(given, onFailure)
  reach.tell((change) => kept.record({ type: "reach", ...change }))
  return {
    ready: kept.ready,
    committed: kept.committed,
    record: (event) => {
      kept.record(event)
      reach.onEvent(event)
      // Nothing that the journal does not tell: it must prove what the limits have made of it.
      clock?.onEvent(event)
    },
  }
}

/** All lanes, and what fails when one cannot remember any more: then nothing is sent. */
const fibersOf = (lanes: ReadonlyArray<Lane>, { recall }: Pick<DispatcherOptions, "recall">) => [
  ...lanes.map(({ run }) => run),
  ...(recall === undefined ? [] : lanes.map(({ memory }) => memory.failed)),
]

const isActive = ({ health }: Lane): boolean => health.state === "active"

/** As orders that expire meanwhile tell of it: it has no platform's error code. */
const codeless = (outage: Outage | undefined) => outage && { kind: outage.kind, code: undefined }

/** Shorter waits of all keys are no outage: a quota's windows go round. */
const SHORT_MS = 1000

/** Where the exchange has told every key for itself to wait. */
const allAskedToWait = (lanes: ReadonlyArray<Lane>, nowMs: number): Outage | undefined => {
  const asked = lanes.filter(isActive).map(({ health }) => health.asked)
  const sinceMs = Math.max(...asked.map((wait) => wait.sinceMs))
  const untilMs = Math.min(...asked.map((wait) => wait.untilMs))
  if (asked.length === 0 || untilMs <= nowMs || untilMs - sinceMs <= SHORT_MS) return undefined
  return { kind: "asks-to-wait", forMs: nowMs - sinceMs, retryInMs: untilMs - nowMs }
}

const makeLanes = (
  {
    gate,
    keys,
    limits = [],
    recall,
  }: Required<Pick<DispatcherOptions, "gate" | "keys" | "recall">> & Pick<DispatcherOptions, "limits">,
  shared: Omit<LaneContext, "counted" | "nonceUnit" | "onOthers">,
) => {
  const { nonceUnit = "ms" } = shared.client
  const onOthers = tellingOfOthers(shared.log.record)
  const context: LaneContext = { ...shared, nonceUnit, counted: countedOf(limits), onOthers }
  return Effect.forEach(keys, (key) =>
    Effect.gen(function* () {
      const memory = yield* recall(key)
      return yield* Lane.make(key, yield* gate(key, memory.outUntilMs), memory, context)
    }),
  )
}

/** What a parked key is called, where that says more. */
const NAMES: Readonly<Record<ParkReason, string | undefined>> = {
  "rate-limit": undefined,
  nonce: "out of step",
  refusals: "refused",
}

const noUsableKey = (lanes: ReadonlyArray<Lane>): Cause.Cause<NoUsableKey> => {
  const keys = lanes.map(({ health, label }) => ({
    label,
    state: NAMES[health.parkReason ?? "rate-limit"] ?? health.state,
  }))
  return Cause.fail(new NoUsableKey({ keys }))
}

/** Ends orders whose time to live is over while they wait: they do not wait for a lane to find them. */
const reap = (line: OrderLine, ledger: Ledger, clock: Clock.Clock): Effect.Effect<never> => {
  const nowMs = () => nowMsUnsafe(clock)
  return Effect.forever(
    Effect.map(line.overdue(nowMs), (overdue) => {
      for (const entry of overdue) if (entry.state === "queued") ledger.expire(entry, nowMs())
    }),
  )
}

const snapshotOf = (
  line: OrderLine,
  ledger: Ledger,
  circuit: Circuit,
  lanes: ReadonlyArray<Lane>,
  nowMs: number,
): DispatchSnapshot => ({
  ...ledger.counts,
  queued: line.length,
  inFlight: ledger.inFlight,
  hindered: ledger.hindered,
  noContact: circuit.noContact(),
  outage: circuit.outage(nowMs) ?? allAskedToWait(lanes, nowMs),
  heldMs: circuit.heldMs(nowMs),
  lanes: lanes.map(({ gate, health, label, quietMs }) => ({
    label,
    state: health.state,
    used: gate.used(),
    rateLimitErrors: health.rateLimitErrors,
    quietMs: quietMs(nowMs),
  })),
})

/** A dispatcher as a layer; it stops when the layer's scope closes. Dies of `InvalidOptions`, as {@link make} does. */
export const layer = (options: DispatcherOptions): Layer.Layer<Dispatcher, never, ExchangeClient> =>
  Layer.effect(Dispatcher, make(options))
