/** Plays a world: a client that sends as soon as its limits let it, and the exchange's own counters. */
import { ExchangeClock } from "../../../src/limits/ExchangeClock.ts"
import { TimeHeap } from "../../../src/platform/TimeHeap.ts"
import type { Counter } from "../../../src/exchange/counters/Counter.ts"
import { counterOf, limitOf, type LimitOf, type Policy } from "./rules.ts"
import type { Journey, World } from "./worlds.ts"

export interface Sent {
  readonly cost: number
  readonly actualCost: number
  readonly sentMs: number
  readonly arrivedMs: number | undefined
  readonly knownMs: number
  readonly latestMs: number
}

export interface Played {
  readonly sent: ReadonlyArray<Sent>
  /** Arrivals that a counter refused. */
  readonly refused: number
  /** How close it was to refusals: the sum over all arrivals of the counters' share in use, to the eighth power. */
  readonly pressure: number
  /** Requests that could not be sent though nothing was on its way. */
  readonly starved: number
  /** By how much a limit's level rose without a send, at most. */
  readonly rise: number
  /** How often there was room before the limits said so. */
  readonly misses: number
  /** What answers showed of others. */
  readonly foreign: number
}

export interface PlayOptions {
  readonly limitOf?: LimitOf
  /** Looks at a world's answers in its own way. */
  readonly observe?: (
    exchange: ExchangeClock,
    showsMs: number,
    resolutionMs: number,
    sentMs: number,
    settledMs: number,
  ) => void
  /** The client takes over with its limits as they are. */
  readonly forgetsFormer?: boolean
  /** Answers tell what is counted, and the first is awaited. */
  readonly reports?: boolean
  /** How a client looks at that. */
  readonly reading?: (limit: Policy, used: number, mark: number, nowMs: number) => number
}

/** When a request arrives, and when the client learns how late that can have been. */
export const travel = (
  { backMs, fate, onWayMs }: Journey,
  sentMs: number,
  { boundMs, slackMs }: Pick<World, "boundMs" | "slackMs">,
): Pick<Sent, "arrivedMs" | "knownMs" | "latestMs"> => {
  const onWay = Math.min(onWayMs, boundMs ?? onWayMs)
  switch (fate) {
    case "answered": {
      const knownMs = sentMs + onWay + backMs
      const latestMs =
        boundMs === undefined ? knownMs : Math.max(sentMs + onWay, Math.min(knownMs, sentMs + boundMs))
      return { arrivedMs: sentMs + onWay, knownMs, latestMs }
    }
    case "lost":
    case "swallowed": {
      const knownMs = sentMs + backMs
      const latestMs = knownMs + slackMs
      return {
        arrivedMs: fate === "lost" ? Math.min(sentMs + onWay, latestMs) : undefined,
        knownMs,
        latestMs,
      }
    }
    case "never-left":
      return { arrivedMs: undefined, knownMs: sentMs + backMs, latestMs: Number.NEGATIVE_INFINITY }
  }
}

/** So long before it said so a limit has no room. */
const EPSILON_MS = 1e-3

class Play {
  readonly #world: World
  readonly #events = new TimeHeap<() => void>()
  readonly #counters: ReadonlyArray<Counter>
  readonly #limits: ReadonlyArray<Policy>
  readonly #levels: Array<number>
  readonly exchange = new ExchangeClock()
  readonly sent: Array<Sent> = []
  readonly #options: PlayOptions
  refused = 0
  pressure = 0
  rise = 0
  misses = 0
  starved = 0
  foreign = 0

  constructor(world: World, options: PlayOptions) {
    this.#world = world
    this.#options = options
    this.#counters = world.rules.map(counterOf)
    this.#limits = world.rules.map((rule) => (options.limitOf ?? limitOf)(rule, this.exchange))
    this.#levels = this.#limits.map(() => 0)
  }

