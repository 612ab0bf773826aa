import { inspect } from "node:util"
import { describe, expect, it } from "@effect/vitest"
import { Cause, Duration, Effect, Exit, Layer, Redacted } from "effect"
import { layer } from "../../src/dispatch/Dispatcher.ts"
import type { DispatcherOptions } from "../../src/dispatch/DispatcherOptions.ts"
import { type HttpDispatcherOptions, layerHttp } from "../../src/dispatch/HttpDispatcher.ts"
import { InvalidOptions } from "../../src/dispatch/InvalidOptions.ts"
import { ExchangeClient } from "../../src/venues/ExchangeClient.ts"

const key = (label: string, secret: string) => ({ label, secret: Redacted.make(secret) })
const good: HttpDispatcherOptions = { url: new URL("http://127.0.0.1:9/"), keys: [key("key-1", "MARK1")] }

const defectOf = <A, E>(layer: Layer.Layer<A, E>): Effect.Effect<unknown> =>
  Effect.map(Effect.exit(Effect.scoped(Layer.build(layer))), (exit) => {
    expect(inspect(exit, { depth: Infinity, showHidden: true })).not.toContain("MARK")
    return Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
  })

const nan = Number.NaN
const cases: ReadonlyArray<readonly [changes: Partial<HttpDispatcherOptions>, message: string]> = [
  [{ keys: [] }, '"keys": there is none: give at least one'],
  [
    { keys: [key("key-1", "MARK1"), key("key-1", "MARK2")] },
    '"keys": two keys have the label key-1: give each its own',
  ],
  [{ keys: [key("a", "MARK1"), key("b", "MARK1")] }, '"keys": a and b have the same secret: leave one out'],
  [{ keys: [key("", "MARK1")] }, '"keys": a label is empty'],
  [{ keys: [key("a", "")] }, '"keys": the secret of a is empty'],
  [{ url: new URL("ftp://127.0.0.1/") }, '"url": it is neither http nor https'],
  [
    { url: new URL("http://me:MARK@127.0.0.1/") },
    '"url": it holds a user name or a password: leave them out',
  ],
  [{ limit: 0 }, '"limit": 0 is not a whole number from 1 on'],
  [{ limit: 1.5 }, '"limit": 1.5 is not a whole number from 1 on'],
  [{ limit: nan }, '"limit": NaN is not a whole number from 1 on'],
  [{ limit: Infinity }, '"limit": Infinity is not a whole number from 1 on'],
  [{ window: Duration.zero }, '"window": 0 is not a finite time longer than 0'],
  [{ window: Duration.infinity }, '"window": Infinity is not a finite time longer than 0'],
  [{ bound: Duration.infinity }, '"bound": Infinity is not a finite time'],
  [{ ttl: Duration.zero }, '"ttl": 0 is not a finite time longer than 0'],
  [{ requestTimeout: Duration.zero }, '"requestTimeout": 0 is not a finite time longer than 0'],
  [{ firstContact: Duration.infinity }, '"firstContact": Infinity is not a finite time'],
  [{ unreachableAfter: Duration.infinity }, '"unreachableAfter": Infinity is not a finite time'],
  [{ capacity: 0 }, '"capacity": 0 is not a whole number from 1 on'],
  [{ maxReturns: -1 }, '"maxReturns": -1 is not a whole number from 0 on'],
  [{ parkAfter: 0 }, '"parkAfter": 0 is not a whole number from 1 on'],
  [{ nonceJumps: [1000, 0] }, '"nonceJumps": 0 is not a whole number from 1 on'],
]

describe("a dispatcher", () => {
  it.effect.each(cases)("dies of options that it cannot work with: %#, %s", ([changes, message]) =>
    Effect.map(defectOf(layerHttp({ ...good, ...changes })), (defect) => {
      expect(defect).toBeInstanceOf(InvalidOptions)
      expect(String(defect)).toContain(`the dispatcher's option ${message}`)
    }),
  )

  it.effect("without HTTP dies of them too", () =>
    Effect.gen(function* () {
      const client = Layer.succeed(ExchangeClient, { submit: () => Effect.never, ping: Effect.never })
      const options: DispatcherOptions = {
        keys: good.keys,
        gate: () => Effect.never,
        ttl: undefined,
        requestTimeout: Duration.seconds(1),
        capacity: 0,
      }
      const defect = yield* defectOf(Layer.provide(layer(options), client))
      expect(String(defect)).toContain('option "capacity": 0 is not')
    }),
  )

  it.effect("takes options at their limits", () =>
    Effect.map(
      defectOf(
        layerHttp({
          ...good,
          limit: 1,
          capacity: 1,
          maxReturns: 0,
          parkAfter: Infinity,
          bound: Duration.zero,
        }),
      ),
      (defect) => {
        expect(defect).toBeUndefined()
      },
    ),
  )
})
