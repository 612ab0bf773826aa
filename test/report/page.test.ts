import { createHash } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import { escapeHtml, html } from "../../src/report/html.ts"
import type { JournalRecord } from "../../src/journal/JournalRecord.ts"
import { renderSummaries } from "../../src/summary/render.ts"
import { footer, rejected, retired, returned, sent } from "../summary/records.ts"
import { figuresOn, shownFigures } from "./shownFigures.ts"
import { HOSTILE, pageOf, reported, sampleRecords } from "./sample.ts"

const textIn = (page: string, tag: string): ReadonlyArray<string> =>
  [...page.matchAll(new RegExp(`<${tag}(?: [^>]*)?>(.*?)</${tag}>`, "gs"))].map(([, text]) => text ?? "")

/** What the page's first sentence says to be right or wrong. */
const verdictOn = (page: string): ReadonlyArray<readonly [string, string]> => {
  const [, sentence = ""] = /<p class="verdict">(.*?)<\/p>/s.exec(page) ?? []
  return [...sentence.matchAll(/<span class="(right|wrong)">[✓✗]&nbsp;([^<]*)<\/span>/g)].map(
    ([, mark = "", what = ""]) => [mark, what],
  )
}

describe("html", () => {
  it("escapes whatever is put into it, in text and in attributes", () => {
    assert.strictEqual(html`<p title="${`"'<>&`}">${HOSTILE}</p>`.text.includes("<script"), false)
    assert.strictEqual(escapeHtml(`<a href="x">'&`), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;")
    assert.strictEqual(escapeHtml("a\u0000b\u202ec\n"), "a\\u0000b\\u202ec\\u000a")
    assert.strictEqual(escapeHtml("\ud800"), "\ufffd")
  })

  it("takes HTML as it is, lists one after the other, and nothing for nothing", () => {
    assert.strictEqual(html`<b>${[html`<i>1</i>`, "<", 2, undefined]}</b>`.text, "<b><i>1</i>&lt;2</b>")
  })
})

describe("a report", () => {
  it("shows the figures of the summary's JSON, by their names", async () => {
    const log = reported("run.ndjson", sampleRecords())
    const page = await pageOf([log])
    const json: unknown = JSON.parse(renderSummaries("json", [log]))
    const figures = figuresOn(page)
    const { summary } = log
    assert.deepInclude(json, { averageThroughput: summary.averageThroughput, exceeds: summary.exceeds })
    assert.isAbove(summary.averageThroughput, 10)
    for (const [name, value, off] of shownFigures(summary))
      assert.approximately(figures.get(name) ?? Number.NaN, value ?? Number.NaN, off, name)
  })

  it("tells of limits where a run kept such, and of no window", async () => {
    const [head, ...rest] = sampleRecords()
    assert(head?.type === "header")
    const kept = (limit: number): JournalRecord => {
      const limits = [
        { rule: "log", limit, windowMs: 1000, scope: "account", field: "<b>" },
        { rule: "bucket", limit: 20, decay: 20, decayMs: 1000, scope: "ip" },
      ] as const
      return { ...head, version: 3, settings: { ...head.settings, limits } }
    }
    const page = await pageOf([reported("run.ndjson", [kept(20), ...rest])])
    assert.deepInclude(verdictOn(page), ["right", "no limit could have been exceeded"])
    assert.include(page, '<span class="name">20/1s@account+&lt;b&gt;</span>')
    assert.match(page, /<td>2 of 20<\/td>/)
    assert.include(page, "This run kept other limits")
    assert.notInclude(page, "window could have been exceeded")
    const over = await pageOf([reported("a", [kept(5), ...rest]), reported("b", sampleRecords())])
    assert.deepInclude(verdictOn(over), ["wrong", "a limit could have been exceeded"])
    assert.match(over, /<td class="wrong">-13 of 5<\/td>/)
    assert.include(over, "no window could have been exceeded")
  })

  it("says at its top which part of a log it is", async () => {
    const log = reported("run.ndjson", sampleRecords())
    const selection = { since: { type: "offset", ms: 10_000 }, until: undefined, keys: ["<b>"] } as const
    const header = (page: string): string => page.slice(page.indexOf("<header>"), page.indexOf("</header>"))
    const part = header(await pageOf([{ ...log, selection }]))
    assert.include(part, "A part of the log: from 10s on, &lt;b&gt; only")
    assert.notInclude(header(await pageOf([log])), "A part of")
  })

  it("has every order in the intervals behind its chart", () => {
    const { run, summary } = reported("run.ndjson", sampleRecords())
    const sum = (what: "accepted" | "refused" | "expired" | "created"): number =>
      run.points.reduce((total, point) => total + point[what], 0)
    assert.strictEqual(sum("accepted"), summary.orders.accepted)
    assert.strictEqual(sum("refused"), summary.orders.rejected)
    assert.strictEqual(sum("expired"), summary.orders.expired)
    assert.isAtLeast(summary.orders.rejected, 3)
  })

  it("lets nothing of a log or a file's name become markup", async () => {
    const log = reported(`${HOSTILE}.ndjson`, sampleRecords({ key: HOSTILE }))
    // Short enough to stand beside a chart as it is.
    const short = reported("run.ndjson", sampleRecords({ key: "</script>\u202e" }))
    for (const page of [await pageOf([log]), await pageOf([log, log]), await pageOf([short])]) {
      assert.strictEqual(page.match(/<script/g)?.length, 1)
      assert.strictEqual(page.match(/<\/script/g)?.length, 1)
      assert.notInclude(page, "<img")
      assert.notInclude(page, "\u202e")
      assert.include(page, "&lt;/script&gt;")
    }
  })

  it("names no address, and forbids all but its own style and script", async () => {
    const page = await pageOf([reported("run.ndjson", sampleRecords())])
    // The names of SVG's own elements, which are no addresses to go to.
    const other = page.replaceAll(/ xmlns(?::\w+)?="http:\/\/www\.w3\.org\/[^"]*"/g, "")
    assert.notMatch(other, /https?:|\/\/[a-z]|url\((?!#)|@import| src=|<link|srcset|<iframe/i)
    const [policy = ""] = /default-src[^"]*/.exec(page) ?? []
    const hash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`
    assert.strictEqual(
      policy,
      `default-src 'none'; style-src ${hash(textIn(page, "style")[0] ?? "")}; script-src ${hash(textIn(page, "script")[0] ?? "")}; base-uri 'none'; form-action 'none'`,
    )
    assert.notMatch(page, / style="| on\w+="/)
  })

  it("names nothing twice within a page", async () => {
    const log = reported("run.ndjson", sampleRecords())
    const page = await pageOf([log, log])
    const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id)
    assert.strictEqual(new Set(ids).size, ids.length)
    for (const [, id] of page.matchAll(/url\(#([^)]*)\)/g)) assert.include(ids, id)
  })

  it("says what a log does not tell", async () => {
    const page = await pageOf([reported("run.ndjson", sampleRecords({ seconds: 0.06 }))])
    assert.include(page, "no key ever filled a window")
    assert.deepStrictEqual(verdictOn(page), [["right", "no exceeds, bans or nonce errors"]])
  })

  it("says at its top that a run was killed, or that no key was left", async () => {
    const ends = async (...more: ReadonlyArray<JournalRecord>): Promise<ReadonlyArray<string>> => {
      const page = await pageOf([reported("run.ndjson", [...sampleRecords(), ...more])])
      return [...page.matchAll(/<p class="verdict end">.*?✗&nbsp;([^<]*)</gs)].map(([, text = ""]) => text)
    }
    const retirement = retired("key-1", 10_000, "rate-limit")
    assert.deepStrictEqual(await ends(), [
      "no end: killed or still running, 0 orders sent without an outcome",
    ])
    assert.deepStrictEqual(await ends(retirement, footer(10_050, { end: "failed" })), [
      "all keys parked after 10.0 s of 30 s",
    ])
    assert.deepStrictEqual(await ends(footer(10_050)), [])
  })

  it("says that the exchange refused though no window could have been exceeded, and what that means", async () => {
    const records = [
      ...sampleRecords({ everyMs: 60 }),
      sent("over", 20_000, 20_000),
      rejected("over", 20_020, "rate-limit", { createdAt: 20_000, sent: 20_000 }),
    ]
    const page = await pageOf([reported("run.ndjson", records)])
    assert.deepInclude(verdictOn(page), [
      "wrong",
      "no window could have been exceeded, yet the exchange refused",
    ])
    const sentence =
      "No window could have been exceeded, and the exchange refused 1 request all the same (1 for the rate limit), so something that was assumed did not hold: "
    // At its top, and with the chart: as read and as seen.
    assert.strictEqual(page.split(sentence).length - 1, 3)
  })

  it("names each log's gate, and says of ages and durations what they are", async () => {
    const gates = ["ack-window", "polling", "token-bucket"]
    const logs = gates.map((gate) => {
      const [first, ...records] = sampleRecords()
      if (first?.type !== "header") throw new Error("a journal begins with its header")
      return reported("run.ndjson", [{ ...first, settings: { ...first.settings, gate } }, ...records])
    })
    const page = await pageOf(logs)
    assert.deepStrictEqual(
      [...page.matchAll(/<p class="setting">gate (\S+) · /g)].map(([, gate]) => gate),
      gates,
    )
    const section = (id: string): string => page.slice(page.indexOf(`aria-labelledby="${id}"`)).slice(0, 2000)
    assert.include(section("age-time"), "p50: half were no older")
    assert.include(section("trip-time"), "p50: half took no longer")
    assert.notInclude(page, "were shorter")
  })

  it("does not praise a run that the exchange turned away, such as by a ban of its address", async () => {
    const [first, ...records] = sampleRecords({ everyMs: 60 })
    if (first === undefined) throw new Error("a journal begins with its header")
    const page = await pageOf([
      reported("run.ndjson", [first, returned("turned-away", 0, "exchange"), ...records]),
    ])
    assert.deepStrictEqual(verdictOn(page)[0], ["wrong", "1 request turned away"])
  })

  it("shows a window that could have been exceeded as not safe", async () => {
    const safe = await pageOf([reported("run.ndjson", sampleRecords({ everyMs: 60 }))])
    const unsafe = await pageOf([reported("run.ndjson", sampleRecords({ everyMs: 45 }))])
    assert.include(safe, "ms: no window could have been exceeded")
    assert.include(unsafe, "ms: a window could have been exceeded")
    assert.deepStrictEqual(verdictOn(safe), [
      ["right", "no exceeds, bans or nonce errors"],
      ["right", "no window could have been exceeded"],
    ])
    assert.deepStrictEqual(verdictOn(unsafe), [
      ["right", "no exceeds, bans or nonce errors"],
      ["wrong", "a window could have been exceeded"],
    ])
  })

  it("stays small for a log of days", async () => {
    const log = reported("days.ndjson", sampleRecords({ seconds: 200_000, everyMs: 5000 }))
    assert.isBelow((await pageOf([log])).length, 2_000_000)
  })
})
