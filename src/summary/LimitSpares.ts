/**
 * The least that a run spared of each of its limits, from its log's events. A limit may be shared by keys, and counts what came
 * before: so all events are to be told, also where a part of them is looked at.
 */
import type { LogEvent, OrderOutcome, OrderSent, RequestReturned, Settings } from "../journal/LogEvent.ts"
import { type LeastSpare, LoggedLimits } from "../journal/LoggedLimits.ts"
import { latestMsBy, LoggedReach, NEVER_SENT } from "../journal/LoggedReach.ts"

/** What is kept in mind: far more than any client has in flight. */
const MOST_KEPT = 10_000

/** A limit's least spare; null where no request that is looked at counts in it, or the log does not tell. */
export type LimitFigures = Omit<LeastSpare<unknown>, "request">

/** The limits of one run. */
class RunLimits {
  readonly #limits: LoggedLimits<OrderSent>
  readonly #reach: LoggedReach<OrderSent>
  /** By the order's id. */
  readonly #underWay = new Map<string, OrderSent>()
  #isKnown = true

  constructor(settings: Settings, limits: NonNullable<Settings["limits"]>) {
    this.#limits = new LoggedLimits(limits)
    this.#reach = new LoggedReach(settings)
  }

  add(event: LogEvent, isChosen: boolean): void {
    if (event.type === "sent") this.#sent(event, isChosen)
    else if (event.type === "returned" || event.type === "outcome") this.#ended(event)
    else if (event.type === "reach") this.#reach.changed(event.boundMs)
    else if (event.type === "ping") {
      if (event.time !== undefined) this.#limits.told(event.time, event.begunMs, event.atMs, event.atMs)
      for (const [request, latest] of this.#reach.pinged(event.begunMs, event.clearedMs, event.atMs))
        this.#limits.known(request, latestMsBy(latest, this.#reach.boundMs))
    }
  }

  #sent(request: OrderSent, isChosen: boolean): void {
    // Ends are missing, or this is no log of a client.
    if (this.#limits.kept > MOST_KEPT) this.#isKnown = false
    if (!this.#isKnown) return
    const { atMs, cost, id, key, scope = "" } = request
    this.#underWay.set(id, request)
    this.#limits.sent(request, { key, cost, scope, sentMs: atMs }, isChosen)
  }

  #ended({ atMs, id, request: times }: OrderOutcome | RequestReturned): void {
    if (times?.time !== undefined) this.#limits.told(times.time, times.sentMs, times.settledMs, atMs)
    const request = id === undefined ? undefined : this.#underWay.get(id)
    if (id === undefined || request === undefined) return
    this.#underWay.delete(id)
    // Of an order that was cancelled nothing had left.
    const latest = times === undefined ? NEVER_SENT : this.#reach.ended(request, times)
    if (latest !== undefined) this.#limits.known(request, latestMsBy(latest, this.#reach.boundMs))
  }

  get figures(): ReadonlyArray<LimitFigures> {
    return this.#limits.least.map(({ limit, of, spare }) => ({
      limit,
      of,
      spare: this.#isKnown ? spare : null,
    }))
  }
}

export class LimitSpares {
  #run: RunLimits | undefined

  /** @param isChosen whether the event is looked at */
  add(event: LogEvent, isChosen: boolean): void {
    if (event.type === "settings")
      this.#run = event.limits === undefined ? undefined : new RunLimits(event, event.limits)
    else this.#run?.add(event, isChosen)
  }

  /** Undefined where `limit` in each window of a key is all, or the log does not tell. */
  get figures(): ReadonlyArray<LimitFigures> | undefined {
    return this.#run?.figures
  }
}
