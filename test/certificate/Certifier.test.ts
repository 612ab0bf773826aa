import { assert, describe, it } from "@effect/vitest"
import type { JournalRecord } from "../../src/journal/JournalRecord.ts"
import type { Certificate } from "../../src/certificate/Certificate.ts"
import { Certifier } from "../../src/certificate/Certifier.ts"
import { renderCertificates } from "../../src/certificate/renderCertificate.ts"
import { expired, footer as footerAt, header } from "../summary/records.ts"

const certificateOf = (
  lines: ReadonlyArray<JournalRecord | string>,
  options: { readonly maxKept?: number; readonly isTerminated?: boolean; readonly sha256?: string } = {},
): Certificate => {
  const certifier = new Certifier(options.maxKept)
  for (const line of lines) certifier.line(line)
  return certifier.finish({ isTerminated: options.isTerminated ?? true, sha256: options.sha256 ?? "" })
}

const sent = (id: string, t: number, nonce: number, key = "key-1", attempt = 1): JournalRecord => ({
  type: "sent",
  t,
  id,
  key,
  nonce,
  createdAt: 0,
  attempt,
})

interface Way {
  readonly id: string
  readonly sent: number
  readonly nonce: number
  readonly written?: number
  readonly settled: number
  readonly attempt?: number
  readonly key?: string
}

const request = ({ attempt = 1, key = "key-1", ...way }: Way) => ({ ...way, t: way.settled, attempt, key })

const accepted = (way: Way): JournalRecord => ({
  type: "outcome",
  outcome: "accepted",
  createdAt: 0,
  ...request(way),
})
const unknown = (way: Way): JournalRecord => ({
  type: "outcome",
  outcome: "unknown",
  cause: "timeout",
  createdAt: 0,
  ...request(way),
})
const notSent = (way: Way): JournalRecord => ({ type: "returned", reason: "not-sent", ...request(way) })

const footer = (counts: {
  readonly accepted?: number
  readonly unknown?: number
  readonly expired?: number
  readonly t: number
  readonly digest?: string
}): JournalRecord =>
  footerAt(counts.t, {
    created: (counts.accepted ?? 0) + (counts.unknown ?? 0) + (counts.expired ?? 0),
    ...counts,
  })

/** One request in 1000 ms, with a bound of 55 ms. */
const single = header({ limit: 1 })

/** Version 2, whose bound may change. */
const watched: JournalRecord = { ...single, version: 2 }

it("says how often and how far the reach widened, and by which evidence", () => {
  const found = certificateOf([
    watched,
    { type: "reach", t: 1, boundMs: 81.2, cause: "timer" },
    { type: "reach", t: 2, boundMs: 90, cause: "refusal" },
    { type: "reach", t: 11_000, boundMs: 72.5, cause: "calm" },
    footer({ t: 11_001 }),
  ])
  assert.deepStrictEqual(found.reach, { widened: { answer: 0, timer: 1, refusal: 1 }, widestMs: 90 })
  const text = renderCertificates("text", [{ name: "run.ndjson", certificate: found }])
  assert.include(text, "\nreach widened 2 times, at most to 90 ms: 1 late timer, 1 refusal\n")
})

it("says nothing of a reach that never widened", () => {
  const found = certificateOf([watched, footer({ t: 1 })])
  assert.isNull(found.reach)
  assert.notInclude(renderCertificates("text", [{ name: "run.ndjson", certificate: found }]), "reach widened")
})

const problem = (certificate: Certificate): string => certificate.counterexample?.problem ?? "none"

