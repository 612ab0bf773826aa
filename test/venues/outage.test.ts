// A link that drops everything for two seconds, between two network namespaces: what a kernel still holds when it is
// well again shows only there. It needs root on Linux; elsewhere it says so and is skipped.
import { spawnSync } from "node:child_process"
import process from "node:process"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"

const mayMakeNetworks =
  spawnSync("unshare", ["-n", "ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1"]).status ===
    0 && spawnSync("nsenter", ["--version"]).status === 0

const play = (client: "paceline" | "closes"): unknown => {
  const program = fileURLToPath(new URL("../support/linkOutage/play.ts", import.meta.url))
  const { stderr, stdout } = spawnSync("unshare", ["-n", process.execPath, program, client], {
    encoding: "utf8",
    timeout: 25_000,
  })
  expect(stderr).toBe("")
  return JSON.parse(stdout)
}

describe.skipIf(!mayMakeNetworks)("after an outage of the link (needs root, and network namespaces)", () => {
  it("nothing is delivered that was given up in it", () => {
    expect(play("paceline")).toEqual({ tags: ["accepted", "RequestTimeout"], arrived: ["before"] })
  })

  it("a client's order is delivered that only closes its connection", () => {
    expect(play("closes")).toEqual({ tags: ["accepted", "RequestTimeout"], arrived: ["before", "during"] })
  })
})
