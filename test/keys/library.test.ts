// On the real clock: real locks and files.
import { describe, expect, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { Effect, Exit, Layer, Result, Scope } from "effect"
import { Dispatcher } from "../../src/dispatch/Dispatcher.ts"
import { layerHttp } from "../../src/dispatch/HttpDispatcher.ts"
import { decodeKeyRecord } from "../../src/keys/KeyRecord.ts"
import { makeKeys } from "../support/rig.ts"
import { venueServer } from "../support/venueServer.ts"
import { temporaryFolder } from "./support.ts"

describe("a dispatcher with a state directory, as a library", () => {
  it.live("owns its keys as long as its layer is open, and no longer", () =>
    Effect.gen(function* () {
      const state = yield* temporaryFolder
      const layer = (path: string, count: number) =>
        // Another address does not make it another key. Nothing listens there, and nothing is sent.
        Layer.fresh(layerHttp({ url: new URL(`http://127.0.0.1:1/${path}`), keys: makeKeys(count), state }))
      const first = yield* Scope.make()
      yield* Layer.buildWithScope(layer("one", 2), first)
      const refused = yield* Effect.flip(Effect.scoped(Layer.build(layer("two", 1))))
      expect(refused._tag).toBe("KeyInUse")
      yield* Scope.close(first, Exit.void)
      yield* Effect.scoped(Layer.build(layer("two", 1)))
    }),
  )

  it.live("sends and remembers nonces in the unit that it is given", () =>
    Effect.gen(function* () {
      const state = yield* temporaryFolder
      const { seen, url } = yield* venueServer(({ url: path }, response) => {
        const id = new URL(path, "http://x").searchParams.get("req_id")
        response.end(JSON.stringify({ status: "OK", req_id: id }))
      })
      yield* Effect.flatMap(Dispatcher, ({ submit }) => submit({ id: "o-1" })).pipe(
        Effect.provide(layerHttp({ url, keys: makeKeys(1), state, nonceUnit: "ns" })),
      )
      const nonces = seen.map(({ url: path }) => new URL(path, "http://x").searchParams.get("nonce") ?? "")
      expect(nonces).toEqual([expect.stringMatching(/^1\d{15}000$/)])
      const other = layerHttp({ url, keys: makeKeys(1), state, nonceUnit: "us" })
      const refused = yield* Effect.flip(Effect.scoped(Layer.build(other)))
      expect(refused).toMatchObject({ _tag: "StateUnusable", reason: "nonce-unit" })
    }),
  )

  it.live("remembers the window also where it is given an empty list of limits", () =>
    Effect.gen(function* () {
      const state = yield* temporaryFolder
      const options = { url: new URL("http://127.0.0.1:1/"), keys: makeKeys(1), state, limits: [] }
      yield* Effect.scoped(Layer.build(layerHttp(options)))
      const name = readdirSync(state).find((file) => /^[\da-f]{32}\.json$/.test(file)) ?? ""
      const record = Result.getOrThrow(decodeKeyRecord(readFileSync(join(state, name), "utf8")))
      expect(record.windowMs).toBeGreaterThan(1000)
    }),
  )
})
