/**
 * Laws of clients that count their own send times: the exchange's counter of their own rule refuses them nothing while every
 * request takes equally long, and something as soon as delays differ.
 */
import { assert, describe } from "vitest"
import {
  ccxtLeakyBucket,
  ccxtRollingWindow,
  gcra,
  type Pace,
  type SendTimes,
} from "../src/simulation/baselines/SendTimes.ts"
import { tryLaw } from "./support/law.ts"
import { play } from "./support/limits/play.ts"
import type { LimitOf, RuleType } from "./support/limits/rules.ts"
import { type World, worldsOf } from "./support/limits/worlds.ts"

type Delays = "delays that differ"

/** Clocks that agree and count whole milliseconds, nobody before, and no request lost. */
const plain = (world: World): World => ({
  ...world,
  boundMs: undefined,
  drift: 0,
  former: [],
  leaseMs: 0,
  offsetMs: Math.floor(world.offsetMs),
  requests: world.requests.map((request) => ({
    ...request,
    fate: "answered",
    gapMs: Math.round(request.gapMs),
  })),
})

/** Every request takes as long as the first. */
const equally = (world: World): World => {
  const onWayMs = Math.round(world.requests[0]?.onWayMs ?? 0)
  return { ...world, requests: world.requests.map((request) => ({ ...request, onWayMs })) }
}

/**
 * Its clock counts whole milliseconds. Of a window it is told that it is two longer: one because the exchange's is closed at both
 * ends, one because it asks its clock once a millisecond.
 */
const counting =
  (make: (pace: Pace) => SendTimes): LimitOf =>
  ({ limit, type, windowMs }) => {
    const client = make({ limit, windowMs: type === "log" ? windowMs + 2 : windowMs })
    return {
      capacity: limit,
      fill: () => {},
      hold: (cost, nowMs) => {
        client.sent(cost, nowMs)
        return 0
      },
      level: () => 0,
      nextAt: (cost, nowMs) => Math.ceil(client.nextAt(cost, Math.floor(nowMs))),
      observe: () => 0,
      settle: () => {},
    }
  }

const clients: ReadonlyArray<readonly [string, (pace: Pace) => SendTimes, RuleType]> = [
  ["GCRA, on a bucket", gcra, "bucket"],
  ["ccxt's leaky bucket, on a sliding log", ccxtLeakyBucket, "log"],
  ["ccxt's rolling window, on a sliding log", ccxtRollingWindow, "log"],
]

describe("a client that counts its send times", () => {
  for (const [client, make, type] of clients)
    tryLaw({
      law: `is refused nothing while every request takes equally long: ${client}`,
      worlds: worldsOf({ types: [type], isUnit: true }).map(plain),
      scenarios: 500,
      check: async (world: World, delays: Delays | undefined) => {
        const played = play(delays === undefined ? equally(world) : world, { limitOf: counting(make) })
        assert.equal(played.refused, 0)
      },
      broken: { "delays that differ": "delays that differ" },
    })
})
