/** The recipe of docs/figures.md for a journal in pieces, as a shell runs it. */
import { execFile } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import { gzipSync } from "node:zlib"
import { afterAll, beforeAll, describe, expect, it } from "@effect/vitest"
import { MAIN, run } from "./process.ts"

const RECIPE = "zcat -f run.2.gz run.1 run | "

let folder = ""
const file = (name: string): string => join(folder, name)

/** A journal, and its three pieces, the first of them packed. Where they are cut no line ends. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "paceline-pieces-"))
  const whole = file("whole.ndjson")
  const made = await run([MAIN, "simulate", "--seed", "3", "--duration", "10s", "--log", whole])
  expect(made.stderr + made.status).toMatch(/0$/)
  const bytes = readFileSync(whole)
  const [one, other] = [Math.floor(bytes.length / 3), Math.floor(bytes.length / 2)]
  writeFileSync(file("run.2.gz"), gzipSync(bytes.subarray(0, one)))
  writeFileSync(file("run.1"), bytes.subarray(one, other))
  writeFileSync(file("run"), bytes.subarray(other))
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

/** What a shell command prints, on either stream. */
const shell = (command: string): Promise<string> =>
  new Promise((resolve) => {
    execFile("sh", ["-c", command], { cwd: folder }, (_error, stdout, stderr) => {
      resolve(stdout + stderr)
    })
  })
const paceline = `"${process.execPath}" "${MAIN}"`

describe("the pieces of a journal, on standard input the oldest first", () => {
  for (const flags of ["--format json", "--every 2s --format json", "--certify --format json"]) {
    it(`give what the journal gave with ${flags}`, async () => {
      const summarise = `${paceline} summarise ${flags} -`
      const pieces = await shell(RECIPE + summarise)
      expect(pieces).toBe(await shell(`${summarise} < whole.ndjson`))
      expect(pieces).toMatch(/^\{/)
    })
  }

  it("are not certified where one is missing", async () => {
    const printed = await shell(`${RECIPE.replace("run.1 ", "")}${paceline} summarise --certify -`)
    expect(printed).toMatch(/not certified: -:\d+: /)
    expect(printed).toMatch(/BROKEN +digest/)
  })
})
