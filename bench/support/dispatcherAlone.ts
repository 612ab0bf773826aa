/**
 * The dispatcher without HTTP: a client that answers by itself after the exercise's delays. What remains is
 * what the queue, the lanes and the gates cost, and the timers that stand for the network.
 */
import { Clock, Duration, Effect, Layer } from "effect"
import { RateLimiter } from "effect/persistence"
import { Dispatcher, layer as dispatcherLayer } from "../../src/dispatch/Dispatcher.ts"
import { LiveReach } from "../../src/limits/LiveReach.ts"
import { DEFAULT_REQUEST_TIMEOUT } from "../../src/dispatch/requestTimeout.ts"
import type { ApiKey } from "../../src/domain/ApiKey.ts"
import { ExchangeClient } from "../../src/venues/ExchangeClient.ts"
import { nowMsUnsafe } from "../../src/platform/Monotonic.ts"
import { seededRandom, wholeUpTo } from "../../src/platform/Random.ts"
import { ackWindowDesign } from "../../src/run/Design.ts"

const answering = (seed: number) =>
  Layer.effect(
    ExchangeClient,
    Effect.map(seededRandom(seed, "exchange delays"), (random) =>
      ExchangeClient.of({
        ping: Effect.as(Effect.sleep(0), { roundTripMs: 0 }),
        submit: (order, _key, _nonce, watch) =>
          Clock.clockWith((clock) => {
            const roundTripMs = wholeUpTo(random, 50) + wholeUpTo(random, 50)
            watch.onWritten(nowMsUnsafe(clock))
            return Effect.map(Effect.sleep(roundTripMs), () => {
              watch.onSettled(nowMsUnsafe(clock))
              return { status: "OK", req_id: order.id } as const
            })
          }),
      }),
    ),
  )

/** Hands orders over, waits for the last of them, and gives how many were accepted. */
export const dispatcherAlone = (
  handOver: (dispatcher: Dispatcher["Service"]) => Effect.Effect<void>,
  keys: ReadonlyArray<ApiKey>,
  seed: number,
) =>
  Effect.gen(function* () {
    const limit = 20
    const window = Duration.seconds(1)
    const rateLimiter = yield* RateLimiter.make
    const reach = new LiveReach({
      boundMs: 55,
      requestTimeoutMs: Duration.toMillis(DEFAULT_REQUEST_TIMEOUT),
    })
    const dispatching = Effect.gen(function* () {
      const dispatcher = yield* Dispatcher
      yield* handOver(dispatcher)
      yield* dispatcher.drained
      return (yield* dispatcher.snapshot).accepted
    })
    return yield* dispatching.pipe(
      Effect.provide(
        dispatcherLayer({
          keys,
          reach,
          ttl: Duration.seconds(1),
          requestTimeout: DEFAULT_REQUEST_TIMEOUT,
          gate: ackWindowDesign.gate({ limit, window, reach, rateLimiter }),
        }).pipe(Layer.provide(answering(seed))),
      ),
    )
  }).pipe(Effect.provide(RateLimiter.layerStoreMemory))
