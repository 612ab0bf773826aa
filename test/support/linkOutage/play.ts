/**
 * Plays an outage of a link between a client and its exchange, in a network namespace of its own: one order before, one that
 * is given up while the link drops everything, and a while after it is well again. Says what came in, as a line of JSON.
 *
 *     unshare -n node play.ts paceline|closes
 */
import { execFileSync, spawn } from "node:child_process"
import { readlinkSync } from "node:fs"
import process from "node:process"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { Duration, Effect } from "effect"
import { Pool } from "undici"
import { makeClient } from "../httpClient.ts"
import { until } from "../until.ts"

const TIMEOUT_MS = 500
const url = new URL("http://10.9.0.2:7000/api/request")

const ip = (...args: ReadonlyArray<string>): string => execFileSync("ip", args, { encoding: "utf8" })

const other = spawn("unshare", ["-n", "sleep", "60"])
const pid = String(other.pid)
const inOther = (...args: ReadonlyArray<string>): ReadonlyArray<string> => ["-t", pid, "-n", ...args]
const ownNetwork = readlinkSync("/proc/self/ns/net")
await Effect.runPromise(until(() => readlinkSync(`/proc/${pid}/ns/net`) !== ownNetwork))

ip("link", "set", "lo", "up")
ip("link", "add", "v0", "type", "veth", "peer", "name", "v1")
ip("link", "set", "v1", "netns", pid)
ip("addr", "add", "10.9.0.1/24", "dev", "v0")
ip("link", "set", "v0", "up")
execFileSync("nsenter", inOther("ip", "addr", "add", "10.9.0.2/24", "dev", "v1"))
execFileSync("nsenter", inOther("ip", "link", "set", "v1", "up"))
const shown = execFileSync("nsenter", inOther("ip", "-br", "link", "show", "v1"), { encoding: "utf8" })
const itsAddress = shown.split(/\s+/)[2] ?? ""
/** Sends all that goes to the exchange to this hardware address. */
const route = (address: string) =>
  ip("neigh", "replace", "10.9.0.2", "lladdr", address, "dev", "v0", "nud", "permanent")
route(itsAddress)

const program = fileURLToPath(new URL("exchange.ts", import.meta.url))
const exchange = spawn("nsenter", inOther(process.execPath, program), {
  stdio: ["ignore", "pipe", "inherit"],
})
const lines: Array<string> = []
createInterface({ input: exchange.stdout }).on("line", (line) => lines.push(line))
await Effect.runPromise(until(() => lines.length > 0))

/** What closes in an orderly way what it has given up, as most clients do. */
const closes = Effect.sync(() => {
  const pool = new Pool(url.origin, { connections: 1 })
  return (id: string) =>
    Effect.promise(async () => {
      const signal = AbortSignal.timeout(TIMEOUT_MS)
      const path = `${url.pathname}?api_key=k&nonce=1&req_id=${id}`
      return pool.request({ path, method: "GET", signal }).then(
        async ({ body }) => {
          await body.dump()
          return { tag: "accepted" }
        },
        () => ({ tag: "RequestTimeout" }),
      )
    })
})

const paceline = makeClient(url, { requestTimeout: Duration.millis(TIMEOUT_MS) })

await Effect.runPromise(
  Effect.scoped(
    Effect.gen(function* () {
      const send = yield* process.argv[2] === "closes" ? closes : paceline
      const before = yield* send("before")
      route("02:00:00:00:00:99")
      const during = yield* send("during")
      yield* Effect.sleep("1500 millis")
      route(itsAddress)
      // The kernel tries again after 0.2, 0.6, 1.4 and 3 seconds.
      yield* Effect.sleep("2500 millis")
      const tags = [before.tag, during.tag]
      process.stdout.write(`${JSON.stringify({ tags, arrived: lines.slice(1) })}\n`)
    }),
  ),
)
exchange.kill()
other.kill()
process.exit()
