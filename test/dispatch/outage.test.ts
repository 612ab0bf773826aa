/** What lanes do while the exchange is away, and how they come back. */
import { Clock, Effect, type Scope } from "effect"
import { assert, describe, it } from "vitest"
import { nowMsUnsafe } from "../../src/platform/Monotonic.ts"
import type { Journey } from "../../src/simulation/SimulatedExchange.ts"
import { playVirtual } from "../support/virtualTime.ts"
import { hostileClock } from "../support/hostileClock.ts"
import { at, makeRig, order, type RigOptions } from "../support/rig.ts"

const KEYS = 5

const inTime = <E>(program: Effect.Effect<void, E, Scope.Scope>) => playVirtual(program)

interface Away {
  readonly fromMs: number
  readonly toMs: number
  readonly journey: Journey
}

/** Orders come steadily, one every 20 ms, before an exchange that is away at times. */
const steady = Effect.fnUntraced(function* (
  away: ReadonlyArray<Away>,
  lastsMs: number,
  options: RigOptions = {},
) {
  const clock = yield* Clock.Clock
  const startMs = nowMsUnsafe(clock)
  const elapsed = () => nowMsUnsafe(clock) - startMs
  const rig = yield* makeRig({
    keys: KEYS,
    journey: () => away.find(({ fromMs, toMs }) => elapsed() >= fromMs && elapsed() < toMs)?.journey ?? at,
    ...options,
  })
  let count = 0
  yield* Effect.forkScoped(
    Effect.forever(
      Effect.andThen(
        Effect.suspend(() => rig.dispatcher.enqueue(order(count++))),
        Effect.sleep("20 millis"),
      ),
    ),
  )
  yield* Effect.sleep(lastsMs)
  const sentWithin = (fromMs: number, toMs: number) =>
    rig.sent().filter(({ atMs }) => atMs - startMs >= fromMs && atMs - startMs < toMs)
  const firstAccepted = (fromMs: number) =>
    rig
      .outcomes()
      .filter(({ outcome }) => outcome.outcome === "accepted")
      .map(({ atMs }) => atMs - startMs)
      .find((atMs) => atMs >= fromMs) ?? Number.POSITIVE_INFINITY
  const ended = (outcome: string) => rig.outcomes().filter((event) => event.outcome.outcome === outcome)
  return { rig, elapsed, sentWithin, firstAccepted, ended }
})

const refused: Journey = { ...at, fate: "refused-connection" }
const failing: Journey = { ...at, fate: { status: 503 } }

describe("an exchange that is gone for ten seconds", () => {
  it("costs no order but those whose time runs out, few attempts, and less than a second after it", () =>
    inTime(
      Effect.gen(function* () {
        const run = yield* steady([{ fromMs: 3000, toMs: 13_000, journey: refused }], 20_000)
        // Some to find out, while answers still come in; then 20, 40, ... 640 ms apart, give or take a fifth.
        assert.isAtMost(run.sentWithin(3000, 13_000).length, 40)
        assert.isAtLeast(run.sentWithin(3000, 13_000).length, 15)
        assert.isBelow(run.firstAccepted(13_000), 14_000)
        assert.deepStrictEqual(run.ended("unknown"), [])
        assert.deepStrictEqual(run.ended("rejected"), [])
        // Ten seconds at fifty a second, less what waited for a second at the end.
        assert.isAtMost(run.ended("expired").length, 500)
        assert.isAtLeast(run.ended("expired").length, 400)
        // All five work again.
        assert.strictEqual(new Set(run.sentWithin(14_000, 16_000).map(({ key }) => key)).size, KEYS)
      }),
    ))

  it("is tried with one order at a time, whichever lane it is", () =>
    inTime(
      Effect.gen(function* () {
        const slowly: Journey = { writeMs: 50, ...refused }
        const run = yield* steady([{ fromMs: 3000, toMs: 13_000, journey: slowly }], 13_000)
        const attempts = run.rig
          .returned()
          .map(({ request }) => request)
          .filter(({ sentMs }) => sentMs - run.rig.startMs > 4000)
          .toSorted((a, b) => a.sentMs - b.sentMs)
        assert.isAbove(attempts.length, 5)
        attempts.reduce((before, one) => {
          assert.isAtLeast(one.sentMs, before.settledMs)
          return one
        })
      }),
    ))

  it("is shown, with the time until the next attempt", () =>
    inTime(
      Effect.gen(function* () {
        const run = yield* steady([{ fromMs: 3000, toMs: 13_000, journey: refused }], 10_000)
        const { outage } = yield* run.rig.dispatcher.snapshot
        assert.strictEqual(outage?.kind, "unreachable")
        assert.closeTo(outage?.forMs ?? 0, 7000, 100)
        assert.isAbove(outage?.retryInMs ?? 0, 0)
        assert.isBelow(outage?.retryInMs ?? 0, 770)
        yield* Effect.sleep("5 seconds")
        assert.isUndefined((yield* run.rig.dispatcher.snapshot).outage)
      }),
    ))

  it("does not mind a wall clock that steps back by an hour meanwhile", () =>
    inTime(
      Effect.gen(function* () {
        const steps = [{ atMs: 6000, byMs: -3_600_000 }]
        const run = yield* hostileClock(steady([{ fromMs: 3000, toMs: 13_000, journey: refused }], 20_000), {
          steps,
        })
        assert.isBelow(run.firstAccepted(13_000), 14_000)
      }),
    ))
})

