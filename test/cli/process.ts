/** Starts real processes for the tests of what only a process shows: statuses, streams and signals. */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import { fileURLToPath } from "node:url"

/** The entry's source, which Node 24 runs as it is. */
export const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url))

/** A program of `programs/`. */
export const programPath = (name: string): string =>
  fileURLToPath(new URL(`./programs/${name}.ts`, import.meta.url))

/** How a process ended, and everything it wrote. */
export interface Ended {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A process that runs. */
export interface Running {
  readonly child: ChildProcess
  /** Waits until standard output holds `text`. */
  readonly printed: (text: string) => Promise<string>
  readonly ended: Promise<Ended>
}

/** How to start a process. */
export interface LaunchOptions {
  /** The Node to run; the one that runs the tests unless said otherwise. */
  readonly node?: string
  /** What the process finds in its environment besides what this one has. */
  readonly env?: Readonly<Record<string, string>>
  /** Whether the process gets a process group of its own. */
  readonly detached?: boolean
}

/**
 * Starts `node ...args`. What it remembers of its keys unless told where, it remembers in a directory of its own: tests
 * use the same keys, and must neither wait for each other nor touch what the user's own runs remember.
 */
export const launch = (args: ReadonlyArray<string>, options: LaunchOptions = {}): Running => {
  const stateHome = mkdtempSync(join(tmpdir(), "paceline-state-home-"))
  const child = spawn(options.node ?? process.execPath, args, {
    env: { ...process.env, XDG_STATE_HOME: stateHome, NO_COLOR: "1", ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: options.detached ?? false,
  })
  const written = { stdout: "", stderr: "" }
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (written.stdout += chunk))
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (written.stderr += chunk))
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject)
    child.once("close", (status, signal) => {
      rmSync(stateHome, { recursive: true, force: true })
      resolve({ status, signal, ...written })
    })
  })
  const printed = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (written.stdout.includes(text)) resolve(written.stdout)
      }
      child.stdout.on("data", look)
      child.once("close", () => {
        reject(new Error(`ended without printing ${text}: ${written.stdout}${written.stderr}`))
      })
      look()
    })
  return { child, printed, ended }
}

/** Runs `node ...args` to its end. */
export const run = (args: ReadonlyArray<string>, options?: LaunchOptions): Promise<Ended> =>
  launch(args, options).ended
