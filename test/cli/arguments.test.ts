import { describe, expect, it } from "vitest"
import { readInvocation } from "../../src/cli/arguments.ts"
import { root } from "./programs/commands.ts"

describe("which command is meant", () => {
  it.each([
    { args: [], name: "paceline run", read: ["run"] },
    { args: ["--duration", "5s"], name: "paceline run", read: ["run", "--duration", "5s"] },
    { args: ["-x"], name: "paceline run", read: ["run", "-x"] },
    { args: ["--seed", "1", "--help"], name: "paceline run", read: ["run", "--seed", "1", "--help"] },
    { args: ["--log-level", "debug"], name: "paceline run", read: ["run", "--log-level", "debug"] },
    { args: ["--log-level"], name: "paceline run", read: ["run", "--log-level"] },
    {
      args: ["--log-level=debug", "--seed=1"],
      name: "paceline run",
      read: ["run", "--log-level=debug", "--seed=1"],
    },
  ])("is run where none is named: $args", ({ args, name, read }) => {
    expect(readInvocation(root, args)).toMatchObject({ name, args: read })
  })

  it.each([
    { args: ["run", "--seed", "1"], name: "paceline run" },
    { args: ["fail"], name: "paceline fail" },
    { args: ["frob"], name: "paceline" },
    { args: ["--help"], name: "paceline" },
    { args: ["-h"], name: "paceline" },
    { args: ["--version"], name: "paceline" },
    { args: ["--completions", "bash"], name: "paceline" },
    { args: ["--log-level", "debug", "fail"], name: "paceline fail" },
  ])("is the one named, or the program's own flags are meant: $args", ({ args, name }) => {
    expect(readInvocation(root, args)).toMatchObject({ name, args })
  })

  it("details are for those who ask for them", () => {
    expect(readInvocation(root, ["run", "--log-level", "debug"]).verbose).toBe(true)
    expect(readInvocation(root, ["run", "--log-level=trace"]).verbose).toBe(true)
    expect(readInvocation(root, ["run", "--log-level", "info"]).verbose).toBe(false)
    expect(readInvocation(root, ["run", "debug"]).verbose).toBe(false)
  })
})
