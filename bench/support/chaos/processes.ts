/** Processes of the program, started, watched and killed. */
import { type ChildProcess, spawn } from "node:child_process"
import { createWriteStream } from "node:fs"
import process from "node:process"
import { Effect } from "effect"

export interface Program {
  readonly child: ChildProcess
  /** The first line of standard output that `wanted` finds something in; undefined where it ended before. */
  readonly said: Effect.Effect<string | undefined>
  /** Its end, with its exit status or null where a signal ended it. */
  readonly ended: Effect.Effect<number | null>
}

export interface ProgramOptions {
  /** Arguments of Node before the program's entry. */
  readonly nodeArgs?: ReadonlyArray<string>
  readonly env?: Readonly<Record<string, string>>
  /** Where its standard error goes. */
  readonly errors: string
  readonly wanted?: RegExp
}

/**
 * Starts the program, in this very Node: a hand-over would stand between it and a kill. It is killed for good when the
 * scope closes.
 */
export const startProgram = (args: ReadonlyArray<string>, options: ProgramOptions) =>
  Effect.acquireRelease(
    Effect.sync((): Program => {
      const child = spawn(process.execPath, [...(options.nodeArgs ?? []), "dist/main.js", ...args], {
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...process.env, ...options.env },
      })
      const { stderr, stdout } = child
      stderr?.pipe(createWriteStream(options.errors, { flags: "a" }))
      const ending = new Promise<number | null>((resolve) => {
        child.once("close", (status) => {
          resolve(status)
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
      return { child, said: Effect.promise(() => saying), ended: Effect.promise(() => ending) }
    }),
    ({ child, ended }) =>
      Effect.suspend(() => {
        child.kill("SIGKILL")
        return ended
      }),
  )