describe("an exchange that fails", () => {
  it("for ten seconds costs as many orders as there are attempts, and less than a second after it", () =>
    inTime(
      Effect.gen(function* () {
        const run = yield* steady([{ fromMs: 3000, toMs: 13_000, journey: failing }], 20_000)
        const attempts = run.sentWithin(3000, 13_000).length
        assert.isAtMost(attempts, 40)
        assert.strictEqual(run.ended("unknown").length, attempts)
        assert.isBelow(run.firstAccepted(13_000), 14_000)
      }),
    ))

  it("once in a while stops nobody", () =>
    inTime(
      Effect.gen(function* () {
        let count = 0
        const mostly = () => (count++ % 5 === 4 ? at : failing)
        const run = yield* steady([], 5000, { journey: mostly })
        assert.isAbove(run.ended("unknown").length, 100)
        run
          .sentWithin(0, 5000)
          .map(({ atMs }) => atMs)
          .reduce((before, one) => {
            assert.isBelow(one - before, 150)
            return one
          })
      }),
    ))

  // Virtual time begins with the year 2026.
  it.each([
    { until: "three seconds have gone by", header: "3", untilMs: 6040 },
    { until: "a moment has come", header: "Thu, 01 Jan 2026 00:00:07 GMT", untilMs: 7000 },
  ])("and asks to be left alone until $until is, by all lanes", ({ header, untilMs }) =>
    inTime(
      Effect.gen(function* () {
        const asking: Journey = { ...failing, headers: { "retry-after": header } }
        const run = yield* steady([{ fromMs: 3000, toMs: 3021, journey: asking }], 10_000)
        assert.isAbove(run.ended("unknown").length, 0)
        assert.deepStrictEqual(run.sentWithin(3051, untilMs), [])
        // It closed after a success, so all may send at once.
        assert.isBelow(run.firstAccepted(untilMs + 10), untilMs + 160)
        const { heldMs } = yield* run.rig.dispatcher.snapshot
        assert.approximately(heldMs, untilMs - 3040, 60)
      }),
    ),
  )

  it("and asks so again and again is asked once every time", () =>
    inTime(
      Effect.gen(function* () {
        const asking: Journey = { ...failing, headers: { "retry-after": "3" } }
        const run = yield* steady([{ fromMs: 3000, toMs: 30_000, journey: asking }], 30_000)
        assert.isAtMost(run.sentWithin(10_000, 30_000).length, 7)
        const { outage } = yield* run.rig.dispatcher.snapshot
        assert.isAtMost(outage?.retryInMs ?? 0, 3000)
      }),
    ))
})