  /** What the exchange's clock shows. */
  #shows(nowMs: number): number {
    return this.#world.offsetMs + nowMs * (1 + this.#world.drift)
  }

  #capacity(): number {
    return Math.min(...this.#limits.map(({ capacity }) => capacity))
  }

  takeOver(beginMs: number): void {
    const endedMs = beginMs + this.#world.leaseMs
    const former = this.#world.former.map(([agoMs, share]) => [endedMs - agoMs, this.costOf(share)] as const)
    for (const [atMs, cost] of former.toSorted(([a], [b]) => a - b))
      for (const counter of this.#counters) counter.pass(cost, this.#shows(atMs))
    if (former.length === 0 || this.#options.forgetsFormer === true) return
    for (const limit of this.#limits) limit.fill(endedMs)
    this.#setLevels(beginMs)
  }

  #arrive(cost: number, atMs: number, reported: Array<number>): void {
    this.#counters.forEach((counter, index) => {
      const shows = this.#shows(atMs)
      const capacity = this.#world.rules[index]?.limit ?? 0
      this.pressure += ((counter.used(shows) + cost) / capacity) ** 8
      if (!counter.pass(cost, shows)) this.refused += 1
      reported.push(counter.used(shows))
    })
  }

  #settle(
    sent: Sent,
    stampedMs: number | undefined,
    reported: ReadonlyArray<number>,
    marks: ReadonlyArray<number>,
  ): void {
    const { actualCost, cost, knownMs, latestMs, sentMs } = sent
    if (stampedMs !== undefined) {
      const { resolutionMs } = this.#world
      const shows = resolutionMs * Math.floor(this.#shows(stampedMs) / resolutionMs)
      if (this.#options.observe !== undefined)
        this.#options.observe(this.exchange, shows, resolutionMs, sentMs, knownMs)
      else this.exchange.observe(shows, resolutionMs, sentMs, knownMs)
    }
    for (const limit of this.#limits) limit.settle(cost, latestMs, actualCost)
    if (this.#options.reports !== true || stampedMs === undefined) return
    this.#limits.forEach((limit, index) => {
      const reading = this.#options.reading ?? ((one, ...told) => one.observe(...told))
      this.foreign += reading(limit, reported[index] ?? 0, marks[index] ?? 0, knownMs)
    })
    this.#setLevels(knownMs)
  }

  /** Lets happen what is due by then. */
  run(untilMs: number): void {
    for (
      let due = this.#events.first();
      due !== undefined && due.atMs <= untilMs;
      due = this.#events.first()
    ) {
      this.#watch(due.atMs)
      this.#events.take()?.value?.()
      this.#watch(due.atMs)
    }
  }

  get nextEventMs(): number {
    return this.#events.first()?.atMs ?? Number.POSITIVE_INFINITY
  }

  #setLevels(nowMs: number): void {
    this.#limits.forEach((limit, index) => {
      this.#levels[index] = limit.level(nowMs)
    })
  }

  #watch(nowMs: number): void {
    this.#limits.forEach((limit, index) => {
      const level = limit.level(nowMs)
      this.rise = Math.max(this.rise, level - (this.#levels[index] ?? 0))
      this.#levels[index] = level
    })
  }

  nextAt(cost: number, nowMs: number): number {
    return Math.max(...this.#limits.map((limit) => limit.nextAt(cost, nowMs)))
  }

  /** What divides all costs. */
  get #unit(): number {
    return Math.max(...this.#world.rules.map(({ unit }) => unit))
  }

  /** A share of the smallest capacity: a whole number of units, at least one. */
  costOf(share: number): number {
    return this.#unit * Math.max(1, Math.ceil(share * Math.floor(this.#capacity() / this.#unit)))
  }

  partOf(cost: number, share: number): number {
    return this.#unit * Math.ceil((share * cost) / this.#unit)
  }

  #fits(cost: number, nowMs: number): boolean {
    return this.#limits.every((limit) => limit.level(nowMs) + cost <= limit.capacity)
  }

  /** Waits for its turn, and returns when that is; undefined if it never comes. */
  await(cost: number, fromMs: number): number | undefined {
    let nowMs = fromMs
    this.run(nowMs)
    for (let atMs = this.nextAt(cost, nowMs); atMs > nowMs; atMs = this.nextAt(cost, nowMs)) {
      const { nextEventMs } = this
      if (atMs === Number.POSITIVE_INFINITY && nextEventMs === Number.POSITIVE_INFINITY) return undefined
      const beforeMs = atMs - EPSILON_MS
      if (atMs < nextEventMs && beforeMs > nowMs && this.#fits(cost, beforeMs)) this.misses += 1
      nowMs = Math.min(atMs, nextEventMs)
      this.run(nowMs)
      this.#watch(nowMs)
    }
    return nowMs
  }

  send(cost: number, actualCost: number, journey: Journey, nowMs: number): void {
    this.#watch(nowMs)
    const marks = this.#limits.map((limit) => limit.hold(cost, nowMs))
    const reported: Array<number> = []
    this.#setLevels(nowMs)
    const sent = { cost, actualCost, sentMs: nowMs, ...travel(journey, nowMs, this.#world) }
    this.sent.push(sent)
    const { arrivedMs } = sent
    if (arrivedMs !== undefined)
      this.#events.add(arrivedMs, () => this.#arrive(actualCost, arrivedMs, reported))
    const stampedMs =
      journey.fate === "answered" && arrivedMs !== undefined
        ? arrivedMs + journey.stampedAt * (sent.knownMs - arrivedMs)
        : undefined
    this.#events.add(sent.knownMs, () => this.#settle(sent, stampedMs, reported, marks))
  }
}

export const play = (world: World, options: PlayOptions = {}): Played => {
  const game = new Play(world, options)
  let nowMs = 100_000
  game.takeOver(nowMs)
  for (const request of world.requests) {
    const cost = game.costOf(request.share)
    const atMs = game.await(cost, nowMs + request.gapMs)
    if (atMs === undefined) {
      game.starved += 1
      break
    }
    nowMs = atMs
    game.send(cost, game.partOf(cost, request.actualShare), request, nowMs)
    if (options.reports === true && game.sent.length === 1) {
      nowMs = game.nextEventMs
      for (; game.nextEventMs < Number.POSITIVE_INFINITY; game.run(nowMs)) nowMs = game.nextEventMs
      game.refused = 0
    }
  }
  game.run(Number.POSITIVE_INFINITY)
  return game
}
