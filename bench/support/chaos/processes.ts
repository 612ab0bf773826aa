/** Processes of the program, started, watched and killed. */
import { type ChildProcess, spawn } from "node:child_process"
import { createWriteStream, existsSync } from "node:fs"
import { constants } from "node:os"
import { delimiter, join, sep } from "node:path"
import process from "node:process"
import { Effect, Option } from "effect"

export interface Program {
  readonly child: ChildProcess
  /** Signals the process that was started, or every process that came of it, as a terminal does. */
  readonly signal: (signal: NodeJS.Signals, whom: "started" | "all") => void
  /** The first line of standard output that `wanted` finds something in; undefined where it ended before. */
  readonly said: Effect.Effect<string | undefined>
  /**
   * Its end, and that of every process that came of it and holds its output, with its exit status, or what a shell shows where a
   * signal ended it: 143 for SIGTERM.
   */
  readonly ended: Effect.Effect<number>
}

export interface ProgramOptions {
  /** What Node runs; by default the built program. */
  readonly entry?: string
  /** The Node to start; by default this very one, which does not hand over. */
  readonly node?: string
  /** Arguments of Node before the program's entry. */
  readonly nodeArgs?: ReadonlyArray<string>
  readonly env?: Readonly<Record<string, string>>
  /** Where its standard error goes. */
  readonly errors: string
  readonly wanted?: RegExp
}

/** The machine's own Node, as a user's shell finds it; this very one where there is no other. */
export const machinesNode = (): string => {
  const folders = (process.env["PATH"] ?? "").split(delimiter)
  const own = folders.filter((folder) => !folder.split(sep).includes("node_modules"))
  return own.map((folder) => join(folder, "node")).find((path) => existsSync(path)) ?? process.execPath
}

/** A process that is gone cannot be signalled, and need not be. */
const send = Option.liftThrowable((pid: number, signal: NodeJS.Signals) => process.kill(pid, signal))

/** Starts the program. Whatever came of it is killed for good when the scope closes. */
export const startProgram = (args: ReadonlyArray<string>, options: ProgramOptions) =>
  Effect.acquireRelease(
    Effect.sync((): Program => {
      const node = options.node ?? process.execPath
      const child = spawn(node, [...(options.nodeArgs ?? []), options.entry ?? "dist/main.js", ...args], {
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...process.env, ...options.env },
        // A group of its own, so that whatever comes of it can be signalled together.
        detached: true,
      })
      const { pid, stderr, stdout } = child
      stderr?.pipe(createWriteStream(options.errors, { flags: "a" }))
      const ending = new Promise<number>((resolve) => {
        child.once("close", (status, signal) => {
          resolve(status ?? 128 + (signal === null ? 0 : constants.signals[signal]))
        })
      })
      const saying = new Promise<string | undefined>((resolve) => {
        let text = ""
        stdout?.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk
          const found = options.wanted?.exec(text)?.[0]
          if (found !== undefined) resolve(found)
        })
        child.once("close", () => {
          resolve(undefined)
        })
      })
      return {
        child,
        signal: (signal, whom) => {
          if (pid !== undefined) send(whom === "all" ? -pid : pid, signal)
        },
        said: Effect.promise(() => saying),
        ended: Effect.promise(() => ending),
      }
    }),
    ({ ended, signal }) =>
      Effect.suspend(() => {
        signal("SIGKILL", "all")
        return ended
      }),
  )
