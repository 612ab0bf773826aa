/** How a run ends that its exchange has told to wait. On the real clock, against a server. */
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { describe, expect } from "@effect/vitest"
import { Duration, Effect, Exit, Redacted, type Scope } from "effect"
import { inWords } from "../../src/cli/advice.ts"
import { ackWindowDesign } from "../../src/run/Design.ts"
import { prepareHttpRun } from "../../src/run/HttpRun.ts"
import { RunProgress } from "../../src/run/RunProgress.ts"
import { acceptance, answerText, type Behave, hostileServer } from "../support/hostileServer.ts"
import { makeKeys } from "../support/rig.ts"
import { realTime } from "../support/realTime.ts"
import { temporaryFolder } from "./journalFile.ts"

const live = (name: string, test: Effect.Effect<void, unknown, NodeServices.NodeServices | Scope.Scope>) =>
  realTime(name, Effect.provide(test, NodeServices.layer))

const bans: Behave = (socket, { number, id }) =>
  void socket.write(number <= 5 ? acceptance(id) : answerText(418, "", ["retry-after: 3600"]))

/** Each key's quota is used up with its first order, or with any from some on. */
const empties =
  (from: number, reset: number): Behave =>
  (socket, { id, number }) => {
    const quota = number < from ? [] : ["x-ratelimit-remaining: 0", `x-ratelimit-reset: ${reset}`]
    socket.write(answerText(200, JSON.stringify({ status: "OK", req_id: id }), quota))
  }

/** The end of a run of some orders, which live for 300 ms. */
const endWith = Effect.fnUntraced(function* (behave: Behave, seconds: number) {
  const server = yield* hostileServer(behave)
  const folder = yield* temporaryFolder
  const { run } = yield* prepareHttpRun({
    exchange: Redacted.make(server.url),
    source: { type: "random", load: 0.5, duration: Duration.seconds(seconds) },
    keys: makeKeys(2),
    seed: 42,
    ttl: Duration.millis(300),
    limit: 20,
    window: Duration.seconds(1),
    bound: undefined,
    design: ackWindowDesign,
    inWords,
    requestTimeout: Duration.seconds(2),
    log: join(folder, "log"),
  })
  return yield* Effect.provideService(run, RunProgress, { tell: () => {}, every: undefined })
})

describe("a run that its exchange has told to wait", () => {
  live(
    "fails where orders expired waiting, also when some were accepted before",
    Effect.gen(function* () {
      const { end, exit, summary } = yield* Effect.scoped(endWith(bans, 2))
      expect(summary.orders).toMatchObject({ accepted: 5 })
      expect(Exit.isFailure(exit)).toBe(true)
      const error: unknown = expect.stringMatching(
        /asked to be left alone for another 3\d{3} s, and \d+ orders expired waiting\. Wait that long/,
      )
      expect(end).toMatchObject({ end: "failed", error })
    }),
  )

  live(
    "fails, too, where each key was told for itself",
    Effect.gen(function* () {
      const { end, summary } = yield* Effect.scoped(endWith(empties(1, 3600), 2))
      expect(summary.orders).toMatchObject({ accepted: 2 })
      const error: unknown = expect.stringContaining("asked to be left alone for another 3")
      expect(end).toMatchObject({ end: "failed", error })
    }),
  )

  live(
    "is done where a quota's windows went round in time",
    Effect.gen(function* () {
      const { end } = yield* Effect.scoped(endWith(empties(1, 1), 2))
      expect(end).toEqual({ end: "done" })
    }),
  )
})
