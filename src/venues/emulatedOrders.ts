/** The orders that an emulated venue holds. Its book has no other side: nothing is ever filled. */

export interface EmulatedOrder {
  /** The venue's own id. */
  readonly id: string
  /** The client's id, where it gave one. */
  readonly clientId: string | undefined
  readonly param: (name: string) => string
  readonly atMs: number
}

/** So many are held; one more makes the oldest be forgotten. */
const MOST = 100_000

export class EmulatedOrders {
  readonly #open = new Map<string, EmulatedOrder>()
  readonly #byClientId = new Map<string, EmulatedOrder>()
  #placed = 0

  /** An order with a new id. @param idOf the id of the n-th order, from 1 on */
  make(order: Omit<EmulatedOrder, "id">, idOf: (n: number) => string): EmulatedOrder {
    this.#placed += 1
    return { ...order, id: idOf(this.#placed) }
  }

  /** Takes it into the book. */
  add(order: EmulatedOrder): void {
    this.#open.set(order.id, order)
    if (order.clientId !== undefined) this.#byClientId.set(order.clientId, order)
    for (const oldest of this.#open.values()) {
      if (this.#open.size <= MOST) break
      this.remove(oldest)
    }
  }

  find(id: string | undefined, clientId: string | undefined): EmulatedOrder | undefined {
    return id === undefined ? this.#byClientId.get(clientId ?? "") : this.#open.get(id)
  }

  remove({ clientId, id }: EmulatedOrder): void {
    this.#open.delete(id)
    if (clientId !== undefined && this.#byClientId.get(clientId)?.id === id) this.#byClientId.delete(clientId)
  }

  all(): ReadonlyArray<EmulatedOrder> {
    return [...this.#open.values()]
  }
}
