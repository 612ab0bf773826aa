// A real process, killed as nothing but a process can be.
import { readFileSync } from "node:fs"
import { get } from "node:http"
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { temporaryFolder } from "../run/journalFile.ts"
import { launch, MAIN } from "./process.ts"

const SECRET = "UT4NHL1J796WCHULA1750MXYF9F5JYA6"

const ask = (url: string, nonce: number) =>
  new Promise<number | undefined>((resolve, reject) => {
    get(`${url}?api_key=${SECRET}&nonce=${nonce}&req_id=order-${nonce}`, { agent: false }, (answer) => {
      // The first byte of the answer is enough: by now it is written down.
      answer.resume()
      resolve(answer.statusCode)
    }).on("error", reject)
  })

it.live(
  "an exchange that is killed has recorded every order that it answered, and goes on with the record",
  () =>
    Effect.gen(function* () {
      const record = join(yield* temporaryFolder, "record")
      const args = [MAIN, "exchange", "--port", "0", "--max-delay", "0ms", "--record", record]
      const life = async (signal: NodeJS.Signals, nonces: ReadonlyArray<number>) => {
        const running = launch(args)
        const url = /http:\S+/.exec(await running.printed("\n"))?.[0] ?? ""
        const statuses = await Promise.all(nonces.map((nonce) => ask(url, nonce)))
        running.child.kill(signal)
        return { statuses, ended: await running.ended }
      }
      const killed = yield* Effect.promise(() => life("SIGKILL", [1]))
      expect(killed).toMatchObject({ statuses: [200], ended: { signal: "SIGKILL" } })
      const stopped = yield* Effect.promise(() => life("SIGTERM", [1]))
      expect(stopped).toMatchObject({ statuses: [200], ended: { signal: "SIGTERM", stderr: "" } })
      const text = readFileSync(record, "utf8")
      const lines: ReadonlyArray<unknown> = text
        .trim()
        .split("\n")
        .map((line): unknown => JSON.parse(line))
      const judged = { key: "key-1", id: "order-1", nonce: "1", verdict: "accepted" }
      expect(lines).toMatchObject([judged, judged])
      expect(text).not.toContain(SECRET)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
)
