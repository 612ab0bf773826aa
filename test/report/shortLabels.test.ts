import { assert, describe, it } from "vitest"
import { LONGEST_LABEL, shortLabels } from "../../src/report/charts/shortLabels.ts"

const keysOf = (...files: ReadonlyArray<string>): ReadonlyArray<string> =>
  files.flatMap((file) => [1, 2, 10].map((key) => `${file}:key-${key}`))

describe("labels beside a chart", () => {
  it("stay as they are where there is room", () => {
    assert.deepStrictEqual(shortLabels(["key-1", "r1.ndjson:key-1"]), ["key-1", "r1.ndjson:key-1"])
    assert.deepStrictEqual(shortLabels([]), [])
  })

  it("keep the key's own name, and what there is room for of its file's", () => {
    assert.deepStrictEqual(shortLabels(["key-1", "monday-morning.ndjson:key-1", "tuesday.ndjson:key-12"]), [
      "key-1",
      "monday-morn…:key-1",
      "tuesday.nd…:key-12",
    ])
  })

  it("can be told apart, wherever they differ", () => {
    for (const labels of [
      keysOf("morning-of-2026-11-23.ndjson", "morning-of-2026-11-24.ndjson"),
      keysOf("/srv/logs/one/run.ndjson", "/srv/logs/two/run.ndjson"),
      keysOf("/srv/logs/of-the-first/run.ndjson", "/srv/logs/of-the-other/run.ndjson"),
      keysOf(`${"a".repeat(30)}1${"b".repeat(30)}`, `${"a".repeat(30)}2${"b".repeat(30)}`),
      ["a".repeat(18), `${"a".repeat(17)}b`, `${"a".repeat(50)}c`],
      ["x:".concat("y".repeat(40)), "x:".concat("y".repeat(41))],
    ]) {
      const short = shortLabels(labels)
      assert.strictEqual(new Set(short).size, labels.length, short.join())
      for (const label of short) assert.isAtMost(label.length, LONGEST_LABEL)
    }
  })
})
