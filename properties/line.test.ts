/** The line of orders, beside a model of two arrays: who is inside, and who waits outside for room. */
import { Effect, Fiber } from "effect"
import * as fc from "fast-check"
import { assert, describe } from "vitest"
import { order } from "../test/support/rig.ts"
import { type Entry, entryOf } from "../src/dispatch/Entry.ts"
import { OrderLine } from "../src/dispatch/OrderLine.ts"
import { playVirtual } from "../test/support/virtualTime.ts"
import { PROMISE, RUNS, SEED, tryLaw } from "./support/law.ts"

type Step =
  | { readonly step: "offer" | "join" | "take" | "return" }
  /** The n-th of those that have come and not gone. */
  | { readonly step: "withdraw" | "leave"; readonly which: number }

interface World {
  readonly capacity: number
  readonly steps: ReadonlyArray<Step>
}

const worlds: fc.Arbitrary<World> = fc.record({
  capacity: fc.integer({ min: 1, max: 4 }),
  steps: fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom<Step>({ step: "offer" }, { step: "join" }, { step: "take" }) },
      { weight: 1, arbitrary: fc.constant<Step>({ step: "return" }) },
      {
        weight: 2,
        arbitrary: fc.record({ step: fc.constantFrom("withdraw", "leave"), which: fc.nat(20) }),
      },
    ),
    { maxLength: 40 },
  ),
})

const stepOf = (step: string): Step => {
  switch (step) {
    case "offer":
    case "join":
    case "take":
    case "return":
      return { step }
    default:
      return { step: "withdraw", which: 1 }
  }
}

/** What a line does wrong. */
type Mistake = (line: OrderLine) => Partial<Pick<OrderLine, "putBack" | "remove" | "offer">>

const idOf = (entry: Entry | undefined): string | undefined => entry?.order.id

/** Lets every fiber come to rest. */
const settle = Effect.forEach([1, 2, 3], () => Effect.yieldNow, { discard: true })

const play = ({ capacity, steps }: World, mistake: Mistake | undefined) =>
  Effect.gen(function* () {
    const line = yield* OrderLine.make(capacity)
    const put = { ...mistake?.(line) }
    const inside: Array<Entry> = []
    const outside: Array<{ readonly entry: Entry; readonly fiber: Fiber.Fiber<void> }> = []
    let taken: Entry | undefined
    const letIn = () => {
      while (inside.length < capacity && outside.length > 0) {
        const first = outside.shift()
        if (first !== undefined) inside.push(first.entry)
      }
    }
    for (const [n, step] of steps.entries()) {
      const entry = entryOf(order(n), 0, Number.POSITIVE_INFINITY)
      switch (step.step) {
        case "offer": {
          const isTaken = put.offer?.(entry) ?? line.offer(entry)
          assert.strictEqual(isTaken, inside.length < capacity, `step ${n}: whether there is room`)
          if (isTaken) inside.push(entry)
          break
        }
        case "join": {
          const fiber = yield* Effect.forkChild(line.join(entry), { startImmediately: true })
          outside.push({ entry, fiber })
          break
        }
        case "take": {
          taken = line.take()
          if (taken !== undefined) taken.state = "in-flight"
          assert.strictEqual(idOf(taken), idOf(inside.shift()), `step ${n}: who is first`)
          break
        }
        case "return": {
          if (taken === undefined) break
          if (put.putBack === undefined) line.putBack(taken)
          else put.putBack(taken)
          inside.unshift(taken)
          taken = undefined
          break
        }
        case "withdraw": {
          const [gone] = inside.splice(step.which % Math.max(1, inside.length), 1)
          if (gone === undefined) break
          if (put.remove === undefined) line.remove(gone)
          else put.remove(gone)
          gone.state = "ended"
          break
        }
        case "leave": {
          const [gone] = outside.splice(step.which % Math.max(1, outside.length), 1)
          if (gone !== undefined) yield* Fiber.interrupt(gone.fiber)
        }
      }
      letIn()
      yield* settle
      assert.strictEqual(line.length, inside.length, `step ${n}: how many are inside`)
    }
  })

describe(`the line of orders (seed ${SEED}, ${RUNS} worlds)`, () => {
  tryLaw<World, Mistake>({
    law: "it holds no more than its capacity and those that came back, and gives them in order",
    worlds,
    scenarios: PROMISE,
    check: (world, mistake) => playVirtual(play(world, mistake)),
    found: [
      // A returned order filled the line while its door stood open.
      { capacity: 2, steps: ["offer", "take", "offer", "return", "join"].map(stepOf) },
      // The same, where the one in the door is withdrawn, and one waits outside.
      { capacity: 1, steps: ["offer", "take", "offer", "return", "withdraw", "join"].map(stepOf) },
      { capacity: 1, steps: ["offer", "take", "offer", "return", "join", "withdraw", "take"].map(stepOf) },
      // Who waits outside runs on as soon as there is room, and brings the next.
      { capacity: 2, steps: ["offer", "take", "offer", "offer", "join", "join", "take", "take"].map(stepOf) },
    ],
    broken: {
      "one that puts what came back at its end": (line) => ({ putBack: (entry) => void line.offer(entry) }),
      "one that keeps what was withdrawn": () => ({ remove: () => {} }),
      "one that takes more than it holds": (line) => ({
        offer: (entry) => {
          if (!line.offer(entry)) line.putBack(entry)
          return true
        },
      }),
    },
  })
})
