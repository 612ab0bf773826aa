/** When refusals say the same. */
import { assert, describe, it } from "@effect/vitest"
import { InvalidTimestamp, Refused } from "../../src/domain/SubmitError.ts"
import { saidBy, watchRefusals } from "../../src/dispatch/Refusals.ts"

/** Refuses these orders, each in the words that are its own; what stops all then, if anything. */
const stopped = (details: Readonly<Record<string, string>>) => {
  const told: Array<string> = []
  const { onRefusal } = watchRefusals(
    5,
    () => 1,
    (_, { text }) => told.push(text),
  )
  for (const [orderId, detail] of Object.entries(details)) {
    const error = new Refused({ orderId, key: "key-1", status: 400, detail })
    const said = saidBy(error, { kind: "refused", reason: "exchange" })
    if (said !== undefined) onRefusal(said, "key-1")
  }
  return told
}

const five = (ids: ReadonlyArray<string>, detail: (id: string, n: number) => string) =>
  stopped(Object.fromEntries(ids.map((id, n) => [id, detail(id, n)])))

const ids = ["o-1", "o-22", "o-333", "4f", "(x+"]

describe("refusals that say the same", () => {
  for (const [name, detail] of [
    ["word by word", () => "no permission"],
    ["with their nonces", (_, n) => `nonce ${1790000000000 + 17 * n} is not taken`],
    ["with a decimal number", (_, n) => `at ${1790000000 + n}${n === 2 ? "" : `.${n}`} no trading`],
    ["with their orders' ids", (id) => `order '${id}' may not trade`],
    ["with both", (id, n) => `${id}: key has no permission (request ${n}, ${id})`],
  ] satisfies ReadonlyArray<[string, (id: string, n: number) => string]>) {
    it(`${name} stop all at the fifth, in the last one's words`, () => {
      assert.deepStrictEqual(five(ids, detail), [`status 400: ${detail(ids[4] ?? "", 4)}`])
    })
  }

  it("are the same also where an order's id happens to be one of their words", () => {
    assert.lengthOf(
      five(["a", "o-1", "trade", "o-2", "o-3"], () => "a key that may not trade"),
      1,
    )
  })

  it("stop nothing where their words differ by more than numbers and ids", () => {
    const reasons = ["price", "size", "side", "price", "market"]
    assert.isEmpty(five(ids, (id, n) => `${id}: wrong ${reasons[n] ?? ""}`))
  })

  it("may be about our clock, and tell its time", () => {
    const said = [1, 2].map((n) =>
      saidBy(new InvalidTimestamp({ orderId: `o-${n}`, key: "key-1", detail: `${n} is too late` }), {
        kind: "refused",
        reason: "clock",
      }),
    )
    assert.deepStrictEqual(
      said.map((one) => one?.text),
      ["our clock is wrong: 1 is too late", "our clock is wrong: 2 is too late"],
    )
    assert.strictEqual(said[0]?.words, said[1]?.words)
  })
})
