/**
 * Sleepers by the time they wake: a binary heap. Adding and taking cost time in the logarithm of their number,
 * and sleepers that were given up are cleared away once they are most of all: they never take more room than
 * the others, however far off their time is.
 */
export interface Sleeper {
  readonly atMs: number
  /** Among equal times the one that went to sleep first wakes first. */
  readonly order: number
  wake: () => void
  /** It has woken, or was given up. */
  gone: boolean
}

const before = (a: Sleeper, b: Sleeper): boolean =>
  a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)

const nothing = (): void => {}

/** Fewer given up than this are not worth clearing away. */
const WORTH_CLEARING = 64

export class SleeperHeap {
  #heap: Array<Sleeper> = []
  #count = 0
  /** How many in the heap have been given up. */
  #givenUp = 0

  add(atMs: number, wake: () => void): Sleeper {
    const sleeper: Sleeper = { atMs, order: this.#count++, wake, gone: false }
    this.#heap.push(sleeper)
    this.#rise(this.#heap.length - 1)
    return sleeper
  }

  /** Gives a sleeper up: it will not wake. Nothing happens where it has woken already. */
  remove(sleeper: Sleeper): void {
    if (sleeper.gone) return
    sleeper.gone = true
    // It may lie here for long, and its fiber is not to be held by it.
    sleeper.wake = nothing
    this.#givenUp += 1
    if (this.#givenUp < WORTH_CLEARING || this.#givenUp * 2 < this.#heap.length) return
    this.#givenUp = 0
    // Sorted, an array is a heap.
    this.#heap = this.#heap.filter(({ gone }) => !gone).toSorted((a, b) => (before(a, b) ? -1 : 1))
  }

  /** How many sleepers there are that have not been given up. */
  get waiting(): number {
    return this.#heap.length - this.#givenUp
  }

  /** Takes the sleeper that wakes next. */
  take(): Sleeper | undefined {
    while (true) {
      const first = this.#heap[0]
      const last = this.#heap.pop()
      if (first === undefined || last === undefined) return undefined
      if (first !== last) {
        this.#heap[0] = last
        this.#sink()
      }
      if (!first.gone) {
        first.gone = true
        return first
      }
      this.#givenUp -= 1
    }
  }

  #rise(index: number): void {
    const heap = this.#heap
    const sleeper = heap[index]
    if (sleeper === undefined) return
    let at = index
    while (at > 0) {
      const parentAt = (at - 1) >> 1
      const parent = heap[parentAt]
      if (parent === undefined || before(parent, sleeper)) break
      heap[at] = parent
      at = parentAt
    }
    heap[at] = sleeper
  }

  #sink(): void {
    const heap = this.#heap
    const sleeper = heap[0]
    if (sleeper === undefined) return
    let at = 0
    while (true) {
      const leftAt = 2 * at + 1
      const left = heap[leftAt]
      const right = heap[leftAt + 1]
      if (left === undefined) break
      const childAt = right !== undefined && before(right, left) ? leftAt + 1 : leftAt
      const child = childAt === leftAt ? left : right
      if (child === undefined || before(sleeper, child)) break
      heap[at] = child
      at = childAt
    }
    heap[at] = sleeper
  }
}
