import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { app } from "../../src/cli/App.ts"
import { readInvocation } from "../../src/cli/arguments.ts"
import { commandLine } from "../../src/cli/shell.ts"

/** The one line and the exit status that these arguments get their user. */
const refusal = (args: ReadonlyArray<string>) => {
  const invocation = readInvocation(app, args)
  return Effect.map(Effect.flip(commandLine(app, invocation.args)), (error) => ({
    line: `${invocation.name}: ${error.message}`,
    tag: error._tag,
  }))
}

describe("every command answers wrong usage with one line that names the command, the flag and the remedy", () => {
  it.effect.each([
    [["--duration", "30"], /^paceline run: --duration: "30" has no unit; .*30s/],
    [["--duration", "0s"], /^paceline run: --duration: "0s" /],
    [["run", "--load", "fast"], /^paceline run: --load: "fast" is not a number/],
    [["run", "--limit", "0"], /^paceline run: --limit: "0" is out of range/],
    [["run", "--window", "1"], /^paceline run: --window: "1" has no unit/],
    [["run", "--bound", "soon"], /^paceline run: --bound: "soon" is not a duration; .*or none/],
    [["run", "--seed", "-1"], /^paceline run: --seed: "-1" is out of range/],
    [["run", "--url", "localhost:9999"], /^paceline run: --url: "localhost:9999" is neither http nor https/],
    [["run", "--format", "xml"], /^paceline run: --format: "xml" is not one of text, json and classic/],
    [["run", "--gate", "none"], /^paceline run: --gate: "none" /],
    [["run", "orders.ndjson"], /^paceline run: "orders.ndjson" is one argument too many/],
    [["exchange", "--port", "65536"], /^paceline exchange: --port: "65536" is out of range; .*65535/],
    [["exchange", "--max-delay", "-1ms"], /^paceline exchange: --max-delay/],
    [
      ["exchange", "--fault", "reset"],
      /^paceline exchange: --fault: "reset": something is missing; .*reset:P\./,
    ],
    [
      ["exchange", "--fault", "reset:1", "--fault", "x"],
      /^paceline exchange: --fault: there is no fault "x"/,
    ],
    [["run", "--fault", "reset:2"], /^paceline run: --fault: "reset:2": the probability "2" is out of range/],
    [["exchange", "--delay", "1ms"], /^paceline exchange: there is no flag --delay/],
    [["summarise"], /^paceline summarise: <log> is missing/],
    [["summarise", "--format"], /^paceline summarise: --format needs a value \(text\|json\|csv\|classic\)/],
    [["summarize", "x.log"], /^paceline: there is no command "summarize"; did you mean summarise\?/],
  ] as const)("%j", ([args, line]) =>
    Effect.map(refusal(args), (actual) => {
      expect(actual.tag).toBe("UsageError")
      expect(actual.line).toMatch(line)
      expect(actual.line).toMatch(/^[^\n]* See "paceline(?: \w+)? --help"\.$/)
    }),
  )
})
