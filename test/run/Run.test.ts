// These tests run on the real clock and real loopback ports: they are about whole runs.
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { describe, expect } from "@effect/vitest"
import { Duration, Effect, Exit, Fiber, Redacted, Scope } from "effect"
import { inWords } from "../../src/cli/advice.ts"
import { always } from "../../src/exchange/faults/When.ts"
import { ackWindowDesign } from "../../src/run/Design.ts"
import { type HttpRunSettings, prepareHttpRun } from "../../src/run/HttpRun.ts"
import { type RunNews, RunProgress } from "../../src/run/RunProgress.ts"
import { summaryOfFile } from "../summary/records.ts"
import { serve } from "../support/exchange.ts"
import { accept, type Behave, hostileServer, nobody } from "../support/hostileServer.ts"
import { claimIn } from "../keys/support.ts"
import { makeKeys } from "../support/rig.ts"
import { realTime } from "../support/realTime.ts"
import { until } from "../support/until.ts"
import { flawsOf, ofType, readJournal, temporaryFolder } from "./journalFile.ts"

const keys = makeKeys(2)

/** Settings of a short run with a journal of its own. */
const makeSettings = (url: URL, settings: Partial<HttpRunSettings<unknown>> = {}) =>
  Effect.map(temporaryFolder, (folder): HttpRunSettings<unknown> => ({
    exchange: Redacted.make(url),
    source: { type: "random", load: 1, duration: Duration.seconds(1) },
    keys,
    seed: 42,
    ttl: Duration.seconds(1),
    limit: 20,
    window: Duration.seconds(1),
    bound: Duration.millis(55),
    design: ackWindowDesign,
    inWords,
    requestTimeout: Duration.seconds(2),
    log: join(folder, "log"),
    ...settings,
  }))

/** Prepares a run and runs it, and gives its report. */
const report = (settings: HttpRunSettings<unknown>, tell: (news: RunNews) => void = () => {}) =>
  Effect.scoped(Effect.flatMap(prepareHttpRun(settings), (prepared) => prepared.run)).pipe(
    Effect.provideService(RunProgress, { tell, every: "10 millis" }),
  )

/** Runs, and tells how it ended, what it reported and what its journal holds. */
const runAll = Effect.fnUntraced(function* (
  settings: HttpRunSettings<unknown>,
  tell?: (news: RunNews) => void,
) {
  const { exit, summary } = yield* report(settings, tell)
  const records = readJournal(settings.log)
  expect(flawsOf(records)).toEqual([])
  return { exit, summary, records, footer: ofType(records, "footer")[0] }
})

const repeated = (names: ReadonlyArray<string>): ReadonlyArray<string> =>
  names.filter((name, index) => names.indexOf(name) !== index)

const live = (name: string, test: Effect.Effect<void, unknown, NodeServices.NodeServices | Scope.Scope>) =>
  realTime(name, Effect.provide(test, NodeServices.layer))

