import { spawn } from "node:child_process"
import process from "node:process"
import { describe, expect, it } from "vitest"
import packageJson from "../../package.json" with { type: "json" }
import { launch, MAIN, programPath, run } from "./process.ts"

const SHELL = programPath("shell")
const shell = (...args: ReadonlyArray<string>) => run([SHELL, ...args])

/** What `sh` says of a pipeline that this program begins: its output, and this program's status. */
const piped = (pipeline: string): Promise<string> =>
  new Promise((resolve) => {
    const child = spawn(
      "sh",
      ["-c", `{ "$0" "$1" chatter; echo "status $?" >&3; } ${pipeline}`, process.execPath, SHELL],
      {
        stdio: ["ignore", "pipe", "pipe", "pipe"],
      },
    )
    let output = ""
    for (const stream of child.stdio) stream?.on("data", (chunk: Buffer) => (output += chunk.toString()))
    child.once("close", () => {
      resolve(output)
    })
  })

describe.concurrent("the shell", () => {
  it("prints a result and exits with 0", async () => {
    expect(await shell()).toMatchObject({ status: 0, stdout: "ran 30000 millis\n", stderr: "" })
  })

  it("answers wrong usage with one line on standard error, nothing else, and 2", async () => {
    const ended = await shell("--duration", "5x")
    expect(ended).toMatchObject({ status: 2, stdout: "" })
    expect(ended.stderr).toMatch(/^paceline run: --duration: "5x" is .*\n$/)
  })

  it("exits as the error of a command says", async () => {
    expect(await shell("usage")).toMatchObject({
      status: 2,
      stdout: "",
      stderr: "paceline usage: orders.ndjson, line 3: not JSON\n",
    })
    expect(await shell("fail")).toMatchObject({
      status: 1,
      stdout: "",
      stderr: "paceline fail: port 9999 is in use\n",
    })
  })

  it.each(["defect", "thrown"])("reports a bug in one line: one %s", async (command) => {
    const ended = await shell(command)
    expect(ended).toMatchObject({ status: 1, stdout: "" })
    expect(ended.stderr).toMatch(new RegExp(`^paceline ${command}: internal error: .* report it.*\n$`))
  })

  it("logs to standard error", async () => {
    const ended = await shell("log")
    expect(ended).toMatchObject({ status: 0, stdout: "" })
    expect(ended.stderr).toContain("a remark")
  })

  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("drains after %s and ends by it", async (signal) => {
    const running = launch([SHELL, "drain"])
    await running.printed("started")
    running.child.kill(signal)
    running.child.kill(signal)
    const ended = await running.ended
    expect(ended).toMatchObject({ status: null, signal, stderr: "" })
    expect(ended.stdout).toMatch(/drained\n$/)
  })

  it("is ended at once by a second signal a while after the first", async () => {
    const running = launch([SHELL, "stuck"])
    await running.printed("started")
    running.child.kill("SIGTERM")
    await running.printed("draining")
    const again = setInterval(() => running.child.kill("SIGINT"), 100)
    const ended = await running.ended
    clearInterval(again)
    expect(ended).toMatchObject({ status: null, signal: "SIGINT", stderr: "" })
  })

  it("says so when draining failed", async () => {
    const running = launch([SHELL, "bad-end"])
    await running.printed("started")
    running.child.kill("SIGTERM")
    expect(await running.ended).toMatchObject({
      status: 1,
      stderr: "paceline bad-end: the journal cannot be written\n",
    })
  })

  it("ends quietly when nobody reads its output any more", async () => {
    const output = await piped("| head -c 5")
    expect(output).toBe("wordsstatus 0\n")
  })
})

describe("the entry", () => {
  it("shows its version, that of package.json", async () => {
    expect(await run([MAIN, "--version"])).toMatchObject({
      status: 0,
      stdout: `paceline v${packageJson.version}\n`,
    })
  })
})
