/** What README.md and docs/ name is there: every link with its heading, every path of the tree, every npm script. */
import { spawnSync } from "node:child_process"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, resolve } from "node:path"
import process from "node:process"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"

const ROOT = fileURLToPath(new URL("../", import.meta.url))

const PAGES = ["README.md", ...readdirSync(resolve(ROOT, "docs")).map((name) => `docs/${name}`)].filter(
  (name) => name.endsWith(".md"),
)

const LINK = /\]\(([^)\s]+)\)/g
const PATH = /(?<![\w/.-])(?:src|test|properties|bench|docs|fixtures|scripts)\/[\w./-]*[\w/]/g
const SCRIPT = /\bnpm run (?:-s )?([\w:]+)/g
const ELSEWHERE = /^[a-z]+:/

const firsts = (text: string, pattern: RegExp): ReadonlyArray<string> =>
  [...text.matchAll(pattern)].map((match) => match[1] ?? match[0])

/** A heading's name in a link, as GitHub makes it. */
const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, "")
    .trim()
    .replaceAll(" ", "-")

const anchorsOf = (text: string): ReadonlyArray<string> => firsts(text, /^#+ (.+)$/gm).map(anchor)

/** What a page names and the tree does not have. */
const missing = (page: string, text: string, scripts: ReadonlyArray<string>): ReadonlyArray<string> => {
  const links = firsts(text, LINK).filter((target) => !ELSEWHERE.test(target))
  const broken = links.filter((target) => {
    const [path = "", heading] = target.split("#")
    const file = path === "" ? page : resolve(ROOT, dirname(page), path)
    if (path !== "" && !existsSync(file)) return true
    if (heading === undefined) return false
    const there = path === "" ? text : readFileSync(file, "utf8")
    return !anchorsOf(there).includes(heading)
  })
  const paths = firsts(text.replaceAll(LINK, "]"), PATH).filter((path) => !existsSync(resolve(ROOT, path)))
  const commands = firsts(text, SCRIPT).filter((name) => !scripts.includes(name))
  return [...broken, ...paths, ...commands]
}

const scripts = firsts(readFileSync(resolve(ROOT, "package.json"), "utf8"), /^ {4}"([\w:]+)": /gm)

describe("the pages", () => {
  it.each(PAGES)("%s names only what is there", (page) => {
    expect(missing(page, readFileSync(resolve(ROOT, page), "utf8"), scripts)).toEqual([])
  })

  it.each([
    ["a file that moved", "[safety](../docs/safely.md)"],
    ["a heading that is gone", "[window](safety.md#the-hole)"],
    ["a heading that this page does not have", "# One\n[two](#two)"],
    ["a path in words", "the lane (`src/dispatch/Lanes.ts`)"],
    ["a script that nobody wrote", "`npm run everything`"],
  ])("would be caught with %s", (_, text) => {
    expect(missing("docs/state.md", text, scripts)).toHaveLength(1)
  })
})

describe("the picture of the theorem", () => {
  it("is what its script draws", () => {
    const { stdout } = spawnSync(process.execPath, [resolve(ROOT, "scripts/theorem.ts")], {
      encoding: "utf8",
    })
    expect(readFileSync(resolve(ROOT, "docs/theorem.svg"), "utf8")).toBe(stdout)
  })
})

describe("the table of venues' limits", () => {
  /** As its cells say it, however wide they are written. */
  const cells = (text: string) =>
    text.split("\n").map((line) => line.replaceAll(/ *\| */g, "|").replaceAll(/-{3,}/g, "---"))

  it("is what its script prints", () => {
    const { stdout } = spawnSync(process.execPath, [resolve(ROOT, "scripts/venues.ts")], { encoding: "utf8" })
    expect(stdout).toContain("kraken")
    const page = cells(readFileSync(resolve(ROOT, "docs/venues.md"), "utf8")).join("\n")
    expect(page).toContain(cells(stdout.trimEnd()).join("\n"))
  })
})

describe("the packed program", () => {
  const packed = ((): ReadonlyArray<string> => {
    const { stdout } = spawnSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
      cwd: ROOT,
      encoding: "utf8",
    })
    return firsts(stdout, /"path": "([^"]+)"/g)
  })()

  it("has the licence, and every file that the README links to", () => {
    const links = firsts(readFileSync(resolve(ROOT, "README.md"), "utf8"), LINK)
    const files = links.filter((target) => !/^[a-z]+:|^#/.test(target)).map((target) => target.split("#")[0])
    expect(packed).toContain("LICENSE")
    expect(files.filter((file) => !packed.includes(file ?? ""))).toEqual([])
  })

  it("has no script for its installation, which npm would ask its user to approve", () => {
    const manifest = readFileSync(resolve(ROOT, "package.json"), "utf8")
    expect(manifest).not.toMatch(/"(?:preinstall|install|postinstall|prepare)":/)
  })
})