describe("an exchange that accepts connections and never answers", () => {
  it("swallows what is in flight, and then one order at a time", () =>
    inTime(
      Effect.gen(function* () {
        const silent: Journey = { ...at, fate: "lost-on-the-way-in" }
        const run = yield* steady([{ fromMs: 3000, toMs: 33_000, journey: silent }], 45_000, {
          requestTimeoutMs: 2000,
        })
        // Until the first is given up nobody can know.
        assert.isAtMost(run.sentWithin(3000, 5000).length, 20 * KEYS)
        // From then on one in every request timeout and wait.
        assert.isAtMost(run.sentWithin(6000, 33_000).length, 15)
        assert.isBelow(run.firstAccepted(33_000), 33_000 + 2000 + 1000)
      }),
    ))
})

describe("an exchange that comes and goes", () => {
  it("is used whenever it is there for a second", () =>
    inTime(
      Effect.gen(function* () {
        const away = Array.from({ length: 10 }, (_, n) => ({
          fromMs: 1000 + 4000 * n,
          toMs: 3000 + 4000 * n,
          journey: refused,
        }))
        const run = yield* steady(away, 42_000)
        for (const { toMs } of away) assert.isBelow(run.firstAccepted(toMs), toMs + 1000)
        assert.deepStrictEqual(run.ended("unknown"), [])
      }),
    ))
})

describe("an order whose time is over by the time its connection is there", () => {
  it("says nothing about the exchange", () =>
    inTime(
      Effect.gen(function* () {
        const run = yield* steady([], 5000, { ttlMs: 30, journey: () => ({ ...at, writeMs: 50 }) })
        assert.isAbove(run.rig.returned().length, 20)
        const { noContact, outage } = yield* run.rig.dispatcher.snapshot
        assert.isUndefined(outage)
        assert.isUndefined(noContact)
        // No lane waits for more than the connection.
        assert.isAbove(run.sentWithin(4000, 5000).length, 40)
      }),
    ))
})

describe("a request from before", () => {
  it("that is given up after the exchange has come back does not stop anybody", () =>
    inTime(
      Effect.gen(function* () {
        // Five get no answer for two seconds; meanwhile the exchange is gone for a moment, and back.
        const run = yield* steady(
          [
            { fromMs: 3000, toMs: 3099, journey: { ...at, fate: "lost-on-the-way-in" } },
            { fromMs: 3200, toMs: 3400, journey: refused },
          ],
          6000,
          { requestTimeoutMs: 2000 },
        )
        assert.isAtLeast(run.ended("unknown").length, 5)
        const gaps = run.sentWithin(4500, 5800).map(({ atMs }) => atMs)
        gaps.reduce((before, one) => {
          assert.isBelow(one - before, 60)
          return one
        })
      }),
    ))
})

