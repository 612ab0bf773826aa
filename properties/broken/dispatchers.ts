/** The real dispatcher, used in a way that spoils what it takes care of. */
import { Duration, Effect, Fiber, Stream } from "effect"
import * as Dispatcher from "../../src/dispatch/Dispatcher.ts"
import type { DispatcherOptions } from "../../src/dispatch/DispatcherOptions.ts"
import type { QueuedOrder } from "../../src/dispatch/Admission.ts"
import { invariant } from "../../src/platform/invariant.ts"
import type { Order } from "../../src/domain/Order.ts"

/** The handle of an order that nobody will ask. */
export const unheard = ({ id }: Order): QueuedOrder => ({ id, result: Effect.never, withdraw: Effect.never })

/** Keeps a stack of its own before the line, so that the newest order goes first. */
export const newestFirst = (options: DispatcherOptions) =>
  Effect.gen(function* () {
    const real = yield* Dispatcher.make(options)
    const stack: Array<Order> = []
    const feed = Effect.gen(function* () {
      while (true) {
        yield* real.awaitBelow(1)
        const newest = stack.pop()
        if (newest === undefined) yield* Effect.sleep(Duration.millis(1))
        else yield* Effect.ignore(real.enqueue(newest))
      }
    })
    yield* Effect.forkScoped(feed)
    const drained: Effect.Effect<void> = Effect.suspend(() =>
      stack.length === 0
        ? Effect.delay(real.drained, Duration.millis(1))
        : Effect.andThen(Effect.sleep(Duration.millis(1)), drained),
    )
    return Dispatcher.Dispatcher.of({
      ...real,
      enqueue: (order) =>
        Effect.sync(() => {
          stack.push(order)
          return unheard(order)
        }),
      drained,
    })
  })

/** Gives every order to a key as soon as it comes, in turn: a queue a key. */
export const inTurn = (options: DispatcherOptions) =>
  Effect.gen(function* () {
    const all = yield* Effect.forEach(options.keys, (key) => Dispatcher.make({ ...options, keys: [key] }))
    let count = 0
    const next = () => {
      const dispatcher = all[count++ % all.length]
      invariant(dispatcher !== undefined, "there is a dispatcher for every key")
      return dispatcher
    }
    return Dispatcher.Dispatcher.of({
      submit: (order) => Effect.suspend(() => next().submit(order)),
      enqueue: (order) => Effect.suspend(() => next().enqueue(order)),
      offer: (order) => Effect.suspend(() => next().offer(order)),
      outcomes: Stream.empty,
      awaitBelow: () => Effect.void,
      drained: Effect.forEach(all, ({ drained }) => drained, { discard: true }),
      failed: Effect.never,
      snapshot: Effect.suspend(() => next().snapshot),
    })
  })

/** Takes the first refusal for the last word. */
export const givesUpAtOnce = (options: DispatcherOptions) => Dispatcher.make({ ...options, maxReturns: 0 })

/** Goes on with an order whose caller has gone. */
export const deafToInterruption = (options: DispatcherOptions) =>
  Effect.map(Dispatcher.make(options), (real) =>
    Dispatcher.Dispatcher.of({
      ...real,
      submit: (order) =>
        Effect.flatMap(Effect.forkDetach(real.submit(order), { startImmediately: true }), Fiber.join),
    }),
  )

/** Tells whoever offers an order that there was room, also when there was none. */
export const alwaysTakesOffers = (options: DispatcherOptions) =>
  Effect.map(Dispatcher.make(options), (real) =>
    Dispatcher.Dispatcher.of({ ...real, offer: (order) => Effect.as(real.offer(order), true) }),
  )
