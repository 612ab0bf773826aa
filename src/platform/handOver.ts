/**
 * Handing over to the pinned Node: the program is started again, with the same arguments and the same standard
 * streams, by the `node` package among the development dependencies. This process then only passes signals on
 * and ends as the other one ends. Loads on Node 20.
 *
 * A signal from a terminal reaches both processes, and the one passed on comes on top: the program takes two
 * signals in quick succession for one. Should this process be killed outright, the channel between the two
 * closes, which the program takes for SIGTERM (see `watchParent`).
 */
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import process from "node:process"
import { endBySignal } from "./endBySignal.ts"
import { REQUIRED_NODE_MAJOR } from "./nodeVersion.ts"

/** Marks a process as handed over to. A channel to a parent does not say so: anyone may fork this program. */
const HAND_OVER_MARK = "PACELINE_HANDED_OVER"

/** Whether this process was handed over to. Removes the mark, so that no process started from here inherits it. */
export const takeHandOverMark = (): boolean => {
  const marked = process.env[HAND_OVER_MARK] !== undefined
  delete process.env[HAND_OVER_MARK]
  return marked
}

/** Signals that ask the program to stop. */
const PASSED_ON = ["SIGINT", "SIGTERM", "SIGHUP"] as const

/** The runtime of the package `node`, found from this file, wherever npm has put it, and never by PATH. */
const pinnedNode = (): string | undefined => {
  try {
    const manifest = createRequire(import.meta.url).resolve("node/package.json")
    return join(dirname(manifest), "bin", process.platform === "win32" ? "node.exe" : "node")
  } catch {
    return undefined
  }
}

const refuse = (why: string): void => {
  process.stderr.write(
    `paceline: needs Node ${REQUIRED_NODE_MAJOR} or newer, this is ${process.versions.node}, and ${why}; install Node ${REQUIRED_NODE_MAJOR} from nodejs.org, or in a clone run "npm ci".\n`,
  )
  process.exitCode = 2
}

/** Ends this process as the other one ended: with its status, or by the same signal. */
const endLike = (status: number | null, signal: NodeJS.Signals | null): void => {
  if (signal === null) process.exit(status ?? 1)
  endBySignal(signal)
}

/**
 * Runs `main` on the pinned Node instead of this one. Where that is missing, or is too old itself, one line on
 * standard error says what to do, and the exit status is 2.
 */
export const handOver = (options: {
  /** The file to run: the program's entry. */
  readonly main: string
  /** This process was itself handed over to: then the pinned Node is too old, and nothing is left to try. */
  readonly alreadyHandedOver: boolean
  /** The runtime to hand over to; the pinned one unless said otherwise. */
  readonly runtime?: string
}): void => {
  const runtime = options.runtime ?? pinnedNode()
  if (options.alreadyHandedOver) return refuse("the pinned runtime is this old too")
  if (runtime === undefined || !existsSync(runtime)) return refuse("the pinned runtime is not installed")

  const child = spawn(runtime, [...process.execArgv, options.main, ...process.argv.slice(2)], {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    env: { ...process.env, [HAND_OVER_MARK]: "1" },
  })
  for (const signal of PASSED_ON) {
    process.on(signal, () => child.kill(signal))
  }
  child.once("error", (error) => {
    refuse(`the pinned runtime does not start (${error.message})`)
  })
  child.once("exit", endLike)
}

/**
 * Calls `onGone` once when the process that handed over has ended, however it ended: its end of the channel is
 * closed by the system. Watching does not keep this process alive.
 */
export const watchParent = (onGone: () => void): void => {
  if (process.channel === undefined || process.channel === null) {
    onGone()
    return
  }
  process.once("disconnect", onGone)
  process.channel.unref()
}
