import { describe, expect, it } from "vitest"
import { TimeHeap } from "../../src/platform/TimeHeap.ts"

/** Times that rise and fall without an order that one sees, and many of them equal. */
const timeOf = (n: number): number => (n * 7919) % 251

describe("the heap of times", () => {
  it("gives those that were not given up by their times, and equal ones in the order they came", () => {
    const heap = new TimeHeap<number>()
    const all = Array.from({ length: 1000 }, (_, n) => ({
      n,
      timed: heap.add(timeOf(n), n),
      isKept: n % 5 === 0,
    }))
    for (const { isKept, timed } of all) if (!isKept) heap.remove(timed)
    const kept = all.filter(({ isKept }) => isKept)
    expect(heap.waiting).toBe(kept.length)
    expect(heap.first()?.value).toBe(0)
    const expected = kept.toSorted((a, b) => timeOf(a.n) - timeOf(b.n) || a.n - b.n)
    expect(Array.from(expected, () => heap.take())).toEqual(expected.map(({ timed }) => timed))
    expect(heap.take()).toBeUndefined()
    expect(heap.waiting).toBe(0)
  })

  it("counts those that wait, also when one is given up twice, or after it was taken", () => {
    const heap = new TimeHeap<number>()
    const early = heap.add(1, 1)
    const late = heap.add(2, 2)
    heap.add(3, 3)
    expect(heap.take()).toBe(early)
    heap.remove(early)
    heap.remove(late)
    heap.remove(late)
    expect(heap.waiting).toBe(1)
    expect(heap.first()?.value).toBe(3)
    // It may lie there for long, and is not to hold what belongs to it.
    expect(late.value).toBeUndefined()
  })
})
