import { createHash } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { FileDigest } from "../../src/journal/FileDigest.ts"
import { SeenIds } from "../../src/certificate/SeenIds.ts"

describe("a file's digest", () => {
  it("is that of all before the last line, however the bytes arrive", () => {
    const text = fc
      .array(fc.constantFrom("a", "bc", "\n", "\r\n", "é"), { maxLength: 30 })
      .map((_) => _.join(""))
    fc.assert(
      fc.property(text, fc.array(fc.nat({ max: 40 })), (whole, cuts) => {
        const bytes = new TextEncoder().encode(whole)
        const digest = new FileDigest()
        const places = [
          0,
          ...cuts.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b),
          bytes.length,
        ]
        places.slice(1).forEach((place, n) => digest.add(bytes.subarray(places[n], place)))
        const before = bytes.subarray(0, bytes.lastIndexOf(0x0a, Math.max(0, bytes.length - 2)) + 1)
        // A single newline is a line, and not what stands before one.
        const expected = bytes.length < 2 ? new Uint8Array() : before
        assert.strictEqual(digest.end(), createHash("sha256").update(expected).digest("hex"))
      }),
    )
  })
})

describe("the ids seen", () => {
  it("are known again, numbered or named, and no others", () => {
    const id = fc.oneof(
      fc.nat({ max: 100_000 }).map(String),
      fc.constantFrom("00", "-1", "1e3", "x", "32767", "32768", "999999999999999", "1000000000000000"),
    )
    fc.assert(
      fc.property(fc.array(id), (ids) => {
        const seen = new SeenIds()
        ids.forEach((one, n) => assert.strictEqual(seen.seen(one), ids.slice(0, n).includes(one), one))
        assert.strictEqual(seen.forgotten, 0)
      }),
    )
  })

  it("are forgotten, and counted, where there is no more room", () => {
    const seen = new SeenIds({ maxPages: 1, maxTexts: 2 })
    for (const id of ["0", "a", "99999", "b", "199999"]) assert.isFalse(seen.seen(id))
    assert.strictEqual(seen.forgotten, 2)
    assert.deepStrictEqual(
      ["0", "a", "99999", "b"].map((id) => seen.seen(id)),
      [true, true, true, false],
    )
    assert.strictEqual(seen.forgotten, 3)
  })
})
