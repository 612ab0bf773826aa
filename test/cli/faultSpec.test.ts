import { readFileSync } from "node:fs"
import { Result } from "effect"
import { describe, expect, it } from "vitest"
import { FAULT_FORMS, parseFault, printFault } from "../../src/cli/faultSpec.ts"
import { always } from "../../src/exchange/faults/When.ts"

const requests = { when: always, times: undefined }
const at = (firstMs: number, everyMs?: number, forMs?: number) => ({ firstMs, everyMs, forMs })

describe("a fault", () => {
  it.each([
    ["spike:0.01:300ms", { kind: "spike", chance: 0.01, byMs: 300, ...requests }],
    ["lost-request:1", { kind: "lost-request", chance: 1, aftermath: "silence", ...requests }],
    ["lost-answer:.5:then=close", { kind: "lost-answer", chance: 0.5, aftermath: "close", ...requests }],
    ["reset:1e-3:times=2", { kind: "reset", chance: 0.001, when: always, times: 2 }],
    ["truncated:0:for=5s", { kind: "truncated", chance: 0, when: at(0, undefined, 5000), times: undefined }],
    ["garbled:1", { kind: "garbled", chance: 1, garbling: undefined, ...requests }],
    ["garbled:1:as=html", { kind: "garbled", chance: 1, garbling: "html", ...requests }],
    [
      "status:1:503:retry-after=2s:at=10s:for=5s",
      {
        kind: "status",
        chance: 1,
        code: 503,
        judged: true,
        retryAfterMs: 2000,
        retryAs: "seconds",
        when: at(10_000, undefined, 5000),
        times: undefined,
      },
    ],
    [
      "status:0.5:judged=no:500",
      {
        kind: "status",
        chance: 0.5,
        code: 500,
        judged: false,
        retryAfterMs: undefined,
        retryAs: "seconds",
        ...requests,
      },
    ],
    [
      "status:1:503:as=date:retry-after=2s",
      {
        kind: "status",
        chance: 1,
        code: 503,
        judged: true,
        retryAfterMs: 2000,
        retryAs: "date",
        ...requests,
      },
    ],
    [
      "status:1:418:retry-after=6s",
      {
        kind: "status",
        chance: 1,
        code: 418,
        judged: false,
        retryAfterMs: 6000,
        retryAs: "seconds",
        ...requests,
      },
    ],
    ["block:0.001", { kind: "block", chance: 0.001, ...requests }],
    [
      "quota:1",
      { kind: "quota", chance: 1, remaining: undefined, resetMs: undefined, retryAs: "seconds", ...requests },
    ],
    [
      "quota:1:remaining=0:reset=2s:as=date",
      { kind: "quota", chance: 1, remaining: 0, resetMs: 2000, retryAs: "date", ...requests },
    ],
    ["stall:at=5s:for=2s", { kind: "stall", judged: false, when: at(5000, undefined, 2000) }],
    ["stall:every=1m:for=2s:judged=yes", { kind: "stall", judged: true, when: at(60_000, 60_000, 2000) }],
    ["restart:at=0s", { kind: "restart", when: at(0) }],
    ["restart:at=5s:every=10s:for=500ms", { kind: "restart", when: at(5000, 10_000, 500) }],
    ["clock:-1h:at=5s", { kind: "clock", byMs: -3_600_000, when: at(5000) }],
    ["clock:+250ms:every=10s", { kind: "clock", byMs: 250, when: at(10_000, 10_000) }],
    ["block-key:at=5s", { kind: "block-key", when: at(5000) }],
  ])("is read from %s, and printed so that it is read again", (text, fault) => {
    const read = Result.getOrThrow(parseFault(text))
    expect(read).toEqual(fault)
    expect(parseFault(printFault(read))).toEqual(Result.succeed(fault))
  })

  const SPIKE = "write it as spike:P:BY"
  it.each([
    [
      "",
      'there is no fault ""; write spike, lost-request, lost-answer, reset, truncated, garbled, failure, status, block, quota, stall, restart, clock or block-key',
    ],
    ["spkie:1:1s", 'there is no fault "spkie"; write spike, lost-request'],
    ["toString:1", 'there is no fault "toString"'],
    ["spike", `"spike": something is missing; ${SPIKE}`],
    ["spike:0.5", `"spike:0.5": something is missing; ${SPIKE}`],
    ["spike:0.5:1s:2s", `there is something too much; ${SPIKE}`],
    ["spike::1s", `the probability "" is not a number; write one such as 1 or 0.95; ${SPIKE}`],
    ["spike:2:1s", `the probability "2" is out of range; it must be from 0 to 1; ${SPIKE}`],
    ["spike:-0.1:1s", 'the probability "-0.1" is out of range'],
    ["spike:NaN:1s", 'the probability "NaN" is not a number'],
    ["spike:5%:1s", 'the probability "5%" is not a number'],
    ["spike:0.5:300", '"300" has no unit; write it as 500ms'],
    ["spike:0.5:0.5ms", '"0.5ms": the exchange counts in whole milliseconds'],
    ["spike:0.5:2m", '"2m" is too long; at most 1m'],
    ["spike:0.5:0s", '"0s" is no time at all'],
    ["spike:0.5:1s:then=close", "it has no then=; there are at=, every=, for=, times="],
    ["spike:0.5:1s:times=0", 'times=: "0" is out of range'],
    ["spike:0.5:1s:at=1s:at=2s", "at= is given twice"],
    ["spike:0.5:1s:at=", 'at=: "" is not a duration'],
    ["spike:0.5:1s:every=10s", "every= needs for=, which says how long"],
    ["spike:0.5:1s:every=10s:for=10s", "for= must be shorter than every="],
    ["lost-answer:1:then=shout", 'then=: "shout" is not right; write silence or close'],
    ["status:1:503:as=date", "as= says how a retry-after= is told; give that too"],
    ["status:1:503:retry-after=1s:as=x", 'as=: "x" is not right; write seconds or date'],
    ["garbled:1:as=x", 'as=: "x" is not right; write text, id, encoding or html'],
    ["status:1:399", '"399" is out of range; it must be from 400 to 599'],
    ["status:1:403:judged=yes", "what is refused by a status from 400 to 499 is not judged"],
    ["status:1:503:judged=maybe", 'judged=: "maybe" is not right; write yes or no'],
    ["stall:for=2s", "it needs a moment: add at=10s, or every=10s"],
    ["stall:5s:for=2s", "there is something too much; write it as stall:at=AT:for=D"],
    ["restart", "it needs a moment"],
    ["clock:1h", "it needs a moment"],
    ["clock:-0s:at=1s", '"0s" is no time at all'],
    ["clock:--1s:at=1s", '"-1s" is negative'],
    ["block-key:0.1", "there is something too much"],
    ["reset:1\nx", 'the probability "1\\nx" is not a number'],
  ])("is refused in one line where it is %j", (text, said) => {
    const problem = Result.getOrThrow(Result.flip(parseFault(text)))
    expect(problem).toContain(said)
    expect(problem).not.toContain("\n")
  })

  it("is explained in docs/faults.md, of every kind", () => {
    const docs = readFileSync(new URL("../../docs/faults.md", import.meta.url), "utf8")
    for (const { form } of Object.values(FAULT_FORMS))
      expect(docs).toContain(`\`${form.replaceAll("|", "\\|")}\``)
  })
})
