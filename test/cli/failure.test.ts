import { Cause, Option } from "effect"
import { describe, expect, it } from "vitest"
import { CommandFailed, UsageError } from "../../src/cli/errors.ts"
import { describeFailure } from "../../src/cli/failure.ts"

const quiet = { name: "paceline run", verbose: false }

describe("a program that failed", () => {
  it("shows an expected failure's message alone, and exits as it says", () => {
    expect(describeFailure(Cause.fail(new UsageError({ message: "no such file" })), quiet)).toEqual(
      Option.some({ status: 2, text: "paceline run: no such file\n" }),
    )
    expect(describeFailure(Cause.fail(new CommandFailed({ message: "a\n  b\n" })), quiet)).toEqual(
      Option.some({ status: 1, text: "paceline run: a b\n" }),
    )
  })

  it("asks to report a defect, without its stack", () => {
    const failure = Option.getOrThrow(describeFailure(Cause.die(new Error("oh\nno")), quiet))
    expect(failure.status).toBe(1)
    expect(failure.text).toMatch(/^paceline run: internal error: oh no\. This is a bug .*\n$/)
  })

  it("shows the stack of a defect to those who ask for details", () => {
    const failure = describeFailure(Cause.die(new Error("oh")), { ...quiet, verbose: true })
    expect(Option.getOrThrow(failure).text).toContain("failure.test.ts")
  })

  it.each([true, false])("never shows an API key or a password (verbose: %s)", (verbose) => {
    const error = new Error('GET http://me:hunter2@host/?nonce=1&api_key=HUNTER3&req_id=4 "api_key=HUNTER3"')
    for (const cause of [Cause.die(error), Cause.fail(error)]) {
      const { text } = Option.getOrThrow(describeFailure(cause, { ...quiet, verbose }))
      expect(text).not.toMatch(/hunter[23]/i)
      expect(text).toContain("req_id=4")
    }
  })

  it("says nothing of an interruption, unless something failed on the way out", () => {
    expect(describeFailure(Cause.interrupt(1), quiet)).toEqual(Option.none())
    const failed = new CommandFailed({ message: "disk full" })
    for (const failure of [Cause.fail(failed), Cause.die(failed)]) {
      expect(describeFailure(Cause.combine(Cause.interrupt(1), failure), quiet)).toEqual(
        Option.some({ status: 1, text: "paceline run: disk full\n" }),
      )
    }
  })
})
