/**
 * Loaded into a measured process before its program: what that would load of this folder's src/ and node_modules/ comes from
 * the folder that PACELINE_BENCH_SOURCE names, so that one program measures both.
 */
/* oxlint-disable typescript/no-unsafe-assignment, typescript/no-unsafe-call, typescript/no-unsafe-member-access, typescript/no-unsafe-return, typescript/no-unsafe-argument -- plain JavaScript outside the compiler's reach */
import { registerHooks } from "node:module"
import { resolve } from "node:path"
import process from "node:process"
import { pathToFileURL } from "node:url"

const own = new URL("../../../", import.meta.url).href
const other = `${pathToFileURL(resolve(process.env.PACELINE_BENCH_SOURCE ?? ".")).href}/`

registerHooks({
  resolve: (specifier, context, next) => {
    const found = next(specifier, context)
    const isOwn = ["src/", "node_modules/"].some((folder) => found.url.startsWith(own + folder))
    return isOwn ? { ...found, url: found.url.replace(own, other) } : found
  },
})
