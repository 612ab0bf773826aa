/** What limits do to a whole run, as its commands show it. In virtual time, but for the last. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestConsole } from "effect/testing"
import { run } from "../../src/cli/run.ts"
import { commandLine } from "../../src/cli/shell.ts"
import { simulate } from "../../src/cli/simulate.ts"
import { summarise } from "../../src/cli/summarise.ts"

let folder = ""
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "paceline-limits-"))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const printed = Effect.map(TestConsole.logLines, (lines) => lines.join("\n"))

describe("a simulated run by limits", () => {
  it.effect.each([
    ["--limit", "20/1s"],
    ["--limit", "bucket:60,decay=20/s@account"],
    ["--limit", "fixed:100/10s", "--nonces", "none"],
    ["--limit", "counter:100/10s@ip", "--limit", "30"],
    ["--limit", "bucket:20,decay=10/s,step=100ms@account+symbol"],
  ])("%j is refused nothing, and is certified", (limits) =>
    Effect.gen(function* () {
      const log = join(folder, `${limits.join("").replaceAll(/\W/g, "")}.ndjson`)
      const scenario = [
        "--duration",
        "20s",
        "--load",
        "2",
        "--seed",
        "3",
        "--no-progress",
        "--format",
        "json",
      ]
      yield* commandLine(simulate, [...scenario, ...limits, "--log", log])
      const summary: unknown = JSON.parse(yield* printed)
      assert.nestedPropertyVal(summary, "exceeds", 0)
      assert.nestedPropertyVal(summary, "utilisation.ceiling", null)
      assert.nestedProperty(summary, "run.limits[0]")
      yield* commandLine(summarise, ["--certify", log])
      assert.include(yield* printed, ": certified")
      assert.include(yield* printed, "least spare")
    }).pipe(Effect.provide(TestConsole.layer)),
  )
})

it.live.each([
  ["21", "cost 21 of a limit that has room for 20"],
  ["1.5", "cost must be a whole number, 0 or more"],
  ["-3", "cost must be a whole number, 0 or more"],
  ['"two"', "cost must be a whole number, 0 or more"],
])("an order of a cost of %s, of 20, is a bad line", ([cost, problem]) =>
  Effect.gen(function* () {
    const orders = join(folder, "orders.ndjson")
    writeFileSync(orders, `{"id":"1","params":{"cost":3}}\n{"id":"2","params":{"cost":${cost}}}\n`)
    const failure = yield* Effect.flip(
      commandLine(run, ["--orders", orders, "--limit", "20/1s", "--no-progress"]),
    )
    assert.include(String(failure), `line 2: "params": ${problem}`)
  }).pipe(Effect.provide(TestConsole.layer)),
)
