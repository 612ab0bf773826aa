/**
 * Values by the time they are due: a binary heap. Adding and taking take logarithmic time. Values that were given up are
 * cleared away once they are half of the heap, however far off their times are.
 */
export interface Timed<A> {
  readonly atMs: number
  /** Breaks ties: among equal times the first to come goes first. */
  readonly order: number
  /** Undefined once the value was given up. */
  value: A | undefined
  /** The value was taken or given up. */
  gone: boolean
}

const before = (a: Timed<unknown>, b: Timed<unknown>): boolean =>
  a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)

/** Fewer values given up are not worth clearing away. */
const WORTH_CLEARING = 64

export class TimeHeap<A> {
  #heap: Array<Timed<A>> = []
  #count = 0
  #givenUp = 0

  add(atMs: number, value: A): Timed<A> {
    const timed: Timed<A> = { atMs, order: this.#count++, value, gone: false }
    this.#heap.push(timed)
    this.#rise(this.#heap.length - 1)
    return timed
  }

  /** Gives a value up, so that it is not taken any more. Does nothing if it was taken already. */
  remove(timed: Timed<A>): void {
    if (timed.gone) return
    timed.gone = true
    // It may lie here for long, and is not to hold what belongs to it.
    timed.value = undefined
    this.#givenUp += 1
    if (this.#givenUp < WORTH_CLEARING || this.#givenUp * 2 < this.#heap.length) return
    this.#givenUp = 0
    // Sorted, an array is a heap.
    this.#heap = this.#heap.filter(({ gone }) => !gone).toSorted((a, b) => (before(a, b) ? -1 : 1))
  }

  /** How many there are that have not been given up. */
  get waiting(): number {
    return this.#heap.length - this.#givenUp
  }

  /** All that wait, in no order. */
  values(): ReadonlyArray<A> {
    return this.#heap.flatMap(({ value }) => (value === undefined ? [] : [value]))
  }

  /** Shows the value that is due next. */
  first(): Timed<A> | undefined {
    while (true) {
      const first = this.#heap[0]
      if (first === undefined || !first.gone) return first
      this.#pop()
      this.#givenUp -= 1
    }
  }

  take(): Timed<A> | undefined {
    const first = this.first()
    if (first === undefined) return undefined
    this.#pop()
    first.gone = true
    return first
  }

  #pop(): void {
    const last = this.#heap.pop()
    if (last === undefined || this.#heap.length === 0) return
    this.#heap[0] = last
    this.#sink()
  }

  #rise(index: number): void {
    const heap = this.#heap
    const timed = heap[index]
    if (timed === undefined) return
    let at = index
    while (at > 0) {
      const parentAt = (at - 1) >> 1
      const parent = heap[parentAt]
      if (parent === undefined || before(parent, timed)) break
      heap[at] = parent
      at = parentAt
    }
    heap[at] = timed
  }

  #sink(): void {
    const heap = this.#heap
    const timed = heap[0]
    if (timed === undefined) return
    let at = 0
    while (true) {
      const leftAt = 2 * at + 1
      const left = heap[leftAt]
      const right = heap[leftAt + 1]
      if (left === undefined) break
      const childAt = right !== undefined && before(right, left) ? leftAt + 1 : leftAt
      const child = childAt === leftAt ? left : right
      if (child === undefined || before(timed, child)) break
      heap[at] = child
      at = childAt
    }
    heap[at] = timed
  }
}
