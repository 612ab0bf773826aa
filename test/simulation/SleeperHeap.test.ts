import { describe, expect, it } from "vitest"
import { SleeperHeap } from "../../src/simulation/SleeperHeap.ts"

/** Times that rise and fall without an order that one sees, and many of them equal. */
const timeOf = (n: number): number => (n * 7919) % 251

describe("the heap of sleepers", () => {
  it("wakes those that were not given up by their times, and equal ones in the order they came", () => {
    const heap = new SleeperHeap()
    const all = Array.from({ length: 1000 }, (_, n) => ({
      n,
      sleeper: heap.add(timeOf(n), () => {}),
      isKept: n % 5 === 0,
    }))
    for (const { isKept, sleeper } of all) if (!isKept) heap.remove(sleeper)
    const kept = all.filter(({ isKept }) => isKept)
    expect(heap.waiting).toBe(kept.length)
    const expected = kept.toSorted((a, b) => timeOf(a.n) - timeOf(b.n) || a.n - b.n)
    expect(Array.from(expected, () => heap.take())).toEqual(expected.map(({ sleeper }) => sleeper))
    expect(heap.take()).toBeUndefined()
    expect(heap.waiting).toBe(0)
  })

  it("counts those that wait, also when one is given up twice, or after it woke", () => {
    const heap = new SleeperHeap()
    const early = heap.add(1, () => {})
    const late = heap.add(2, () => {})
    heap.add(3, () => {})
    expect(heap.take()).toBe(early)
    heap.remove(early)
    heap.remove(late)
    heap.remove(late)
    expect(heap.waiting).toBe(1)
  })
})
