import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { parseLimit } from "../../src/cli/limitSpec.ts"
import { Certifier } from "../../src/certificate/Certifier.ts"
import { renderCertificates } from "../../src/certificate/renderCertificate.ts"
import type { JournalRecord } from "../../src/journal/JournalRecord.ts"
import { header } from "../summary/records.ts"

const headerOf = (limits: ReadonlyArray<string>, nonces?: "none"): JournalRecord => {
  const plain = header()
  return {
    ...plain,
    version: 3,
    settings: {
      ...plain.settings,
      limit: 10_000,
      boundMs: null,
      limits: limits.map((text) => Result.getOrThrow(parseLimit(text))),
      ...(nonces === undefined ? {} : { nonces }),
    },
  }
}

/** An order: when it is sent, when it is answered, and what limits ask of it. */
interface Way {
  readonly sent: number
  readonly settled: number
  readonly key?: string
  readonly cost?: number
  readonly scope?: string
}

const recordsOf = (ways: ReadonlyArray<Way>): ReadonlyArray<JournalRecord> =>
  ways
    .flatMap(({ cost, key = "key-1", scope, sent, settled }, n): ReadonlyArray<JournalRecord> => {
      const about = { id: String(n), createdAt: 0, key, nonce: n + 1, attempt: 1 }
      const counts = { ...(cost === undefined ? {} : { cost }), ...(scope === undefined ? {} : { scope }) }
      return [
        { type: "sent", t: sent, ...about, ...counts },
        { type: "outcome", outcome: "accepted", t: settled, ...about, sent, written: sent, settled },
      ]
    })
    .toSorted((a, b) => a.t - b.t)

const certify = (head: JournalRecord, ways: ReadonlyArray<Way>) => {
  const certifier = new Certifier()
  for (const line of [head, ...recordsOf(ways)]) certifier.line(line)
  return certifier.finish({ isTerminated: true, sha256: "" })
}

const apart = (...times: ReadonlyArray<number>): ReadonlyArray<Way> =>
  times.map((sent) => ({ sent, settled: sent + 10 }))

describe("a limit in a certificate", () => {
  it.each<[string, ReadonlyArray<Way>, number]>([
    ["2/100ms", apart(0, 20, 131), 0],
    ["2/100ms", apart(0, 20, 130), 0],
    ["2/100ms", apart(0, 20, 110), -1],
    ["fixed:2/100ms", apart(0, 20, 110), -1],
    ["counter:2/100ms", apart(0, 20, 131), -0.6],
    ["counter:2/100ms", apart(0, 20, 300), 0],
    ["bucket:2,decay=1/100ms", apart(0, 20, 111), 0],
    ["bucket:2,decay=1/100ms", apart(0, 20, 80), -0.31],
    ["bucket:3,decay=1/100ms,step=100ms", apart(0, 20, 111), 1],
    ["bucket:2,decay=2/100ms,step=50ms", apart(0, 20, 80), 0.18],
    [
      "5/100ms",
      [
        { sent: 0, settled: 10, cost: 3 },
        { sent: 5, settled: 12, cost: 2 },
        { sent: 6, settled: 9, cost: 0 },
      ],
      0,
    ],
    [
      "5/100ms",
      [
        { sent: 0, settled: 10, cost: 3 },
        { sent: 5, settled: 12, cost: 3 },
      ],
      -1,
    ],
    [
      "9/100ms,cancel=8",
      [
        { sent: 0, settled: 10, scope: "action=cancel" },
        { sent: 5, settled: 12, scope: "action=place" },
      ],
      0,
    ],
    [
      "9/100ms,cancel=8",
      [
        { sent: 0, settled: 10, scope: "action=cancel", cost: 4 },
        { sent: 5, settled: 12 },
        { sent: 6, settled: 12, scope: "action=cancel", cost: 5 },
      ],
      -1,
    ],
    [
      "1/100ms,cancel=0",
      [
        { sent: 0, settled: 10, scope: "action=cancel", cost: 3 },
        { sent: 5, settled: 12 },
        { sent: 6, settled: 12, scope: "action=cancel" },
      ],
      0,
    ],
    [
      "1/100ms@account",
      [
        { sent: 0, settled: 10 },
        { sent: 20, settled: 30, key: "key-2" },
      ],
      -1,
    ],
    [
      "1/100ms@ip",
      [
        { sent: 0, settled: 10 },
        { sent: 20, settled: 30, key: "key-2" },
      ],
      -1,
    ],
    [
      "1/100ms@key",
      [
        { sent: 0, settled: 10 },
        { sent: 20, settled: 30, key: "key-2" },
      ],
      0,
    ],
    [
      "1/100ms@account+pair",
      [
        { sent: 0, settled: 10, scope: "pair=A" },
        { sent: 20, settled: 30, scope: "pair=B%26" },
      ],
      0,
    ],
    [
      "1/100ms@account+pair",
      [
        { sent: 0, settled: 10, scope: "pair=A" },
        { sent: 20, settled: 30, key: "key-2", scope: "pair=A" },
      ],
      -1,
    ],
  ])("%s: %j spare %d", (limit, ways, spare) => {
    const { certified, limits, violations } = certify(headerOf([limit], "none"), ways)
    assert.closeTo(limits?.[0]?.spare ?? Number.NaN, spare, 0.011)
    assert.equal(certified, spare >= 0)
    assert.equal(violations.window > 0, spare < 0)
  })

  it("is one of several, and each tells of itself", () => {
    const certificate = certify(headerOf(["1/100ms", "bucket:9,decay=1/s@account"]), apart(0, 20))
    assert.deepEqual(certificate.limits, [
      { limit: "1/100ms@key", of: 1, spare: -1, line: 4 },
      { limit: "bucket:9,decay=1/s@account", of: 9, spare: 7.009, line: 4 },
    ])
    const text = renderCertificates("text", [{ name: "run", certificate }])
    assert.include(text, "limits 1/100ms@key, bucket:9,decay=1/s@account, no bound")
    assert.include(text, "key-1 sent order 1 at 20 ms, when 2 could be counted by the limit 1/100ms@key")
    assert.match(text, /bucket:9,decay=1\/s@account +7\.009 of 9 \(line 4\)/)
  })

  it("asks for no order of nonces where the exchange asks for none", () => {
    const together = [
      { sent: 0, settled: 10 },
      { sent: 1, settled: 5 },
    ]
    assert.equal(certify(headerOf(["9/1s"]), together).certified, false)
    assert.equal(certify(headerOf(["9/1s"], "none"), together).certified, true)
  })
})
