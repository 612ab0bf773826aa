// On the real clock, as other tests of whole runs; apart from them, because it keeps its process busy for seconds.
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { expect } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber, FileSystem, Redacted } from "effect"
import { BUFFER_RECORDS } from "../../src/journal/Journal.ts"
import { ackWindowDesign } from "../../src/run/Design.ts"
import { prepareHttpRun } from "../../src/run/HttpRun.ts"
import { RunProgress } from "../../src/run/RunProgress.ts"
import { nobody } from "../support/hostileServer.ts"
import { makeKeys } from "../support/rig.ts"
import { realTime } from "../support/realTime.ts"
import { until } from "../support/until.ts"
import { flawsOf, ofType, readJournal, temporaryFolder } from "./journalFile.ts"

const ORDERS = 3 * BUFFER_RECORDS

realTime(
  "a run takes no more orders than its journal can hold while the disk stands still",
  Effect.gen(function* () {
    const folder = yield* temporaryFolder
    const orders = join(folder, "orders.ndjson")
    const log = join(folder, "log")
    // All of them have expired already, so each is a record at once.
    const lines = Array.from(
      { length: ORDERS },
      (_, n) => `{"id":"${n}","createdAt":"2020-01-01T00:00:00Z"}\n`,
    )
    writeFileSync(orders, lines.join(""))
    const disk = yield* Deferred.make<void>()
    const fs = yield* FileSystem.FileSystem
    let writes = 0
    const standing: FileSystem.FileSystem = {
      ...fs,
      open: (path, options) =>
        Effect.map(fs.open(path, options), (file) =>
          path !== log
            ? file
            : {
                ...file,
                // All but the header.
                writeAll: (bytes) =>
                  Effect.suspend(() => {
                    writes += 1
                    const written = file.writeAll(bytes)
                    return writes === 1 ? written : Effect.andThen(Deferred.await(disk), written)
                  }),
              },
        ),
    }
    let recorded = 0
    const prepared = prepareHttpRun({
      exchange: Redacted.make(yield* nobody),
      source: { type: "ndjson", from: orders, duration: undefined },
      keys: makeKeys(2),
      seed: 1,
      ttl: Duration.seconds(1),
      limit: 20,
      window: Duration.seconds(1),
      bound: undefined,
      design: ackWindowDesign,
      requestTimeout: Duration.seconds(1),
      log,
      inWords: ({ message }) => message,
    })
    const running = yield* Effect.forkChild(
      Effect.scoped(Effect.flatMap(prepared, ({ run }) => run)).pipe(
        Effect.provideService(FileSystem.FileSystem, standing),
        Effect.provideService(RunProgress, {
          every: undefined,
          tell: ({ type }) => {
            if (type === "event") recorded += 1
          },
        }),
      ),
    )
    yield* until(() => recorded >= BUFFER_RECORDS)
    yield* Effect.sleep("1 second")
    const held = recorded
    yield* Deferred.succeed(disk, undefined)
    // What the disk is given at once is a buffer at most, and another gathers behind it.
    expect(held).toBeLessThan(2 * BUFFER_RECORDS + 100)
    yield* Fiber.join(running)
    const records = readJournal(log)
    expect(flawsOf(records)).toEqual([])
    expect(ofType(records, "footer")[0]?.expired).toBe(ORDERS)
  }).pipe(Effect.provide(NodeServices.layer)),
)
