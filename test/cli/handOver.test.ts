import process from "node:process"
import { describe, expect, it } from "vitest"
import { isSupportedNode, loadsLibrary } from "../../src/platform/nodeVersion.ts"
import { launch, programPath, run } from "./process.ts"

const SHELL = programPath("shell")

/** Arguments that make a process hand over to `runtime`, with the shell of the tests as the program. */
const handOver = (runtime: string, again: "first" | "again", ...args: ReadonlyArray<string>) => [
  programPath("parent"),
  runtime,
  SHELL,
  again,
  ...args,
]

/** Hands over to the Node that runs the tests. */
const toThisNode = (...args: ReadonlyArray<string>) => handOver(process.execPath, "first", ...args)

/** A handed-over command that waits to be stopped, and its process id. */
const waiting = async (options?: { readonly detached: boolean }) => {
  const running = launch(toThisNode("drain"), options)
  const [, pid] = /started (\d+)/.exec(await running.printed("\n")) ?? []
  return { ...running, programPid: Number(pid) }
}

describe("a Node", () => {
  it.each(["24.0.0", "24.21.0", "25.1.0", "100.0.0"])("%s is new enough", (version) => {
    expect(isSupportedNode(version)).toBe(true)
  })
  it.each(["23.11.1", "22.12.0", "20.20.2", "9.0.0"])("%s is too old", (version) => {
    expect(isSupportedNode(version)).toBe(false)
  })
})

describe("the library", () => {
  it.each(["22.19.0", "22.20.1", "23.0.0", "24.21.0"])("loads on %s", (version) => {
    expect(loadsLibrary(version)).toBe(true)
  })
  it.each(["22.18.9", "22.2.0", "20.20.2", "9.30.0"])("does not on %s", (version) => {
    expect(loadsLibrary(version)).toBe(false)
  })
})

describe.concurrent("handing over", () => {
  it("passes on arguments, output and exit status", async () => {
    expect(await run(toThisNode("run", "--duration", "5s"))).toMatchObject({
      status: 0,
      stdout: "ran 5000 millis\n",
      stderr: "",
    })
    expect(await run(toThisNode("fail"))).toMatchObject({
      status: 1,
      stdout: "",
      stderr: "paceline fail: port 9999 is in use\n",
    })
  })

  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("passes on %s, and ends by it", async (signal) => {
    const { child, ended } = await waiting()
    child.kill(signal)
    const end = await ended
    expect(end).toMatchObject({ status: null, signal, stderr: "" })
    expect(end.stdout).toMatch(/drained\n$/)
  })

  it("takes a terminal's Ctrl-C, which reaches both processes, for one", async () => {
    const { child, ended } = await waiting({ detached: true })
    process.kill(-(child.pid ?? Number.NaN), "SIGINT")
    const end = await ended
    expect(end).toMatchObject({ status: null, signal: "SIGINT" })
    expect(end.stdout).toMatch(/drained\n$/)
  })

  it("ends by the signal that ended the program", async () => {
    const { ended, programPid } = await waiting()
    process.kill(programPid, "SIGKILL")
    expect(await ended).toMatchObject({ status: null, signal: "SIGKILL" })
  })

  it("leaves no program behind when it is killed outright", async () => {
    const { child, ended } = await waiting()
    child.kill("SIGKILL")
    // Standard output is closed only when the program has ended too.
    expect((await ended).stdout).toMatch(/drained\n$/)
  })

  it("shows what it started nothing of how it was started", async () => {
    const { child, ended } = await waiting()
    child.kill("SIGTERM")
    // What whoever runs the tests has set is passed on.
    const own = Object.keys(process.env).filter((name) => name.startsWith("PACELINE_"))
    const [started = ""] = (await ended).stdout.split("\n")
    expect(started.replace(/\d+/, "PID")).toBe(`started PID ${JSON.stringify(own.toSorted())}`)
  })

  it.each([
    { why: "there is no pinned Node", args: handOver("/nowhere/node", "first"), says: "is not installed" },
    { why: "it does not start", args: handOver(SHELL, "first"), says: "does not start" },
    { why: "it is too old itself", args: handOver(process.execPath, "again"), says: "this old too" },
  ])("says in one line what to do where $why", async ({ args, says }) => {
    const end = await run(args)
    expect(end).toMatchObject({ status: 2, stdout: "" })
    expect(end.stderr).toMatch(
      /^paceline: needs Node 24 or newer, this is [\d.]+, .*nodejs\.org, or in a clone run "npm ci"\.\n$/,
    )
    expect(end.stderr).toContain(says)
  })
})
