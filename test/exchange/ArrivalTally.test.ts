import { expect, it } from "vitest"
import { makeArrivalTally } from "../../src/exchange/ArrivalTally.ts"

it("counts each key's requests by ruling, and keeps keys apart", () => {
  const tally = makeArrivalTally(["key-1", "key-2"], 1000)
  tally.arrived("key-1", "accepted", 0, "a")
  tally.arrived("key-1", "rate-limit", 1, "b")
  tally.arrived("key-1", "blocked", 2, "c")
  tally.arrived("key-2", "nonce", 3, "d")
  tally.unknownKey()
  expect(tally.read()).toEqual({
    windowMs: 1000,
    keys: [
      {
        key: "key-1",
        requests: 3,
        accepted: 1,
        rateLimit: 1,
        blocked: 1,
        nonce: 0,
        busiestWindow: 3,
        mostPasses: 1,
      },
      {
        key: "key-2",
        requests: 1,
        accepted: 0,
        rateLimit: 0,
        blocked: 0,
        nonce: 1,
        busiestWindow: 1,
        mostPasses: 1,
      },
    ],
    unknownKey: 1,
    repeatedOrders: 0,
    faults: {},
  })
})

it("counts the faults that were played, by kind", () => {
  const tally = makeArrivalTally(["key-1"], 1000)
  tally.played("spike", 2)
  tally.played("reset")
  tally.played("spike", 0)
  tally.played("garbled", 0)
  tally.played("reset")
  expect(tally.read().faults).toEqual({ spike: 2, reset: 2 })
})

it.each([
  ["exactly one window apart in whole milliseconds count together", [0, 0.5, 1000.9], 3],
  ["one millisecond further apart do not", [0, 0.5, 1001], 2],
  ["keep their maximum after a quiet time", [0, 1, 2, 5000, 5001], 3],
])("arrivals %s", (_, times, most) => {
  const tally = makeArrivalTally(["key-1"], 1000)
  for (const [index, time] of times.entries()) tally.arrived("key-1", "accepted", time, String(index))
  expect(tally.read().keys[0]?.busiestWindow).toBe(most)
})

it("finds the same busiest window as counting every window does, over a long run", () => {
  const tally = makeArrivalTally(["key-1"], 1000)
  // A fixed, uneven rhythm: gaps of 0 to 96 ms.
  const times = Array.from({ length: 5000 }, (_, index) => (index * index * 7) % 97).map(
    (
      (sum) => (gap) =>
        (sum += gap)
    )(0),
  )
  for (const [index, time] of times.entries()) tally.arrived("key-1", "blocked", time, String(index))
  const naive = Math.max(
    ...times.map((end, last) => times.slice(0, last + 1).filter((time) => end - time <= 1000).length),
  )
  expect(tally.read().keys[0]).toMatchObject({ busiestWindow: naive, mostPasses: 0 })
})

it("counts an order that was accepted twice, but not one that was refused first", () => {
  const tally = makeArrivalTally(["key-1", "key-2"], 1000)
  tally.arrived("key-1", "rate-limit", 0, "a")
  tally.arrived("key-1", "accepted", 1, "a")
  expect(tally.read().repeatedOrders).toBe(0)
  tally.arrived("key-2", "accepted", 2, "a")
  expect(tally.read().repeatedOrders).toBe(1)
})

it("still knows an order a hundred thousand orders later", () => {
  const tally = makeArrivalTally(["key-1"], 1)
  for (let order = 0; order < 100_000; order += 1) tally.arrived("key-1", "accepted", order, String(order))
  tally.arrived("key-1", "accepted", 100_000, "0")
  expect(tally.read().repeatedOrders).toBe(1)
})
