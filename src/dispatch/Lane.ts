/**
 * A lane: the fiber of one API key. It asks its gate, takes an order only when it may send at once, sends it,
 * and turns to the next without waiting for the answer.
 */
import { Clock, Deferred, Effect, Latch } from "effect"
import type { ApiKey } from "../domain/ApiKey.ts"
import type { Retirement } from "../domain/DispatchEvent.ts"
import type { KeyMemory } from "../keys/KeyMemory.ts"
import type { Gate, Passage } from "../limits/Gate.ts"
import type { Held } from "../limits/JoinedLimits.ts"
import { invariant } from "../platform/invariant.ts"
import { nowMsUnsafe, sleepUntil } from "../platform/Monotonic.ts"
import type { Attempt } from "./Attempt.ts"
import type { Report } from "./Circuit.ts"
import type { Entry } from "./Entry.ts"
import {
  afterAccepted,
  afterAdvice,
  afterSend,
  afterVerdict,
  type KeyHealth,
  newHealth,
  quietUntil,
  hasRoom,
  type Remedy,
} from "./KeyHealth.ts"
import type { LaneContext } from "./LaneContext.ts"
import { saidBy } from "./Refusals.ts"
import { nextNonce } from "./nonces.ts"
import { Request, type RequestOwner } from "./Request.ts"

export class Lane {
  readonly label: string
  readonly gate: Gate
  readonly memory: KeyMemory
  readonly #key: ApiKey
  readonly #context: LaneContext
  readonly #clock: Clock.Clock
  readonly #owner: RequestOwner
  readonly #retired = Deferred.makeUnsafe<void>()
  #health: KeyHealth
  /** Until then the key is kept quiet for what former lives have sent; a ping that is still awaited may tell a later time. */
  #quietUntilMs: number
  #awaitsPing = false
  /** Requests that have left, or are about to, of which it is not known what the exchange made of them. */
  #inFlight = 0
  /** It has been called to look at an order: if it cannot take it, the next lane must. */
  #isCalled = false
  /** Opened whenever one of them is known. */
  readonly #oneLess = Latch.makeUnsafe()

  private constructor(key: ApiKey, gate: Gate, memory: KeyMemory, context: LaneContext, clock: Clock.Clock) {
    this.label = key.label
    this.gate = gate
    this.memory = memory
    this.#key = key
    this.#context = context
    this.#clock = clock
    this.#owner = this.#ownerOf()
    // A former life may have been told so.
    this.#health = afterAdvice(newHealth(memory, context), memory.held.key, nowMsUnsafe(clock))
    this.#quietUntilMs = memory.quietUntilMs
    context.line.recall(key.label, memory.formerCosts)
    this.#awaitsPing = memory.unansweredWindowMs !== undefined && context.client.ping !== undefined
  }

  static readonly make = (
    key: ApiKey,
    gate: Gate,
    memory: KeyMemory,
    context: LaneContext,
  ): Effect.Effect<Lane> =>
    Clock.clockWith((clock) => Effect.sync(() => new Lane(key, gate, memory, context, clock)))

  get health(): KeyHealth {
    return this.#health
  }

  /** How long the key is still kept quiet, in milliseconds; more than 0 while a ping is awaited. */
  readonly quietMs = (nowMs: number): number => Math.max(this.#awaitsPing ? 1 : 0, this.#quietUntilMs - nowMs)

  get #isActive(): boolean {
    return this.#health.state === "active"
  }

  get #nowMs(): number {
    return nowMsUnsafe(this.#clock)
  }

  get #nextNonce(): number {
    return nextNonce(this.#health.lastNonce, this.#clock.currentTimeMillisUnsafe(), this.#context.nonceUnit)
  }

  #ownerOf(): RequestOwner {
    const { circuit } = this.#context
    return {
      key: this.#key,
      memory: this.memory,
      mayLeave: (entry, nonce) =>
        this.#isActive &&
        !entry.withdrawn &&
        this.#nowMs < entry.deadlineMs &&
        this.#nowMs >= this.#health.holdUntilMs &&
        this.#nowMs >= circuit.heldUntilMs() &&
        nonce <= this.memory.reservedNonce(),
      onAdvice: ({ exchangeMs, keyMs }, atMs) => {
        if (keyMs > 0) {
          this.#health = afterAdvice(this.#health, atMs + keyMs, atMs)
          this.memory.onHold(this.#health.holdUntilMs, "key")
        }
        if (exchangeMs > 0) circuit.hold(atMs + exchangeMs)
      },
      learn: (done) => this.#learn(done),
      onKnown: () => {
        this.#inFlight -= 1
        this.#oneLess.openUnsafe()
      },
    }
  }