describe("a certificate", () => {
  it("says how much earlier a request could have left", () => {
    const found = certificateOf([
      single,
      sent("0", 0, 1),
      accepted({ id: "0", sent: 0, nonce: 1, written: 2, settled: 90 }),
      sent("1", 1060, 2),
      accepted({ id: "1", sent: 1060, nonce: 2, written: 1060, settled: 1100 }),
      footer({ accepted: 2, t: 1100 }),
    ])
    assert.isTrue(found.certified)
    // The first was counted by 2 + 55 ms, so the second may leave at 1058: a window and a millisecond later.
    assert.deepStrictEqual(found.keys[0], {
      key: "key-1",
      requests: 2,
      window: { spareMs: 2, line: 4, afterLine: 2 },
      order: { spareMs: 1003, line: 4, afterLine: 2 },
    })
  })

  it("is refused for what leaves a hundredth of a millisecond too early, and not for a rounded microsecond", () => {
    const leaving = (t: number) =>
      certificateOf([
        single,
        sent("0", 0, 1),
        accepted({ id: "0", sent: 0, nonce: 1, settled: 90 }),
        sent("1", t, 2),
        accepted({ id: "1", sent: t, nonce: 2, settled: 1200 }),
        footer({ accepted: 2, t: 1200 }),
      ])
    assert.isTrue(leaving(1091).certified)
    assert.isTrue(leaving(1090.999).certified)
    const early = leaving(1090.99)
    assert.strictEqual(early.counterexample?.rule, "window")
    assert.deepStrictEqual(
      early.counterexample?.lines.map(({ line }) => line),
      [2, 3, 4],
    )
    assert.include(problem(early), "0.01 ms too early")
  })

  it("counts a lost request until a bound after it was given up, and one that never left not at all", () => {
    const after = (end: JournalRecord, t: number) => [
      single,
      sent("0", 0, 1),
      end,
      sent("1", t, 2),
      accepted({ id: "1", sent: t, nonce: 2, settled: 7000 }),
    ]
    const lost = unknown({ id: "0", sent: 0, nonce: 1, written: 1, settled: 5000 })
    assert.isTrue(
      certificateOf([...after(lost, 6056), footer({ accepted: 1, unknown: 1, t: 7000 })]).certified,
    )
    assert.isFalse(
      certificateOf([...after(lost, 6055), footer({ accepted: 1, unknown: 1, t: 7000 })]).certified,
    )
    const never = notSent({ id: "0", sent: 0, nonce: 1, settled: 1 })
    assert.isTrue(certificateOf(after(never, 1)).certified)
  })

  it("is refused where a request could overtake the one before", () => {
    const found = certificateOf([
      header(),
      sent("0", 0, 1),
      sent("1", 50, 2),
      accepted({ id: "0", sent: 0, nonce: 1, written: 1, settled: 80 }),
      accepted({ id: "1", sent: 50, nonce: 2, written: 50, settled: 90 }),
      footer({ accepted: 2, t: 90 }),
    ])
    assert.strictEqual(found.counterexample?.rule, "nonces")
    assert.deepStrictEqual(
      found.counterexample?.lines.map(({ line }) => line),
      [2, 3, 4],
    )
  })

  it("asks of a request that is under way only that it had time to arrive, though it turns out lost", () => {
    const found = certificateOf([
      header(),
      sent("0", 0, 1),
      sent("1", 56, 2),
      accepted({ id: "1", sent: 56, nonce: 2, written: 56, settled: 90 }),
      unknown({ id: "0", sent: 0, nonce: 1, written: 1, settled: 5000 }),
      footer({ accepted: 1, unknown: 1, t: 5000 }),
    ])
    assert.strictEqual(problem(found), "none")
  })

  it("keeps keys apart", () => {
    const found = certificateOf([
      single,
      sent("0", 0, 9),
      sent("1", 0, 3, "key-2"),
      accepted({ id: "0", sent: 0, nonce: 9, settled: 9 }),
      accepted({ id: "1", sent: 0, nonce: 3, settled: 9, key: "key-2" }),
      footer({ accepted: 2, t: 9 }),
    ])
    assert.isTrue(found.certified)
  })

  it("lists what was in flight when the journal was cut off, and holds as far as that goes", () => {
    const found = certificateOf([header(), sent("0", 0, 1), sent("1", 60, 2), '{"type":"outc'], {
      isTerminated: false,
    })
    assert.isTrue(found.certified)
    assert.isTrue(found.cutOff)
    assert.deepStrictEqual(found.inFlight, { count: 2, first: ["0", "1"] })
    assert.strictEqual(found.unshownPairs, 1)
  })

  it("says of a limit of one that there is no spare time where a request in the way has no end", () => {
    const found = certificateOf([header({ limit: 1 }), sent("0", 0, 1), sent("1", 5000, 2)])
    assert.strictEqual(
      problem(found),
      "key-1 sent order 1 at 5000 ms, when the request before it could still be in the window of 1000 ms: it has no end in the journal",
    )
    const named = [{ name: "run.ndjson", certificate: found }]
    assert.include(renderCertificates("text", named), "none (line 3 after 2)")
    assert.match(renderCertificates("json", named), /"window": \{\s+"spareMs": null,\s+"line": 3,/)
  })

  it("shows the first place of every rule that is broken", () => {
    const found = certificateOf([header(), sent("0", 0, 1), '{"type":"outcome"}', footer({ t: 90 })])
    assert.deepStrictEqual(
      found.counterexamples.map(({ line, rule }) => [rule, line]),
      [
        ["accounts", 2],
        ["form", 3],
      ],
    )
    assert.deepStrictEqual(found.counterexample, found.counterexamples[0])
    const text = renderCertificates("text", [{ name: "run.ndjson", certificate: found }])
    assert.include(
      text,
      'The first counterexample breaks the rule "accounts": order 0 was sent and has no end.',
    )
    assert.include(
      text,
      'The rule "form" is first broken here: the line is no record of a journal.\n  run.ndjson:3: ',
    )
  })

  it("names a request without an end where that is what leaves no room in the window", () => {
    const found = certificateOf([
      header({ limit: 2 }),
      sent("0", 0, 1),
      sent("1", 100, 2),
      accepted({ id: "1", sent: 100, nonce: 2, settled: 150 }),
      sent("2", 1100, 3),
    ])
    assert.strictEqual(
      problem(found),
      "key-1 sent order 2 at 1100 ms, when 2 requests before it could still be in the window of 1000 ms: of these, that of order 1 may have been counted as late as 150 ms, so this one is 51 ms too early; that of order 0 has no end in the journal",
    )
    assert.deepStrictEqual(
      found.counterexample?.lines.map(({ line }) => line),
      [2, 3, 4, 5],
    )
  })

  it("is refused for a line inside that is no record, and for a whole last one", () => {
    const inside = certificateOf([header(), "what is this", expired("0", 1, "queue")])
    assert.deepStrictEqual(inside.counterexample?.lines, [{ line: 2, text: "what is this" }])
    assert.isFalse(certificateOf([header(), "what is this"]).certified)
  })

  it("knows the digest that the footer must have", () => {
    const lines = [header(), footer({ t: 0, digest: "abc" })]
    assert.strictEqual(certificateOf(lines, { sha256: "abc" }).digest, "verified")
    const wrong = certificateOf(lines, { sha256: "abd" })
    assert.strictEqual(wrong.digest, "wrong")
    assert.strictEqual(wrong.counterexample?.rule, "digest")
    assert.strictEqual(certificateOf([header(), footer({ t: 0 })]).digest, "absent")
  })

  it("is refused where more is under way than it can keep in mind, and says from where on", () => {
    const lines = [header(), sent("0", 0, 1), sent("1", 100, 2), sent("2", 200, 3)]
    assert.isTrue(certificateOf(lines, { maxKept: 6 }).certified)
    const found = certificateOf(lines, { maxKept: 4 })
    assert.strictEqual(found.counterexample?.line, 4)
    assert.include(problem(found), "more than 4 requests are to be kept in mind")
  })

  it("is refused for settings that no run can keep, and for a key that is named twice", () => {
    assert.include(problem(certificateOf([header({ limit: 0 })])), "a limit below 1")
    assert.include(problem(certificateOf([{ ...header(), keys: ["key-1", "key-1"] }])), "names a key twice")
  })

  it("shortens what it names", () => {
    const found = certificateOf([header(), sent("x".repeat(64), 5, 1, "k".repeat(900))])
    for (const { text } of found.counterexample?.lines ?? []) assert.isAtMost(text.length, 240)
  })

  it("lets a request leave after its record, and before it only where another record came between", () => {
    const of = (t: number, sentMs: number) =>
      certificateOf([
        header(),
        expired("0", 10, "queue"),
        sent("1", t, 1),
        accepted({ id: "1", sent: sentMs, nonce: 1, settled: 20 }),
        footer({ accepted: 1, expired: 1, t: 20 }),
      ])
    assert.strictEqual(problem(of(11, 11)), "none")
    assert.strictEqual(problem(of(11, 14)), "none")
    assert.strictEqual(problem(of(10, 9.5)), "none")
    assert.include(problem(of(11, 9.5)), "its record is of 11, and it ends as sent before, at 9.5")
  })
})
