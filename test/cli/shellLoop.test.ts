// On the real clock: a real shell's loop around real processes, and real signals.
import { spawn } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import process from "node:process"
import { describe, expect, it } from "vitest"
import { programPath } from "./process.ts"

const SHELLS = ["/bin/sh", "/bin/bash"].filter((path) => existsSync(path))

/** A shell at work on a script whose `$0` to `$n` are these arguments; a process group of its own, as a terminal gives it. */
const startShell = (shell: string, script: string, args: ReadonlyArray<string>) => {
  const child = spawn(shell, ["-c", script, ...args], { stdio: ["ignore", "pipe", "pipe"], detached: true })
  let output = ""
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (output += chunk.toString()))
  const ended = new Promise<{ readonly signal: NodeJS.Signals | null; readonly output: string }>(
    (resolve) => {
      child.once("close", (_, signal) => {
        resolve({ signal, output })
      })
    },
  )
  const printed = (text: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = text.exec(output)
        if (found !== null) resolve(found)
      }
      child.stdout.on("data", look)
      look()
    })
  return { pid: child.pid ?? Number.NaN, ended, printed }
}

const DIRECTLY = [process.execPath, programPath("shell")]
const HANDED_OVER = [process.execPath, programPath("parent"), process.execPath, programPath("shell"), "first"]

const LOOP = `until "$0" "$@"; do
  n=$((n + 1)); echo "again $n"; if [ "$n" -eq 3 ]; then break; fi
done
echo after`

describe.concurrent.each(SHELLS)("a loop of %s around a run", (shell) => {
  it.each([
    { how: "the program", program: DIRECTLY },
    { how: "the program that another Node handed over to", program: HANDED_OVER },
  ])("ends with Ctrl-C, which $how drains for and dies of", async ({ program }) => {
    const loop = startShell(shell, LOOP, [...program, "drain"])
    await loop.printed(/started/)
    process.kill(-loop.pid, "SIGINT")
    const { output, signal } = await loop.ended
    expect(signal).toBe("SIGINT")
    expect(output).toMatch(/drained\n$/)
  })

  it("goes on after a failure", async () => {
    const { output } = await startShell(shell, LOOP, [...DIRECTLY, "fail"]).ended
    expect(output).toMatch(/again 3\n/)
  })
})

/** The documented loop, around a command of the tests, with sleeps that take no time. */
const recipe = (): string => {
  const [, block = ""] = /```sh\n(mkdir[^]*?)```/.exec(readFileSync("docs/resume.md", "utf8")) ?? []
  return block
    .replace("mkdir -p journals", "")
    .replace(/node dist\/main\.js run [^;]*;/, `"$0" "$@";`)
    .replace(/node dist\/main\.js reconcile.*/, "echo reconciled")
    .replace("sleep 1", 'n=$((n + 1)); echo "again $n"; if [ "$n" -eq 3 ]; then break; fi')
}

describe.concurrent.each(SHELLS)("the documented loop in %s", (shell) => {
  it("begins no further run when a signal stopped one", async () => {
    const loop = startShell(shell, recipe(), [...DIRECTLY, "drain"])
    const [, pid] = await loop.printed(/started (\d+)/)
    process.kill(Number(pid), "SIGTERM")
    const { output } = await loop.ended
    expect(output).not.toContain("again")
    expect(output).toMatch(/drained\n[^]*reconciled\n/)
  })

  it("ends with wrong usage, of which there is no end", async () => {
    const { output } = await startShell(shell, recipe(), [...DIRECTLY, "usage"]).ended
    expect(output).not.toContain("again")
    expect(output).toContain("reconciled")
  })

  it("goes on after a failure", async () => {
    const { output } = await startShell(shell, recipe(), [...DIRECTLY, "fail"]).ended
    expect(output).toContain("again 3")
  })
})
