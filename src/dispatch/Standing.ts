/**
 * Whether the dispatcher takes and sends orders: yes; or it is down, because it cannot go on; or it is being stopped. And what
 * becomes then of the orders that it holds.
 */
import { Cause, Clock, Deferred, Duration, Effect, Exit, Fiber, Scope } from "effect"
import type { OrderEnd } from "../domain/DispatchEvent.ts"
import { RequestTimeout } from "../domain/SubmitError.ts"
import { invariant } from "../platform/invariant.ts"
import { nowMsUnsafe } from "../platform/Monotonic.ts"
import type { Ledger } from "./Ledger.ts"
import type { OrderLine } from "./OrderLine.ts"
import { TIMEOUT_SLACK } from "./requestTimeout.ts"
import type { DispatchFailure } from "./SubmitFailure.ts"

export class Standing {
  readonly #line: OrderLine
  readonly #ledger: Ledger
  readonly #clock: Clock.Clock
  readonly #failure = Deferred.makeUnsafe<never, DispatchFailure>()
  #down: Cause.Cause<DispatchFailure> | undefined
  #isStopping = false

  constructor(line: OrderLine, ledger: Ledger, clock: Clock.Clock) {
    this.#line = line
    this.#ledger = ledger
    this.#clock = clock
  }

  /** Why it cannot go on; undefined while it can. */
  get down(): Cause.Cause<DispatchFailure> | undefined {
    return this.#down
  }

  /** It takes no order any more, and none goes back to the line. */
  get isOver(): boolean {
    return this.#isStopping || this.#down !== undefined
  }

  /** Fails when the dispatcher cannot go on; it never succeeds. */
  get failed(): Effect.Effect<never, DispatchFailure> {
    return Deferred.await(this.#failure)
  }

  /**
   * Nothing can be sent any more: whoever waits for an order that is still queued learns why, and so does
   * whoever comes later. What is in flight still reaches its outcome.
   */
  goDown(cause: Cause.Cause<DispatchFailure>): void {
    if (this.#down !== undefined) return
    this.#down = cause
    this.#cancelQueued(cause)
    this.#cancelUnsent(cause)
    Deferred.doneUnsafe(this.#failure, Effect.failCause(cause))
  }

  /** Runs until the dispatcher stops. Should it fail, or die of a bug, the dispatcher goes down with it. */
  supervise(fiber: Effect.Effect<void, DispatchFailure>, scope: Scope.Scope) {
    const watched = Effect.tapCause(fiber, (cause) =>
      Effect.sync(() => {
        if (!Cause.hasInterruptsOnly(cause)) this.goDown(cause)
      }),
    )
    return Effect.forkIn(watched, scope)
  }

  /**
   * Stops the lanes, cancels what has not left, and awaits what has for as long as a request may take. What has no answer by
   * then is unknown.
   */
  stop(
    lanes: Scope.Closeable,
    requests: Scope.Closeable,
    requestTimeout: Duration.Duration,
  ): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      this.#isStopping = true
      yield* Scope.close(lanes, Exit.void)
      this.#cancelQueued(this.whyCancelled)
      this.#cancelUnsent(this.whyCancelled)
      yield* Effect.timeoutOption(this.#ledger.empty, Duration.sum(requestTimeout, TIMEOUT_SLACK))
      this.#giveUp()
      // A client that cannot be interrupted holds up nobody, and neither does a reader of outcomes that has stopped to read.
      yield* withinSlack(Scope.close(requests, Exit.void))
      yield* withinSlack(this.#ledger.close)
    })
  }

  /** Why an order is not sent any more. */
  get whyCancelled(): Cause.Cause<DispatchFailure> | "stopped" {
    return this.#down ?? "stopped"
  }

  #cancelQueued(cause: Cause.Cause<DispatchFailure> | "stopped"): void {
    // Taking one makes room for one that waits outside, so this empties both.
    for (let entry = this.#line.take(); entry !== undefined; entry = this.#line.take()) {
      if (entry.state === "queued") this.#ledger.cancel(entry, nowMsUnsafe(this.#clock), cause)
    }
  }

  /** One whose request waits to be written down will not leave once it has ended: a disk that stands still is not awaited. */
  #cancelUnsent(cause: Cause.Cause<DispatchFailure> | "stopped"): void {
    for (const entry of this.#ledger.held()) {
      // Whoever hears of one may end another meanwhile.
      if (entry.state !== "ended" && !entry.hasLeft)
        this.#ledger.cancel(entry, nowMsUnsafe(this.#clock), cause)
    }
  }

  #giveUp(): void {
    for (const entry of this.#ledger.held()) {
      if (entry.state === "ended") continue
      const nowMs = nowMsUnsafe(this.#clock)
      invariant(entry.request !== undefined, `order ${entry.order.id} outlived the stop without a request`)
      const error = new RequestTimeout({ orderId: entry.order.id, key: entry.request.key })
      const request = { ...entry.request, settledMs: nowMs }
      const end: OrderEnd = { outcome: { outcome: "unknown", cause: "timeout" }, request }
      this.#ledger.end(entry, end, nowMs, Exit.fail(error))
    }
  }
}

/** Waits for it a little, and lets it go on by itself where that is not enough. */
const withinSlack = (effect: Effect.Effect<void>): Effect.Effect<void> =>
  Effect.flatMap(Effect.forkDetach(effect, { startImmediately: true }), (fiber) =>
    fiber.pollUnsafe() === undefined
      ? Effect.asVoid(Effect.timeoutOption(Fiber.await(fiber), TIMEOUT_SLACK))
      : Effect.void,
  )
