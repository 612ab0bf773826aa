/**
 * The entry as an older Node meets it: built, since such a Node reads no TypeScript, with a command line in the
 * place of the real one that only says how it was started.
 */
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { stripTypeScriptTypes } from "node:module"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import process from "node:process"
import { fileURLToPath } from "node:url"
import { describe, expect, it, onTestFinished } from "vitest"
import { isSupportedNode } from "../../src/platform/nodeVersion.ts"
import { run } from "./process.ts"

const PROJECT = fileURLToPath(new URL("../..", import.meta.url))
const FILES = ["main", "platform/endBySignal", "platform/handOver", "platform/nodeVersion"]
const START = `export const start = (_, { handedOver }) => {
  console.log(JSON.stringify({ version: process.version, args: process.argv.slice(2), handedOver }))
  process.exit(3)
}`

/** Builds the entry into a folder of its own, and returns the file to run. */
const build = (options: { readonly withDependencies: boolean }): string => {
  const folder = mkdtempSync(join(tmpdir(), "paceline-entry-"))
  onTestFinished(() => {
    rmSync(folder, { recursive: true })
  })
  for (const inner of ["dist/platform", "dist/cli"]) mkdirSync(join(folder, inner), { recursive: true })
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }')
  for (const file of FILES) {
    const source = readFileSync(join(PROJECT, "src", `${file}.ts`), "utf8")
    const built = stripTypeScriptTypes(source).replaceAll(/(["'])(\..*)\.ts\1/g, "$1$2.js$1")
    writeFileSync(join(folder, "dist", `${file}.js`), built)
  }
  writeFileSync(join(folder, "dist/cli/App.js"), "export const app = {}")
  writeFileSync(join(folder, "dist/cli/shell.js"), START)
  if (options.withDependencies) symlinkSync(join(PROJECT, "node_modules"), join(folder, "node_modules"))
  return join(folder, "dist/main.js")
}

const versionOf = (node: string): string =>
  spawnSync(node, ["--version"], { encoding: "utf8" }).stdout.replace(/^v|\s/g, "")

/** An older Node of this machine, if there is one. */
const oldNode = (process.env["PATH"] ?? "")
  .split(delimiter)
  .map((folder) => join(folder, "node"))
  .find((node) => existsSync(node) && !isSupportedNode(versionOf(node)))

describe("the entry", () => {
  it("starts the command line on a Node that is new enough", async () => {
    const ended = await run([build({ withDependencies: false }), "--seed", "1"])
    expect(ended).toMatchObject({ status: 3, stderr: "" })
    expect(JSON.parse(ended.stdout)).toEqual({
      version: process.version,
      args: ["--seed", "1"],
      handedOver: false,
    })
  })

  it.runIf(oldNode !== undefined)("hands over to the pinned Node on an older one", async () => {
    const ended = await run([build({ withDependencies: true }), "--seed", "1"], { node: oldNode ?? "" })
    expect(ended).toMatchObject({ status: 3, stderr: "" })
    expect(JSON.parse(ended.stdout)).toEqual({
      version: `v${versionOf(join(PROJECT, "node_modules/node/bin/node"))}`,
      args: ["--seed", "1"],
      handedOver: true,
    })
  })

  it.runIf(oldNode !== undefined)("says what to do on an older Node without the pinned one", async () => {
    const ended = await run([build({ withDependencies: false })], { node: oldNode ?? "" })
    expect(ended).toMatchObject({ status: 2, stdout: "" })
    expect(ended.stderr).toMatch(/^paceline: needs Node 24 .* is not installed; .* run "npm ci"\.\n$/)
  })
})
