/** The clients re-made from the ccxt library's, beside its own: all requests leave at the same moments. */
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "vitest"
import {
  ccxtLeakyBucket,
  ccxtRollingWindow,
  type SendTimes,
} from "../../src/simulation/baselines/SendTimes.ts"
import { run } from "../cli/process.ts"

const PROGRAM = fileURLToPath(new URL("ccxtTimes.ts", import.meta.url))

/** Requests that come in clumps, one by one, and after a rest; some cost more. */
const requests: ReadonlyArray<{ readonly atMs: number; readonly cost: number }> = [
  ...Array.from({ length: 30 }, () => ({ atMs: 0, cost: 1 })),
  ...Array.from({ length: 20 }, (_, n) => ({ atMs: 3000 + 37 * n, cost: n % 7 === 0 ? 3 : 1 })),
  ...Array.from({ length: 25 }, () => ({ atMs: 9001, cost: 1 })),
]

const timesOfCcxt = async (settings: object): Promise<unknown> => {
  const { stderr, stdout } = await run([PROGRAM, JSON.stringify(settings), JSON.stringify(requests)])
  assert.strictEqual(stderr, "")
  return JSON.parse(stdout)
}

const timesOf = (client: SendTimes): ReadonlyArray<number> => {
  let nowMs = 0
  return requests.map(({ atMs, cost }) => {
    nowMs = Math.max(nowMs, atMs)
    for (let nextMs = client.nextAt(cost, nowMs); nextMs > nowMs; nextMs = client.nextAt(cost, nowMs))
      nowMs = nextMs
    client.sent(cost, nowMs)
    return nowMs
  })
}

/** So many milliseconds for a request: ccxt's way to say 20 in a second. */
const rateLimit = 50
const pace = { limit: 20, windowMs: 1000 }

describe("the client re-made from ccxt's", () => {
  it("leaky bucket sends when ccxt's does", async () => {
    const own = await timesOfCcxt({ rateLimit, rateLimiterAlgorithm: "leakyBucket" })
    assert.deepStrictEqual(timesOf(ccxtLeakyBucket(pace)), own)
  })

  it("rolling window sends when ccxt's does", async () => {
    const own = await timesOfCcxt({
      rateLimit,
      rateLimiterAlgorithm: "rollingWindow",
      rollingWindowSize: 1000,
    })
    assert.deepStrictEqual(timesOf(ccxtRollingWindow(pace)), own)
  })
})
