/** The `limit` largest of the times that are added, in a heap whose root is the smallest of them. */

export interface TimedLine<A> {
  readonly atMs: number
  readonly of: A
}

export class Latest<A> {
  readonly #heap: Array<TimedLine<A>> = []
  readonly #limit: number

  /** @param limit at least 1 */
  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#heap.length
  }

  /** The `limit`-th largest; undefined while there are fewer. */
  get limiting(): TimedLine<A> | undefined {
    return this.#heap.length < this.#limit ? undefined : this.#heap[0]
  }

  add(atMs: number, of: A): void {
    const smallest = this.limiting
    if (smallest === undefined) return this.#rise({ atMs, of })
    if (atMs > smallest.atMs) this.#sink({ atMs, of })
  }

  /** Adds one at the end, and lets it rise to its place. */
  #rise(item: TimedLine<A>): void {
    const heap = this.#heap
    let place = heap.length
    while (place > 0) {
      const above = (place - 1) >>> 1
      const parent = heap[above]
      if (parent === undefined || parent.atMs <= item.atMs) break
      heap[place] = parent
      place = above
    }
    heap[place] = item
  }

  /** Puts one in the place of the smallest, and lets it sink. */
  #sink(item: TimedLine<A>): void {
    const heap = this.#heap
    let place = 0
    while (true) {
      const left = 2 * place + 1
      const one = heap[left]
      const other = heap[left + 1]
      const least = one !== undefined && other !== undefined && other.atMs < one.atMs ? other : one
      if (least === undefined || least.atMs >= item.atMs) break
      heap[place] = least
      place = least === one ? left : left + 1
    }
    heap[place] = item
  }
}
