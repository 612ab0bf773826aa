import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { readInvocation } from "../../src/cli/arguments.ts"
import { UsageError } from "../../src/cli/errors.ts"
import { commandLine } from "../../src/cli/shell.ts"
import { root } from "./programs/commands.ts"

/** The one line that these arguments get their user. */
const lineFor = (args: ReadonlyArray<string>) => {
  const invocation = readInvocation(root, args)
  return Effect.map(Effect.flip(commandLine(root, invocation.args)), (error) => {
    expect(error).toBeInstanceOf(UsageError)
    return `${invocation.name}: ${error.message}`
  })
}

const SEE_RUN = 'See "paceline run --help".'
const DURATION = "write it as 500ms, 30s, 5m, 24h or 7d"

describe("wrong usage gets one line that says what is wrong, where, and what to do", () => {
  it.effect.each([
    [["frob"], 'paceline: there is no command "frob". See "paceline --help".'],
    [["frob", "--help"], 'paceline: there is no command "frob". See "paceline --help".'],
    [["ruun"], 'paceline: there is no command "ruun"; did you mean run? See "paceline --help".'],
    [["--durtion", "5s"], `paceline run: there is no flag --durtion; did you mean --duration? ${SEE_RUN}`],
    [["run", "--sed=1"], `paceline run: there is no flag --sed; did you mean --seed? ${SEE_RUN}`],
    [["-x"], `paceline run: there is no flag -x. ${SEE_RUN}`],
    [["run", "x"], `paceline run: "x" is one argument too many. ${SEE_RUN}`],
    [["run", "a\nb"], `paceline run: "a\\nb" is one argument too many. ${SEE_RUN}`],
    [["--duration"], `paceline run: --duration needs a value (DURATION). ${SEE_RUN}`],
    [["--duration", "5x"], `paceline run: --duration: "5x" is not a duration; ${DURATION}. ${SEE_RUN}`],
    [["--duration", "5"], `paceline run: --duration: "5" has no unit; ${DURATION}. ${SEE_RUN}`],
    [
      ["--duration", "1s", "--duration", "2s"],
      `paceline run: --duration is given more than once. ${SEE_RUN}`,
    ],
    [["--ttl", "never"], `paceline run: --ttl: "never" is not a duration; ${DURATION}, or none. ${SEE_RUN}`],
    [["--limit", "0"], `paceline run: --limit: "0" is out of range; it must be from 1 to 1000. ${SEE_RUN}`],
    [["--load", "-1"], `paceline run: --load: "-1" is out of range; it must be from 0 to 1000. ${SEE_RUN}`],
    [["--format", "xml"], `paceline run: --format: "xml" is not one of text, json and classic. ${SEE_RUN}`],
    [
      ["--log-level", "loud"],
      `paceline run: --log-level: "loud" is not right; expected "all" | "trace" | "debug" | "info" | "warn" | "warning" | "error" | "fatal" | "none". ${SEE_RUN}`,
    ],
  ] as const)("%j", ([args, line]) =>
    Effect.map(lineFor(args), (actual) => {
      expect(actual).toBe(line)
    }),
  )

  it.effect.each(["http://user:hunter2@host/", "hunter2@", "ftp://host/?key=hunter2", "/x#hunter2"])(
    "an address that may hold a secret is not repeated: %s",
    (url) =>
      Effect.map(lineFor(["--url", url]), (line) => {
        expect(line).toMatch(/^paceline run: --url: .* See "paceline run --help"\.$/)
        expect(line).not.toContain("hunter2")
      }),
  )

  it.effect("something very long is cut", () =>
    Effect.map(lineFor(["run", "x".repeat(5000)]), (line) => {
      expect(line.length).toBeLessThan(200)
    }),
  )
})
