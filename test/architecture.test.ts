/** Which folder of src/ may import which: the house that README's "Develop" shows, held to by reading every import. */
import { readdirSync, readFileSync } from "node:fs"
import { dirname, relative, resolve, sep } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"

const SRC = fileURLToPath(new URL("../src/", import.meta.url))

const words = (text: string): ReadonlySet<string> => new Set(text.split(" "))

/** The folders that stand on the client. */
const PROGRAM = words("cli run simulation exchange report certificate summary")
/** The client's folders: each imports of the client only what stands after it. */
const CLIENT = words(
  "cluster observability recovery dispatch journal limits venues http keys domain platform",
)
/** The folders that read journals, and what they may import of the client. */
const READERS = words("summary certificate report")
const FOR_READERS = words("journal limits domain platform")
/** The files of src/ itself, and the folders that each may import. */
const DOORS: Readonly<Record<string, ReadonlySet<string>>> = {
  "main.ts": words("cli platform"),
  "index.ts": CLIENT,
  "promise.ts": CLIENT,
  "ccxt.ts": CLIENT,
  "testing.ts": new Set([...CLIENT, "exchange"]),
}

/** What breaks a rule for now: an entry that is not needed any more has to go. */
const KNOWN_OFFENCES: ReadonlyArray<string> = []

/** One file imports another; both are named from src/ on. */
interface Import {
  readonly from: string
  readonly to: string
}

const folderOf = (file: string): string => file.split("/")[0] ?? file

/** The rule that an import of one folder by another breaks, if any. */
const brokenRule = (from: string, to: string): string | undefined => {
  if (DOORS[to] !== undefined) return "nothing imports a door"
  const door = DOORS[from]
  if (door !== undefined) return door.has(to) ? undefined : "the door does not lead there"
  for (const folder of [from, to])
    if (!PROGRAM.has(folder) && !CLIENT.has(folder)) return `nobody knows ${folder}`
  if (CLIENT.has(from)) {
    if (PROGRAM.has(to)) return "the client imports nothing of the program around it"
    const downwards = [...CLIENT].indexOf(from) < [...CLIENT].indexOf(to)
    return downwards ? undefined : "the client's imports lead downwards"
  }
  if (READERS.has(from) && CLIENT.has(to) && !FOR_READERS.has(to))
    return "what reads journals does without the rest of the client"
  return undefined
}

/** Every import of a folder by another that breaks a rule, with the rule and the files that do it. */
const offencesOf = (imports: ReadonlyArray<Import>): ReadonlyMap<string, string> => {
  const edges = Map.groupBy(
    imports.filter(({ from, to }) => folderOf(from) !== folderOf(to)),
    ({ from, to }) => `${folderOf(from)} -> ${folderOf(to)}`,
  )
  const filesOf = (edge: string) =>
    (edges.get(edge) ?? []).map(({ from, to }) => `${from} imports ${to}`).join(", ")
  const offences = new Map<string, string>()
  for (const edge of edges.keys()) {
    const [from = "", to = ""] = edge.split(" -> ")
    const back = `${to} -> ${from}`
    const rule = brokenRule(from, to)
    if (rule !== undefined) offences.set(edge, `${rule}: ${filesOf(edge)}`)
    else if (from < to && edges.has(back) && brokenRule(to, from) === undefined)
      offences.set(`${from} <-> ${to}`, `they import each other: ${filesOf(edge)}; ${filesOf(back)}`)
  }
  return offences
}

const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*"(\.[^"]+)"/g

/** All imports of one file of src/ by another, types too. */
const importsOf = (): ReadonlyArray<Import> =>
  readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .flatMap((name) =>
      [...readFileSync(resolve(SRC, name), "utf8").matchAll(IMPORT)].map(([, target = ""]) => ({
        from: name.split(sep).join("/"),
        to: relative(SRC, resolve(SRC, dirname(name), target))
          .split(sep)
          .join("/"),
      })),
    )
    // Programs outside src/ have no folder in it, such as package.json.
    .filter(({ to }) => !to.startsWith("../"))

describe("the imports of src/", () => {
  it("keep the rules", () => {
    const imports = importsOf()
    expect(imports.length).toBeGreaterThan(500)
    const offences = offencesOf(imports)
    const news = [...offences].filter(([edge]) => !KNOWN_OFFENCES.includes(edge))
    expect(news).toEqual([])
    // None of these is needed any more: take it from the list.
    expect(KNOWN_OFFENCES.filter((edge) => !offences.has(edge))).toEqual([])
  })

  it("lead to a venue's emulated side from the emulator alone, and from there to nothing that the client counts or signs with", () => {
    const isEmulated = (file: string) => /^venues\/.*emulated\w*\.ts$/i.test(file)
    const imports = importsOf()
    const into = imports.filter(({ from, to }) => isEmulated(to) && !isEmulated(from))
    expect(into.length).toBeGreaterThan(3)
    expect(into.filter(({ from }) => folderOf(from) !== "exchange")).toEqual([])
    const outOf = imports.filter(({ from, to }) => isEmulated(from) && !isEmulated(to))
    expect(outOf.filter(({ to }) => !["domain", "http"].includes(folderOf(to)))).toEqual([])
  })

  it.each([
    ["dispatch/Lane.ts", "simulation/Delay.ts", "the client imports nothing of the program around it"],
    ["platform/Random.ts", "cli/Flags.ts", "the client imports nothing of the program around it"],
    ["venues/exercise/wire.ts", "exchange/Judge.ts", "the client imports nothing of the program around it"],
    ["domain/Order.ts", "journal/Journal.ts", "the client's imports lead downwards"],
    ["journal/Journal.ts", "dispatch/Lane.ts", "the client's imports lead downwards"],
    ["summary/Summary.ts", "dispatch/Lane.ts", "what reads journals does without the rest of the client"],
    ["report/page.ts", "keys/KeyState.ts", "what reads journals does without the rest of the client"],
    ["index.ts", "run/Run.ts", "the door does not lead there"],
    ["testing.ts", "cli/run.ts", "the door does not lead there"],
    ["cli/run.ts", "main.ts", "nothing imports a door"],
    ["run/Run.ts", "misc/things.ts", "nobody knows misc"],
  ])("%s may not import %s", (from, to, rule) => {
    expect([...offencesOf([{ from, to }]).values()]).toEqual([`${rule}: ${from} imports ${to}`])
  })

  it("never lead from a folder to another and back", () => {
    const there = { from: "run/Run.ts", to: "simulation/VirtualTime.ts" }
    const back = { from: "simulation/Simulation.ts", to: "run/Run.ts" }
    expect(offencesOf([there])).toEqual(new Map())
    expect([...offencesOf([there, back]).keys()]).toEqual(["run <-> simulation"])
  })

  it.each([
    ["cli/run.ts", "run/Run.ts"],
    ["dispatch/Lane.ts", "domain/Order.ts"],
    ["summary/Summary.ts", "journal/Journal.ts"],
    ["exchange/Judge.ts", "venues/exercise/rules.ts"],
    ["index.ts", "dispatch/Dispatcher.ts"],
    ["dispatch/Lane.ts", "dispatch/Ledger.ts"],
  ])("%s may import %s", (from, to) => {
    expect(offencesOf([{ from, to }])).toEqual(new Map())
  })
})