describe("an exchange that bans who asks", () => {
  const ban = (status: number, retryAfter?: string): Journey => ({
    ...at,
    fate: { status },
    ...(retryAfter === undefined ? {} : { headers: { "retry-after": retryAfter } }),
  })

  it.each([418, 429, 403, 400])(
    "by a %s with an announced end meets nobody before it, then one, then all",
    (status) =>
      inTime(
        Effect.gen(function* () {
          const run = yield* steady([{ fromMs: 3000, toMs: 9000, journey: ban(status, "6") }], 12_000)
          const refusedAtMs = (run.sentWithin(3000, 3100)[0]?.atMs ?? 0) - run.rig.startMs + 50
          assert.deepStrictEqual(run.sentWithin(refusedAtMs + 1, refusedAtMs + 6000), [])
          assert.strictEqual(run.sentWithin(refusedAtMs + 6000, refusedAtMs + 6050).length, 1)
          assert.isAbove(run.sentWithin(refusedAtMs + 6050, refusedAtMs + 6500).length, 20)
          assert.deepStrictEqual(
            run.rig.outcomes().filter(({ outcome }) => outcome.outcome === "rejected"),
            [],
          )
          assert.deepStrictEqual(run.rig.retired(), [])
        }),
      ),
  )

  it.each([418, 403])("by a %s without one meets one order after every wait, and waits that grow", (status) =>
    inTime(
      Effect.gen(function* () {
        const run = yield* steady([{ fromMs: 3000, toMs: 23_000, journey: ban(status) }], 40_000)
        // 0.5, 1, 2, 4, 8 and 16 seconds, each a fifth more or less.
        assert.isAtMost(run.sentWithin(3060, 23_000).length, 6)
        assert.isBelow(run.firstAccepted(23_000), 23_000 + 16_000 * 1.2)
        const { outage } = yield* run.rig.dispatcher.snapshot
        assert.isUndefined(outage)
        assert.deepStrictEqual(run.ended("rejected"), [])
      }),
    ),
  )

  it("for the blink of an eye costs nothing but half a second", () =>
    inTime(
      Effect.gen(function* () {
        const run = yield* steady([{ fromMs: 3000, toMs: 3120, journey: ban(403) }], 6000)
        assert.isBelow(run.firstAccepted(3200), 3900)
        assert.deepStrictEqual([run.ended("rejected"), run.rig.retired()], [[], []])
      }),
    ))

  it("is shown", () =>
    inTime(
      Effect.gen(function* () {
        const run = yield* steady([{ fromMs: 1000, toMs: 9000, journey: ban(403) }], 1200)
        const { outage } = yield* run.rig.dispatcher.snapshot
        assert.strictEqual(outage?.kind, "turned-away")
        assert.isAbove(outage?.retryInMs ?? 0, 200)
      }),
    ))

  it("keeps back what was about to leave", () =>
    inTime(
      Effect.gen(function* () {
        // Every second request waits long for its connection, and is ready to leave when the ban is known.
        const rig = yield* makeRig({
          keys: 2,
          ttlMs: undefined,
          journey: (n) => (n === 0 ? ban(418, "10") : n === 1 ? { ...at, writeMs: 200 } : at),
        })
        yield* rig.dispatcher.enqueue(order("a"))
        yield* rig.dispatcher.enqueue(order("b"))
        yield* Effect.sleep("9 seconds")
        assert.strictEqual(rig.exchange.arrivals.length, 0)
        yield* Effect.sleep("3 seconds")
        assert.deepStrictEqual(
          rig.outcomes().map(({ outcome }) => outcome.outcome),
          ["accepted", "accepted"],
        )
      }),
    ))

  it("is not pinged either, and a ping may tell of it", () =>
    inTime(
      Effect.gen(function* () {
        const clock = yield* Clock.Clock
        const pings: Array<number> = []
        const startMs = nowMsUnsafe(clock)
        const rig = yield* makeRig({
          ttlMs: undefined,
          boundMs: undefined,
          journey: (n) => (n === 0 ? { ...at, fate: { brokenAfterMs: 10 } } : at),
          pingJourney: (n) => {
            pings.push(nowMsUnsafe(clock) - startMs)
            return n === 0 ? ban(418, "60") : at
          },
        })
        yield* rig.dispatcher.enqueue(order("a"))
        yield* rig.dispatcher.enqueue(order("b"))
        yield* Effect.sleep("59 seconds")
        assert.strictEqual(pings.length, 1)
        yield* Effect.sleep("5 seconds")
        assert.isAtLeast(pings[1] ?? 0, (pings[0] ?? 0) + 60_000)
        assert.strictEqual(rig.outcomes().length, 2)
      }),
    ))
})

describe("a key that is asked to wait", () => {
  it("by an empty quota waits until it is filled up", () =>
    inTime(
      Effect.gen(function* () {
        const last: Journey = { ...at, headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "2" } }
        const rig = yield* makeRig({ ttlMs: undefined, journey: (n) => (n === 0 ? last : at) })
        yield* rig.dispatcher.enqueue(order("a"))
        yield* Effect.sleep("50 millis")
        yield* rig.dispatcher.enqueue(order("b"))
        yield* Effect.sleep("5 seconds")
        assert.deepStrictEqual(rig.sentMs(), [0, 2050])
      }),
    ))
})