  /** Runs until the key is retired or the lane is interrupted. */
  get run(): Effect.Effect<void> {
    // It waits for its gate and for orders often enough; to yield besides would only make orders older.
    const { log } = this.#context
    const sendOne = Effect.flatten(this.#sendOne)
    const loop = Effect.forever(
      Effect.flatMap(log.ready, () => sendOne),
      { disableYield: true },
    )
    return Effect.suspend(() => {
      if (!this.#isActive) this.#retire("parked", this.#nowMs)
      // A key that sends nothing waits, too: what it has sent may count in limits that others share.
      const sending = Effect.andThen(this.#context.pinger.introduced, loop)
      return Effect.andThen(this.#awaitFormerLives, Effect.raceFirst(sending, Deferred.await(this.#retired)))
    })
  }

  /**
   * What former lives have sent without an answer may still come to the exchange. A ping tells by when it has, also where the
   * exchange stood still; but a life that was killed has reset no connection, so time must have passed as well.
   */
  get #awaitFormerLives(): Effect.Effect<void> {
    const { client, line, pinger } = this.#context
    const { quietUntilMs, unansweredWindowMs: windowMs } = this.memory
    if (windowMs === undefined) return Effect.void
    // Where there are no pings, time alone tells, and that is in the memory already.
    const onCleared = (clearedMs: number) => {
      line.clearFormer(this.label, this.memory.onFormerCleared(clearedMs))
    }
    if (client.ping === undefined) return Effect.sync(() => onCleared(Number.NEGATIVE_INFINITY))
    return Effect.map(pinger.cleared, (clearedMs) => {
      onCleared(clearedMs)
      this.#health = quietUntil(this.#health, clearedMs + windowMs)
      this.#quietUntilMs = Math.max(quietUntilMs, clearedMs + windowMs)
      this.#awaitsPing = false
    })
  }

  get #hasRoom(): boolean {
    return hasRoom(this.#health, this.#inFlight, this.#context.blockAfter)
  }

  /** Waits until the answers in flight leave room for one more, should all of them be errors. */
  readonly #room: Effect.Effect<void> = Effect.suspend(() => {
    if (this.#hasRoom) return Effect.void
    this.#oneLess.closeUnsafe()
    return Effect.andThen(this.#oneLess.await, this.#room)
  })

  /**
   * Sends one order where all agree, and answers what to wait for before the next. From the look at the first order to the
   * request's own fiber nothing can interrupt: an order that has left the line always reaches an outcome.
   */
  get #sendOne(): Effect.Effect<Effect.Effect<void>> {
    const { circuit, line } = this.#context
    return Effect.uninterruptibleMask((restore) => {
      const nowMs = this.#nowMs
      const wasCalled = this.#isCalled
      this.#isCalled = false
      const obstacle = this.#obstacle(nowMs)
      if (obstacle !== undefined) return Effect.succeed(wasCalled ? this.#callNext : obstacle)
      const called = line.orderFor(this.label, nowMs)
      if (called !== undefined) return Effect.succeed(this.#onCall(called))
      const nonce = this.#nextNonce
      if (nonce > this.memory.reservedNonce()) {
        line.passOn()
        return Effect.succeed(this.memory.reserve(nonce))
      }
      const send = circuit.isClosed() ? this.#sendFirst(nonce, nowMs, circuit.watch()) : this.#probe(restore)
      return Effect.as(send, Effect.void)
    })
  }

  /** What to wait for before an order may be taken; undefined where nothing keeps the lane from it. */
  #obstacle(nowMs: number): Effect.Effect<void> | undefined {
    const { circuit } = this.#context
    if (nowMs < this.#health.holdUntilMs) return sleepUntil(this.#health.holdUntilMs)
    if (!circuit.mayTry(nowMs)) return circuit.tryable
    if (!this.gate.isReady()) return this.gate.ready
    return this.#hasRoom ? undefined : this.#room
  }

  #onCall(called: Effect.Effect<void>): Effect.Effect<void> {
    return Effect.map(called, () => {
      this.#isCalled = true
    })
  }

  /**
   * Lets the next lane look. First whoever woke this one may finish: a thousand lanes would otherwise wake each other in one
   * stack.
   */
  get #callNext(): Effect.Effect<void> {
    return Effect.map(Effect.yieldNow, () => this.#context.line.passOn())
  }

  /** With the circuit open: sends one order ahead of all others. */
  #probe(restore: <A>(effect: Effect.Effect<A>) => Effect.Effect<A>): Effect.Effect<void> {
    const tryFirst = (report: Report) =>
      Effect.suspend(() => {
        const nowMs = this.#nowMs
        const nonce = this.#nextNonce
        // Everything may have changed before the circuit let us try.
        const isReady =
          this.#isActive && this.#hasRoom && this.gate.isReady() && nowMs >= this.#health.holdUntilMs
        return isReady && nonce <= this.memory.reservedNonce()
          ? this.#sendFirst(nonce, nowMs, report)
          : Effect.succeed(false)
      })
    return this.#context.circuit.probe(tryFirst, restore)
  }

  /** Takes the first order that is still worth sending and sends it; answers false where there is none. */
  #sendFirst(nonce: number, nowMs: number, report: Report): Effect.Effect<boolean> {
    const { ledger, line } = this.#context
    const { label } = this
    for (let entry = line.takeFor(label, nowMs); entry !== undefined; entry = line.takeFor(label, nowMs)) {
      if (entry.state !== "queued") continue
      if (nowMs < entry.deadlineMs) return Effect.as(this.#send(entry, nonce, nowMs, report), true)
      ledger.expire(entry, nowMs)
    }
    return Effect.succeed(false)
  }

  #send(entry: Entry, nonce: number, sentMs: number, report: Report): Effect.Effect<void> {
    const { ledger, line, log } = this.#context
    const held = line.hold(entry, this.label, sentMs)
    invariant(this.#isActive, `${this.label} sends after it was retired`)
    invariant(sentMs < entry.deadlineMs, `order ${entry.order.id} is sent after its time to live`)
    invariant(nonce > this.#health.lastNonce, `${this.label} repeats a nonce`)
    this.#health = afterSend(this.#health, nonce)
    this.#inFlight += 1
    this.memory.onSent(nonce, entry.order)
    const open = ledger.depart(entry, this.label, nonce, sentMs)
    log.record({
      type: "sent",
      atMs: sentMs,
      id: entry.order.id,
      createdMs: entry.createdMs,
      key: this.label,
      nonce,
      attempt: open.attempt,
      ...this.#context.counted(entry.order),
    })
    return Effect.flatMap(
      this.gate.begin(sentMs),
      (passage) =>
        new Request(
          entry,
          open,
          held === undefined ? passage : withLimits(passage, held, this.#context.onOthers),
          report,
          this.#owner,
          this.#context,
          this.#clock,
        ).follow,
    )
  }

  /** What an attempt tells about the key. Answers whether its order may go back to the line whatever it has been through. */
  #learn({ atMs, request: { nonce, sentMs }, result }: Attempt): boolean {
    if (result.kind === "withheld") return false
    if (result.kind === "accepted") {
      this.#health = afterAccepted(this.#health, nonce)
      this.#context.onAccepted()
      return false
    }
    const { error, verdict } = result
    const said = saidBy(error, verdict)
    if (said !== undefined) this.#context.onRefusal(said, this.label)
    if (verdict.kind === "refused" && verdict.reason === "nonce") this.gate.overtaken()
    const wallMs = this.#clock.currentTimeMillisUnsafe()
    const failure = { verdict, said, nonce, sentMs, atMs, wallMs }
    const [health, remedy] = afterVerdict(this.#health, failure, this.#context)
    this.#health = health
    if (verdict.kind === "refused" && verdict.reason === "rate-limit") {
      // Limits know what a refusal fills of them. The gate's window is then so wide that nobody was refused for it.
      if (!this.#context.line.isLimited) this.gate.rateLimited(atMs)
      this.memory.onRateLimitError(health.recentErrorsMs)
    }
    this.#apply(remedy, nonce, atMs)
    return remedy.remedy === "await-later" || remedy.remedy === "resynchronise"
  }

  #apply(remedy: Remedy, nonce: number, atMs: number): void {
    switch (remedy.remedy) {
      case "nothing":
      case "await-later":
        return
      case "resynchronise": {
        const { by, jump } = remedy
        const jumped = { type: "nonce-jump", atMs, key: this.label, refused: nonce, by, jump } as const
        return this.#context.log.record(jumped)
      }
      case "park":
        return this.#retire("parked", atMs)
      case "retire":
        return this.#retire(remedy.state, atMs)
    }
  }

  #retire(state: Retirement, atMs: number): void {
    const { parkReason: reason, rateLimitErrors, streak } = this.#health
    const said = reason === "refusals" ? streak.said?.text : undefined
    this.#context.log.record({ type: "key", atMs, key: this.label, state, reason, said, rateLimitErrors })
    Deferred.doneUnsafe(this.#retired, Effect.void)
    this.memory.onRetired()
    this.#context.onRetired()
  }
}

/**
 * A request that its limits are told of, too. An answered one has arrived when its answer is there: whatever bound is given, no
 * limit rests on it.
 */
const withLimits = (passage: Passage, held: Held, onOthers: LaneContext["onOthers"]): Passage => ({
  onWritten: passage.onWritten,
  onRefused: held.refused,
  onCounts: (counts, atMs) => {
    for (const others of held.observe(counts, atMs)) onOthers(others, atMs)
  },
  onEnded: (ending, atMs, isLate) => {
    passage.onEnded(ending, atMs, isLate)
    if (ending !== "lost") held.settle(ending === "answered" ? atMs : Number.NEGATIVE_INFINITY)
  },
  onCleared: (latestMs) => {
    passage.onCleared(latestMs)
    held.settle(latestMs)
  },
})
