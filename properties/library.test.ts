/** The library's promises to whoever uses it as it was not meant to be used. */
import { Effect, Predicate } from "effect"
import { assert, chai, describe, it } from "vitest"
import * as Dispatcher from "../src/dispatch/Dispatcher.ts"
import { MadeOrder, type Order } from "../src/domain/Order.ts"
import { deafToInterruption } from "./broken/dispatchers.ts"
import { naiveDispatcher } from "./broken/naiveDispatcher.ts"
import { RUNS, SEED, tryLaw } from "./support/law.ts"
import {
  deafWhenStopped,
  type Handed,
  handedOver,
  type Interrupted,
  interruptions,
  type Make,
  misdeeds,
  playHanded,
  playInterrupted,
  playMisdeeds,
} from "./support/library.ts"

/** Asks of an id whether it is text, and no more. */
const openDoor: Make = (options) =>
  Effect.map(Dispatcher.make(options), (real) => {
    const made = (order: Order) =>
      Predicate.hasProperty(order, "id") && Predicate.isString(order.id)
        ? new MadeOrder(order.id, {}, undefined)
        : order
    return Dispatcher.Dispatcher.of({
      ...real,
      submit: (order) => real.submit(made(order)),
      enqueue: (order) => real.enqueue(made(order)),
      offer: (order) => real.offer(made(order)),
    })
  })

describe(`the library (seed ${SEED}, ${RUNS} a law)`, () => {
  tryLaw<Interrupted, Make>({
    law: "whoever is interrupted, at any moment, knows of every order that was executed",
    worlds: interruptions,
    check: playInterrupted,
    broken: {
      "an interruption that hides what has left": deafToInterruption,
      "outcomes that end when the stop begins": deafWhenStopped,
    },
  })
  tryLaw<ReadonlyArray<Handed>, Make>({
    law: "whatever is handed over is an order, or refused without a trace",
    worlds: handedOver,
    check: playHanded,
    broken: { "a door at which only types are asked for": openDoor },
  })
  tryLaw<Parameters<typeof playMisdeeds>[0], Make>({
    law: "whatever a client does, every order has its outcome and the lane goes on",
    worlds: misdeeds,
    check: playMisdeeds,
    broken: { "a dispatcher that believes its client": naiveDispatcher("forgets-when-stopped") },
  })
  // Seed 452934180: it was caught by the simulation having come to rest, and not by the law.
  it("a dispatcher that waits for ever for its client breaks the law of what a client does", async () => {
    const played = playMisdeeds(["cannot be interrupted"], naiveDispatcher("forgets-when-stopped"))
    const error = await played.then(
      () => undefined,
      (caught: unknown) => caught,
    )
    assert.instanceOf(error, chai.AssertionError)
  })
})
