/** What calls about orders cost in the counter of the emulated Kraken's engine. */

interface CallCost {
  /** On receipt, whatever becomes of it. */
  readonly fixed: number
  /** Besides, while the order that it changes is younger than so many seconds. */
  readonly byAge: Readonly<Record<number, number>>
}

export const COSTS = {
  AddOrder: { fixed: 1, byAge: {} },
  AmendOrder: { fixed: 1, byAge: { 5: 3, 10: 2, 15: 1 } },
  EditOrder: { fixed: 1, byAge: { 5: 6, 10: 5, 15: 4, 45: 2, 90: 1 } },
  CancelOrder: { fixed: 0, byAge: { 5: 8, 10: 6, 15: 5, 45: 4, 90: 2, 300: 1 } },
} as const satisfies Record<string, CallCost>

/** A call about an order. */
export type OrderCall = keyof typeof COSTS

export const isOrderCall = (name: string): name is OrderCall => Object.hasOwn(COSTS, name)

/** What a call costs in all. */
export const costOf = (call: OrderCall, ageMs: number): number => {
  const { byAge, fixed }: CallCost = COSTS[call]
  // Their names are whole numbers, and come in their order.
  return fixed + (Object.entries(byAge).find(([seconds]) => ageMs < Number(seconds) * 1000)?.[1] ?? 0)
}
