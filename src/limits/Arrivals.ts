/** Costs are rounded up to such parts of 1. Their sums are exact, so that nothing is left when all of them are taken away. */
const PARTS = 1024

/**
 * Costs in the order of the times at which they were counted, in a ring that grows as long as there are more at once than
 * ever before, and then allocates no more. What comes is nearly sorted.
 */
export class Arrivals {
  #times = new Float64Array(16)
  #costs = new Float64Array(16)
  #first = 0
  #size = 0
  #sum = 0

  get size(): number {
    return this.#size
  }

  /** All costs together. */
  get sum(): number {
    return this.#sum
  }

  /** The `index`-th time from the earliest on; Infinity after the last. */
  timeAt(index: number): number {
    return index < this.#size ? (this.#times[this.#slot(index)] ?? 0) : Number.POSITIVE_INFINITY
  }

  costAt(index: number): number {
    return index < this.#size ? (this.#costs[this.#slot(index)] ?? 0) : 0
  }

  add(atMs: number, cost: number): void {
    if (this.#size === this.#times.length) this.#grow()
    let index = this.#size
    this.#size += 1
    for (; index > 0 && this.timeAt(index - 1) > atMs; index -= 1)
      this.#set(index, this.timeAt(index - 1), this.costAt(index - 1))
    const rounded = Math.ceil(cost * PARTS) / PARTS
    this.#set(index, atMs, rounded)
    this.#sum += rounded
  }

  /** Takes the earliest away. */
  shift(): void {
    this.#sum -= this.costAt(0)
    this.#first = this.#slot(1)
    this.#size -= 1
  }

  #slot(index: number): number {
    return (this.#first + index) & (this.#times.length - 1)
  }

  #set(index: number, atMs: number, cost: number): void {
    const slot = this.#slot(index)
    this.#times[slot] = atMs
    this.#costs[slot] = cost
  }

  #grow(): void {
    const times = new Float64Array(2 * this.#size)
    const costs = new Float64Array(2 * this.#size)
    for (let index = 0; index < this.#size; index += 1) {
      times[index] = this.timeAt(index)
      costs[index] = this.costAt(index)
    }
    this.#times = times
    this.#costs = costs
    this.#first = 0
  }
}
