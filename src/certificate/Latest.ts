/** The `limit` items that are latest of those that are added, in a heap whose root is the earliest of them. */

export interface Timed {
  /** Does not change while the item is kept. */
  readonly latestMs: number
}

export class Latest<A extends Timed> {
  readonly #heap: Array<A> = []
  readonly #limit: number

  /** @param limit at least 1 */
  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#heap.length
  }

  /** The `limit`-th latest; undefined while there are fewer. */
  get limiting(): A | undefined {
    return this.#heap.length < this.#limit ? undefined : this.#heap[0]
  }

  add(item: A): void {
    const earliest = this.limiting
    if (earliest === undefined) return this.#rise(item)
    if (item.latestMs > earliest.latestMs) this.#sink(item)
  }

  /** Adds one at the end, and lets it rise to its place. */
  #rise(item: A): void {
    const heap = this.#heap
    let place = heap.length
    while (place > 0) {
      const above = (place - 1) >>> 1
      const parent = heap[above]
      if (parent === undefined || parent.latestMs <= item.latestMs) break
      heap[place] = parent
      place = above
    }
    heap[place] = item
  }

  /** Puts one in the place of the earliest, and lets it sink. */
  #sink(item: A): void {
    const heap = this.#heap
    let place = 0
    while (true) {
      const left = 2 * place + 1
      const one = heap[left]
      const other = heap[left + 1]
      const least = one !== undefined && other !== undefined && other.latestMs < one.latestMs ? other : one
      if (least === undefined || least.latestMs >= item.latestMs) break
      heap[place] = least
      place = least === one ? left : left + 1
    }
    heap[place] = item
  }
}
