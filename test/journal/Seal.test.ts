import { createHash } from "node:crypto"
import { expect, it } from "@effect/vitest"
import { Option } from "effect"
import { readJournalLine } from "../../src/journal/journalLine.ts"
import { makeSeal } from "../../src/journal/Seal.ts"
import { accepted, footer as footerAt, header } from "../summary/records.ts"

const footer = footerAt(2, { created: 1, accepted: 1 })

it("gives the footer the digest of all that stands before it, whatever batches it was written in", () => {
  const body = [header(), accepted("é", 1)]
  const before = body.map((record) => `${JSON.stringify(record)}\n`).join("")
  const sha256 = createHash("sha256").update(before).digest("hex")
  for (const size of [1, 2, 3]) {
    const seal = makeSeal()
    const records = [...body, footer]
    let text = ""
    for (let from = 0; from < records.length; from += size) text += seal(records.slice(from, from + size))
    expect(text).toBe(`${before}${JSON.stringify({ ...footer, digest: sha256 })}\n`)
    expect(readJournalLine(text.split("\n")[2] ?? "")).toEqual(Option.some({ ...footer, digest: sha256 }))
  }
})
