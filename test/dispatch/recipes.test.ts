// The recipes of docs/library.md, as processes of their own, on the real clock and real sockets.
import { readFile } from "node:fs/promises"
import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { launch } from "../cli/process.ts"
import { accept, hostileServer } from "../support/hostileServer.ts"
import { realTime } from "../support/realTime.ts"

const ANSWER_AFTER_MS = 150

const pathOf = (name: string): string => new URL(`./programs/${name}.ts`, import.meta.url).pathname

/** Runs a recipe until some orders were answered, interrupts it, and answers what it printed of each order. */
const interrupted = Effect.fnUntraced(function* (name: string) {
  const server = yield* hostileServer((socket, incoming) => {
    setTimeout(() => accept(socket, incoming), ANSWER_AFTER_MS)
  })
  const running = launch([pathOf(name)], { env: { EXCHANGE_URL: server.url.href, API_KEY: "MARK" } })
  yield* Effect.addFinalizer(() => Effect.sync(() => running.child.kill("SIGKILL")))
  yield* Effect.promise(() => running.printed("accepted"))
  yield* Effect.sleep(700)
  running.child.kill("SIGINT")
  const { stderr, stdout } = yield* Effect.promise(() => running.ended)
  expect(stderr).toBe("")
  const told = stdout
    .trim()
    .split("\n")
    .map((line) => {
      const [id = "", ...outcome] = line.split(" ")
      return { id, outcome: outcome.join(" ") }
    })
  return { executed: server.ids(), told }
})

for (const name of ["stopEffect", "stopPromises", "withdraw"]) {
  realTime(
    `stopped by the recipe ${name}, a program knows of every order that was executed, and of no other`,
    Effect.gen(function* () {
      const { executed, told } = yield* interrupted(name)
      const known = told.filter(({ outcome }) => outcome === "accepted").map(({ id }) => id)
      expect(executed.length).toBeGreaterThan(5)
      expect(known.toSorted()).toEqual(executed.toSorted())
      // Every order has one outcome; what did not leave was cancelled.
      expect(new Set(told.map(({ id }) => id)).size).toBe(500)
      expect(told.length).toBe(500)
      expect(told.every(({ outcome }) => /^accepted$|cancelled/.test(outcome))).toBe(true)
    }),
  )

  it(`shows the recipe ${name} as it is tried`, async () => {
    const page = await readFile(new URL("../../docs/library.md", import.meta.url), "utf8")
    const program = await readFile(pathOf(name), "utf8")
    expect(page).toContain(program.replace("../../../src/index.ts", "paceline").trim())
  })
}
