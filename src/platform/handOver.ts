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
import { constants } from "node:os"
import process from "node:process"
import { fileURLToPath } from "node:url"
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

/** The pinned runtime, found from this file and never by PATH. */
const PINNED_NODE = fileURLToPath(
  new URL(
    `../../node_modules/node/bin/${process.platform === "win32" ? "node.exe" : "node"}`,
    import.meta.url,
  ),
)

const refuse = (why: string): void => {
  process.stderr.write(
    `paceline: needs Node ${REQUIRED_NODE_MAJOR} or newer, this is ${process.versions.node}, and ${why}; run "npm ci" in the project's folder, or install Node ${REQUIRED_NODE_MAJOR} from nodejs.org.\n`,
  )
  process.exitCode = 1
}

/** Ends this process as the other one ended: with its status, or by the same signal. */
const endLike = (status: number | null, signal: NodeJS.Signals | null): void => {
  if (signal === null) {
    process.exit(status ?? 1)
  }
  process.removeAllListeners(signal)
  process.exitCode = 128 + constants.signals[signal]
  process.kill(process.pid, signal)
}

/**
 * Runs `main` on the pinned Node instead of this one. Where that is missing, or is too old itself, one line on
 * standard error says what to do, and the exit status is 1.
 */
export const handOver = (options: {
  /** The file to run: the program's entry. */
  readonly main: string
  /** This process was itself handed over to: then the pinned Node is too old, and nothing is left to try. */
  readonly alreadyHandedOver: boolean
  /** The runtime to hand over to; the pinned one unless said otherwise. */
  readonly runtime?: string
}): void => {
  const runtime = options.runtime ?? PINNED_NODE
  if (options.alreadyHandedOver) return refuse("the pinned runtime is this old too")
  if (!existsSync(runtime)) return refuse("the pinned runtime is not installed")

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
