/** What an exchange has told everybody is kept once for the exchange, whichever keys were told. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Result, Scope } from "effect"
import { TestClock } from "effect/testing"
import { Boot } from "../../src/keys/Boot.ts"
import { openExchangeHold } from "../../src/keys/ExchangeHold.ts"
import { KeyLocks, Locked } from "../../src/keys/KeyLocks.ts"
import { decodeKeyRecord, encodeKeyRecord } from "../../src/keys/KeyRecord.ts"
import { StateFiles } from "../../src/keys/StateFiles.ts"
import { nowMs } from "../../src/platform/Monotonic.ts"
import { makeKeys } from "../support/rig.ts"
import { claimOn, makeDisk } from "./support.ts"

const [one, other] = makeKeys(2)
const keyOne = one === undefined ? [] : [one]
const keyOther = other === undefined ? [] : [other]

/** How long each life's keys are held when it begins, in milliseconds. */
const heldIn = (disk: ReturnType<typeof makeDisk>, ...options: [boot?: object, options?: object]) =>
  Effect.scoped(
    Effect.map(claimOn(disk, ...options), ({ remembered }) => remembered.map(({ heldMs }) => heldMs)),
  )

/** A life with the first key that is told to wait so long, and killed where that is said. */
const told = Effect.fnUntraced(function* (disk: ReturnType<typeof makeDisk>, forMs: number, killed = false) {
  const scope = yield* Scope.make()
  const { recall } = yield* Scope.provide(claimOn(disk, {}, { keys: keyOne }), scope)
  const [key] = keyOne
  if (key === undefined) return
  const memory = yield* recall(key)
  memory.onHold((yield* nowMs) + forMs, "all")
  yield* TestClock.adjust("1 millis")
  const files = new Map(disk.files)
  yield* Scope.close(scope, Exit.void)
  if (!killed) return
  disk.files.clear()
  for (const [name, text] of files) disk.files.set(name, text)
})

describe("an announced end", () => {
  for (const killed of [false, true]) {
    it.effect(`holds a next life with other keys of the exchange, after a ${killed ? "kill" : "stop"}`, () =>
      Effect.gen(function* () {
        const disk = makeDisk()
        yield* told(disk, 60_000, killed)
        yield* TestClock.adjust("9999 millis")
        assert.deepStrictEqual(yield* heldIn(disk, {}, { keys: keyOther }), [50_000])
        assert.deepStrictEqual(yield* heldIn(disk, {}, { keys: [...keyOne, ...keyOther] }), [50_000, 50_000])
        // The machine was booted meanwhile: the wall clock tells.
        assert.deepStrictEqual(
          yield* heldIn(disk, { id: "boot-2", offsetMs: 7 }, { keys: keyOther }),
          [50_000],
        )
        assert.deepStrictEqual(
          yield* heldIn(disk, {}, { keys: keyOther, exchange: "http://another.test" }),
          [0],
        )
      }),
    )
  }

  it.effect("is found where older versions kept it, with the key", () =>
    Effect.gen(function* () {
      const disk = makeDisk()
      yield* heldIn(disk, {}, { keys: keyOne })
      for (const [name, text] of disk.files) {
        const record = Result.getOrThrow(decodeKeyRecord(text))
        const all = { bootMs: 5000, wallMs: 5000 }
        disk.files.set(name, encodeKeyRecord({ ...record, holds: { "http://exchange.test/api": { all } } }))
      }
      assert.deepStrictEqual(yield* heldIn(disk, {}, { keys: keyOne }), [5000])
    }),
  )

  it.effect("is never written over with a sooner one by another run, and waits for that one's write", () =>
    Effect.gen(function* () {
      const { files, store } = makeDisk()
      let isLocked = false
      const lock = () =>
        Effect.suspend(() => {
          if (isLocked) return Effect.fail(new Locked())
          isLocked = true
          return Effect.asVoid(Effect.addFinalizer(() => Effect.sync(() => void (isLocked = false))))
        })
      const services = Layer.mergeAll(
        Layer.succeed(Boot, { id: "boot-1", offsetMs: 0, doubtMs: 0 }),
        Layer.succeed(KeyLocks, { lock }),
        Layer.succeed(StateFiles, store),
      )
      const open = Effect.provide(openExchangeHold("http://exchange.test", "nowhere"), services)
      const first = yield* open
      const second = yield* open
      isLocked = true
      second.onHold(9000)
      yield* TestClock.adjust("100 millis")
      assert.strictEqual(files.size, 0)
      isLocked = false
      yield* TestClock.adjust("10 millis")
      first.onHold(4000)
      yield* TestClock.adjust("10 millis")
      assert.strictEqual((yield* open).untilMs, 9000)
    }),
  )
})
