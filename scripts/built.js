/**
 * Builds after an installation, so that `node dist/main.js` works right after `npm ci`. Where the development
 * dependencies were left out there is no compiler: an installation for production brings its own dist, so this
 * says what is missing and lets the installation succeed.
 *
 * npm runs it as the script `dependencies`, in a clone alone. Of `prepare` it would warn whoever installs the packed program.
 */
/* oxlint-disable typescript/no-unsafe-assignment, typescript/no-unsafe-call, typescript/no-unsafe-member-access, typescript/no-unsafe-argument -- plain JavaScript, before there is a compiler: no types to be safe with */
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import process from "node:process"

if (existsSync(new URL("../node_modules/typescript", import.meta.url))) {
  const { status } = spawnSync("npm run --silent build", { stdio: "inherit", shell: true })
  process.exitCode = status ?? 1
} else {
  process.stderr.write(
    'paceline: not built, because the development dependencies were left out: run "npm ci" without --omit=dev to build dist.\n',
  )
}
