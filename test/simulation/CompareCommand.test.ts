import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Path } from "effect"
import { Command } from "effect/cli"
import { TestConsole } from "effect/testing"
import { compare } from "../../src/cli/compare.ts"
import { launch, MAIN } from "../cli/process.ts"

const short = ["--duration", "5s", "--seeds", "2", "--no-progress"]

/** Runs the command; gives what it has printed since the test began. */
const run = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
  yield* Command.runWith(compare, { version: "0" })([...short, ...args])
  return (yield* TestConsole.logLines).join("\n")
})

const inDirectory = Effect.gen(function* () {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const directory = yield* fileSystem.makeTempDirectoryScoped()
  return { file: (name: string) => path.join(directory, name), list: fileSystem.readDirectory(directory) }
})

describe("paceline compare", () => {
  it.effect("prints everything as JSON, each seed's figures too", () =>
    Effect.gen(function* () {
      const printed: unknown = JSON.parse(
        yield* run("--gates", "polling,ack-window", "--seed", "7", "--format", "json"),
      )
      assert.nestedPropertyVal(printed, "scenario.durationMs", 5000)
      assert.nestedPropertyVal(printed, "scenario.delay", "uniform:0:50")
      assert.nestedPropertyVal(printed, "scenario.spike", null)
      assert.nestedPropertyVal(printed, "seeds[1]", 8)
      assert.nestedPropertyVal(printed, "gates[0].gate", "polling")
      assert.nestedPropertyVal(printed, "gates[1].gate", "ack-window")
      assert.nestedPropertyVal(printed, "gates[1].safe", true)
      assert.nestedPropertyVal(printed, "gates[1].runs[0].seed", 7)
      assert.nestedPropertyVal(printed, "gates[1].runs[1].failure", null)
      const run1 = "gates[1].runs[1]"
      const numbers = [
        "ceilingPerSecond",
        "safeOptimum.acceptedPerSecond.mean",
        "safeOptimum.runs[1].expired",
        "gates[1].acceptedPerSecond.plusMinus",
        "gates[1].shareOfCeiling",
        "gates[1].shareOfOptimum",
        "gates[1].orderAgeMs.p99",
        ...["created", "accepted", "acceptedPerSecond", "expired", "exceeds"].map((_) => `${run1}.${_}`),
        ...["nonceErrors", "bans", "keysBlocked", "orderAgeMs.p50"].map((_) => `${run1}.${_}`),
      ]
      for (const name of numbers) assert.nestedProperty(printed, name)
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("writes a chart, and nothing beside it", () =>
    Effect.gen(function* () {
      const { file, list } = yield* inDirectory
      const fileSystem = yield* FileSystem.FileSystem
      yield* run("--gates", "ack-window,shifted:25", "--svg", file("chart.svg"))
      assert.match(yield* fileSystem.readFileString(file("chart.svg")), /^<svg [^]*<\/svg>\n$/)
      assert.deepStrictEqual(yield* list, ["chart.svg"])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )

  it.effect("compares for one rule after the other", () =>
    Effect.gen(function* () {
      const { file } = yield* inDirectory
      const fileSystem = yield* FileSystem.FileSystem
      const rules = ["--limit", "10", "--limit", "bucket:60,decay=1/s", "--nonces", "none"]
      const chart = ["--svg", file("chart.svg")]
      const printed: unknown = JSON.parse(
        yield* run(...rules, "--gates", "gcra,ccxt-leaky-bucket", "--format", "json", ...chart),
      )
      assert.nestedPropertyVal(printed, "scenario.nonces", "none")
      assert.nestedPropertyVal(printed, "rules[0].limit", "10/1s@key")
      assert.nestedPropertyVal(printed, "rules[0].ceilingPerSecond", 50)
      assert.nestedPropertyVal(printed, "rules[1].limit", "bucket:60,decay=1/s@key")
      assert.nestedPropertyVal(printed, "rules[1].gates[1].gate", "ccxt-leaky-bucket")
      assert.nestedPropertyVal(printed, "rules[1].gates[1].safe", true)
      assert.nestedPropertyVal(printed, "rules[1].gates[1].runs[0].seed", 1)
      assert.match(yield* fileSystem.readFileString(file("chart.svg")), /^<svg [^]*<\/svg>\n$/)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )

  it.effect("knows no optimum where nonces need not rise", () =>
    Effect.gen(function* () {
      const printed = yield* run("--gates", "ack-window", "--nonces", "none")
      assert.match(printed, /\n20\/1s@key +\d/)
      assert.notInclude(printed, "optimum")
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("refuses a chart that cannot be written before it begins", () =>
    Effect.gen(function* () {
      const { file, list } = yield* inDirectory
      const missing = yield* Effect.flip(run("--svg", file("no/such/folder.svg")))
      assert.include(missing.message, "there is no such folder")
      const folder = yield* Effect.flip(run("--svg", file("")))
      assert.include(folder.message, "it is not a file")
      assert.deepStrictEqual(yield* list, [])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )

  const bad: ReadonlyArray<readonly [string, ReadonlyArray<string>, string]> = [
    ["a gate that there is not", ["--gates", "ack-window,magic"], '--gates: "magic" is not a gate'],
    ["a gate named twice", ["--gates", "polling,polling"], '--gates: "polling" is there twice'],
    ["no seeds", ["--seeds", "0"], "--seeds"],
    ["a load of nothing", ["--load", "0"], "--load"],
    ["a form it does not print", ["--format", "classic"], '--format: "classic" is not one of text and json'],
    ["a chart in a missing folder", ["--svg", "no/such/folder/chart.svg"], "--svg: cannot write"],
  ]
  for (const [what, args, line] of bad) {
    it(`answers ${what} with one line and status 2`, async () => {
      const { status, stderr, stdout } = await launch([MAIN, "compare", ...args]).ended
      assert.strictEqual(status, 2)
      assert.include(stderr, line)
      assert.strictEqual(stderr.trimEnd().split("\n").length, 1, stderr)
      assert.strictEqual(stdout, "")
    })
  }
})