describe.concurrent("a run", () => {
  /** What came in of orders: pings are none. */
  const ordersOf = (server: { readonly ids: () => ReadonlyArray<string> }) =>
    server.ids().filter((id) => !id.startsWith("ping-"))

  live(
    "reports what a summary of its journal says",
    Effect.gen(function* () {
      const exchange = yield* serve({ keys })
      const settings = yield* makeSettings(new URL(exchange.url))
      const { exit, footer, records, summary } = yield* runAll(settings)
      expect(exit).toEqual(Exit.void)
      expect(footer).toMatchObject({ end: "done", rejected: 0, unknown: 0, cancelled: 0, badLines: 0 })
      expect(summary).toEqual(yield* summaryOfFile(settings.log, { keys: 5, limit: 20 }))
      expect(summary).toMatchObject({ exceeds: 0, bans: 0, nonceErrors: 0, unrecognisedLines: 0 })
      expect(summary.orders.created).toBeGreaterThan(20)
      expect(records[0]).toMatchObject({
        keys: ["key-1", "key-2"],
        seed: 42,
        settings: {
          exchange: exchange.url,
          limit: 20,
          windowMs: 1000,
          boundMs: 55,
          load: 1,
          durationMs: 1000,
        },
      })
      const seen = yield* exchange.tally
      expect(seen.keys.reduce((sum, key) => sum + key.accepted, 0)).toBe(footer?.accepted)
      expect(seen.repeatedOrders).toBe(0)
    }),
  )

  live(
    "with an exchange of its own that does wrong ends every order, and calls unknown what got no answer",
    Effect.gen(function* () {
      const own = serve({
        keys,
        faults: [
          { kind: "truncated", chance: 0.3, when: always, times: undefined },
          {
            kind: "quota",
            chance: 1,
            remaining: undefined,
            resetMs: undefined,
            retryAs: "seconds",
            when: always,
            times: undefined,
          },
        ],
      })
      const settings = yield* makeSettings(yield* nobody, { exchange: Effect.map(own, ({ url }) => url) })
      const { exit, footer } = yield* runAll(settings)
      expect(exit).toEqual(Exit.void)
      expect(footer?.accepted).toBeGreaterThan(0)
      expect(footer?.unknown).toBeGreaterThan(0)
      expect(footer?.rejected).toBe(0)
    }),
  )

  live(
    "asks for its keys before it reads what former runs did: one that still has them still writes",
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const state = join(folder, "state")
      const journal = join(folder, "former.ndjson")
      writeFileSync(journal, "no journal\n")
      const settings = yield* makeSettings(yield* nobody, {
        state,
        source: { type: "ndjson", from: journal, duration: undefined },
        resume: [journal],
      })
      const starting = Effect.flip(report(settings))
      const former = yield* Scope.make()
      yield* Scope.provide(claimIn(state, { keys }), former)
      expect(yield* starting).toMatchObject({ _tag: "KeyInUse" })
      yield* Scope.close(former, Exit.void)
      const message: unknown = expect.stringContaining("is not a journal")
      expect(yield* starting).toMatchObject({ message })
    }),
  )

  live(
    "that is stopped awaits what is in flight, cancels what is queued, and says so",
    Effect.gen(function* () {
      const held: Array<() => void> = []
      const server = yield* hostileServer((socket, incoming) => {
        held.push(() => accept(socket, incoming))
      })
      const settings = yield* makeSettings(server.url, {
        keys: makeKeys(1),
        limit: 5,
        ttl: undefined,
        source: { type: "random", load: 40, duration: Duration.minutes(1) },
      })
      let stops = 0
      const running = yield* Effect.forkChild(
        runAll(settings, ({ type }) => {
          if (type === "stopping") stops += 1
        }),
      )
      yield* until(() => held.length === 5)
      // Enough for several to have queued up behind the five.
      yield* Effect.sleep("50 millis")
      const stopping = yield* Effect.forkChild(Fiber.interrupt(running), { startImmediately: true })
      yield* Effect.sleep("100 millis")
      expect(stopping.pollUnsafe()).toBe(undefined)
      expect(stops).toBe(1)
      for (const answer of held) answer()
      yield* Fiber.join(stopping)
      const records = readJournal(settings.log)
      expect(flawsOf(records)).toEqual([])
      const footer = ofType(records, "footer")[0]
      expect(footer).toMatchObject({ end: "stopped", accepted: 5, rejected: 0, expired: 0, unknown: 0 })
      expect(footer?.cancelled).toBeGreaterThan(0)
      expect(server.ids().length).toBe(5)
      const summary = yield* summaryOfFile(settings.log, { keys: 5, limit: 20 })
      expect(summary.orders).toMatchObject({ accepted: 5, cancelled: footer?.cancelled })
    }),
  )

  live(
    "gives up what is in flight when a stop has waited for the request timeout, and calls it unknown",
    Effect.gen(function* () {
      const server = yield* hostileServer(() => {})
      const settings = yield* makeSettings(server.url, {
        limit: 1,
        requestTimeout: Duration.millis(300),
        source: { type: "random", load: 10, duration: Duration.minutes(1) },
      })
      const running = yield* Effect.forkChild(runAll(settings))
      yield* until(() => server.ids().length === 2)
      yield* Fiber.interrupt(running)
      const records = readJournal(settings.log)
      expect(flawsOf(records)).toEqual([])
      expect(ofType(records, "footer")[0]).toMatchObject({ end: "stopped", accepted: 0, unknown: 2 })
    }),
  )

  live(
    "goes on when the exchange goes away and comes back, and sends nothing twice",
    Effect.gen(function* () {
      let dying = false
      const half: Behave = (socket, incoming) => {
        // The last ones come in and are never answered.
        if (!dying) accept(socket, incoming)
      }
      const scope = yield* Scope.make()
      const first = yield* Scope.provide(hostileServer(half), scope)
      const settings = yield* makeSettings(first.url, {
        ttl: Duration.millis(200),
        source: { type: "random", load: 1, duration: Duration.millis(2500) },
      })
      const running = yield* Effect.forkChild(runAll(settings))
      yield* until(() => ordersOf(first).length > 10)
      dying = true
      const answered = ordersOf(first).length
      yield* until(() => ordersOf(first).length >= answered + 2)
      yield* Scope.close(scope, Exit.void)
      yield* Effect.sleep("600 millis")
      const second = yield* hostileServer(accept, { port: Number(first.url.port) })
      const { exit, footer, records } = yield* Fiber.join(running)
      expect(exit).toEqual(Exit.void)
      expect(footer?.end).toBe("done")
      // And those that were cut off before they came in.
      expect(footer?.unknown).toBeGreaterThanOrEqual(ordersOf(first).length - answered)
      expect(footer?.expired).toBeGreaterThan(0)
      expect(footer?.accepted).toBe(answered + ordersOf(second).length)
      expect(ordersOf(second).length).toBeGreaterThan(0)
      expect(repeated([...ordersOf(first), ...ordersOf(second)])).toEqual([])
      const causes = ofType(records, "outcome").flatMap((record) =>
        record.outcome === "unknown" ? [record.cause] : [],
      )
      expect(new Set(causes)).toEqual(new Set(["broken-connection"]))
    }),
  )

  live(
    "fails within a few seconds where nobody listens, and sends nothing",
    Effect.gen(function* () {
      const settings = yield* makeSettings(yield* nobody, {
        source: { type: "random", load: 1, duration: Duration.minutes(1) },
      })
      const [took, { exit, footer }] = yield* Effect.timed(runAll(settings))
      expect(Duration.toMillis(took)).toBeLessThan(6000)
      // A busy machine takes a second more to find out.
      const message: unknown = expect.stringMatching(
        /^the exchange has been unreachable for [345] s \(ECONNREFUSED\)\. Nothing listens there: check the address and the port, and that it is running$/,
      )
      expect(exit).toMatchObject({ cause: { reasons: [{ error: { _tag: "ExchangeUnreachable" } }] } })
      expect(footer).toMatchObject({ end: "failed", error: message, accepted: 0, unknown: 0, rejected: 0 })
    }),
  )

  live(
    "fails where the exchange knows none of its keys",
    Effect.gen(function* () {
      const exchange = yield* serve({ keys: makeKeys(5).slice(3) })
      const settings = yield* makeSettings(new URL(exchange.url), {
        source: { type: "random", load: 1, duration: Duration.minutes(1) },
      })
      const { exit, footer, records } = yield* runAll(settings)
      const message = "no usable key is left (key-1 unknown, key-2 unknown). Check the keys and the address"
      expect(exit).toMatchObject({ cause: { reasons: [{ error: { _tag: "NoUsableKey" } }] } })
      expect(footer).toMatchObject({ end: "failed", error: message, accepted: 0, unknown: 0 })
      expect(ofType(records, "key").map(({ key, state }) => [key, state])).toEqual([
        ["key-1", "unknown"],
        ["key-2", "unknown"],
      ])
    }),
  )

  live(
    "goes on with the keys that the exchange knows",
    Effect.gen(function* () {
      const exchange = yield* serve({ keys: keys.slice(1) })
      const settings = yield* makeSettings(new URL(exchange.url))
      const { exit, footer } = yield* runAll(settings)
      expect(exit).toEqual(Exit.void)
      // The order that found the unknown key went back to the line, and left with the other.
      expect(footer).toMatchObject({ end: "done", rejected: 0, unknown: 0 })
      expect(footer?.accepted).toBeGreaterThan(10)
    }),
  )

  live(
    "sends each order of a file once, as fast as the limits allow, and none of it expires in our own line",
    Effect.gen(function* () {
      const exchange = yield* serve({ keys, window: Duration.millis(200) })
      const settings = yield* makeSettings(new URL(exchange.url))
      const file = `${settings.log}-orders`
      const names = Array.from({ length: 200 }, (_, index) => `o-${index}`)
      writeFileSync(file, names.map((id) => JSON.stringify({ id, params: { side: "buy" } })).join("\n"))
      const { exit, footer, records } = yield* runAll({
        ...settings,
        window: Duration.millis(200),
        ttl: Duration.millis(400),
        source: { type: "ndjson", from: file, duration: undefined },
      })
      expect(exit).toEqual(Exit.void)
      expect(footer).toMatchObject({ end: "done", created: 200, accepted: 200 })
      expect(new Set(ofType(records, "sent").map(({ id }) => id))).toEqual(new Set(names))
      expect((yield* exchange.tally).repeatedOrders).toBe(0)
      expect((yield* exchange.tally).keys.map((key) => key.rateLimit)).toEqual([0, 0])
    }),
  )

  live(
    "stops with a clear error once its journal cannot be written",
    Effect.gen(function* () {
      const exchange = yield* serve({ keys })
      const settings = yield* makeSettings(new URL(exchange.url), { log: "/dev/full" })
      const error = yield* Effect.flip(report(settings))
      expect(error).toMatchObject({
        _tag: "JournalUnwritable",
        message: "the journal /dev/full cannot be written: the disk is full",
      })
      expect((yield* exchange.tally).keys.map((key) => key.requests)).toEqual([0, 0])
    }),
  )

  live(
    "shows itself while it runs and until the last answer is in, and then no more",
    Effect.gen(function* () {
      const server = yield* hostileServer((socket, incoming) => {
        setTimeout(() => accept(socket, incoming), 100)
      })
      const settings = yield* makeSettings(server.url, {
        source: { type: "random", load: 1, duration: Duration.millis(200) },
      })
      const told: Array<string> = []
      const { footer } = yield* runAll(settings, (news) => {
        if (news.type === "starting") told.push(`starting ${news.exchange}`)
        else if (news.type !== "event") told.push(news.type)
        else if (news.event.type === "outcome") told.push("outcome")
      })
      expect(told[0]).toBe(`starting ${server.url.href}`)
      expect(told).toContain("snapshot")
      expect(told.lastIndexOf("snapshot")).toBeGreaterThan(told.indexOf("outcome"))
      expect(told.at(-1)).toBe("ended")
      expect(told.filter((what) => what === "outcome").length).toBe(footer?.created)
    }),
  )
})
