/**
 * Sleepers by the time they wake: a binary heap. Adding and taking cost time in the logarithm of their number,
 * and a sleeper that is given up costs nothing until its time comes.
 */
export interface Sleeper {
  readonly atMs: number
  /** Among equal times the one that went to sleep first wakes first. */
  readonly order: number
  readonly wake: () => void
  givenUp: boolean
}

const before = (a: Sleeper, b: Sleeper): boolean =>
  a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)

export class SleeperHeap {
  readonly #heap: Array<Sleeper> = []
  #count = 0

  add(atMs: number, wake: () => void): Sleeper {
    const sleeper: Sleeper = { atMs, order: this.#count++, wake, givenUp: false }
    this.#heap.push(sleeper)
    this.#rise(this.#heap.length - 1)
    return sleeper
  }

  remove(sleeper: Sleeper): void {
    sleeper.givenUp = true
  }

  /** How many sleepers there are that have not been given up. Looks at each of them. */
  get waiting(): number {
    return this.#heap.filter((sleeper) => !sleeper.givenUp).length
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
      if (!first.givenUp) return first
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
