/** Programs that are measured beside Paceline where they are to be had: none of them is a dependency. */
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"

const DUCKDB = "@duckdb/node-api@1.5.6-r.1"

/** The folder that DuckDB is installed in, a new one if need be; or why there is none. */
export const installDuckdb = (within: string): { readonly folder: string } | { readonly missing: string } => {
  const folder = join(within, "duckdb")
  if (existsSync(join(folder, "node_modules/@duckdb/node-api"))) return { folder }
  mkdirSync(folder, { recursive: true })
  // A project of its own: npm would look for one further up.
  writeFileSync(join(folder, "package.json"), '{ "private": true }\n')
  const { status } = spawnSync("npm", ["install", "--no-save", "--no-audit", "--no-fund", DUCKDB], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  })
  return status === 0
    ? { folder }
    : {
        missing: `DuckDB is left out: npm could not install it; try "npm install --no-save ${DUCKDB}" in an empty folder`,
      }
}

const PYTHONS = ["python3", "python"]

/** How Python 3 is called here; undefined where it is not installed. */
export const findPython = (): string | undefined =>
  PYTHONS.find(
    (name) => spawnSync(name, ["-c", "import sys; sys.exit(sys.version_info < (3, 8))"]).status === 0,
  )
