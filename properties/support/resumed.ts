/**
 * Lives of the program itself, before a real server: each goes on from the same folder of journals, wherever it was told to
 * write its own, and between two of them somebody is busy in that folder.
 */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { Cause, Effect, Exit, Fiber, Option } from "effect"
import { TestConsole } from "effect/testing"
import * as fc from "fast-check"
import { notFound, unknownKey } from "../../src/exchange/ExchangeAnswer.ts"
import { run } from "../../src/cli/run.ts"
import { commandLine } from "../../src/cli/shell.ts"
import { accept, answerText, hostileServer } from "../../test/support/hostileServer.ts"

/** Where a life's journal is to go; undefined where nobody says. */
const places: Readonly<Record<string, string | undefined>> = {
  byDefault: undefined,
  beside: "journals/life",
  hidden: "journals/.life.bak",
  likePacked: "journals/life.gz",
  elsewhere: "life.ndjson",
  below: "journals/old/life.ndjson",
  back: "journals/../life-too.ndjson",
  byLink: "link/linked.ndjson",
}

/** What somebody does with the journal that was written last, by the folder's path and its own. */
const doings: Readonly<Record<string, (folder: string, journal: string) => void>> = {
  nothing: () => {},
  packs: (_, journal) => {
    writeFileSync(`${journal}.gz`, gzipSync(readFileSync(journal)))
    rmSync(journal)
  },
  hides: (folder, journal) => renameSync(journal, join(folder, `.${Math.floor(performance.now())}~`)),
  movesDown: (folder, journal) => {
    mkdirSync(join(folder, "old"), { recursive: true })
    renameSync(journal, join(folder, "old", "journal.ndjson"))
  },
  movesOut: (folder, journal) => {
    const to = `${folder}-${Math.floor(performance.now())}`
    renameSync(journal, to)
    symlinkSync(to, journal)
  },
  losesALine: (_, journal) => {
    const lines = readFileSync(journal, "utf8").split("\n")
    // Of one that has an end it is known that it had all its lines.
    if (lines.at(-2)?.includes('"footer"') !== true) return
    writeFileSync(journal, lines.filter((_line, n) => n !== Math.floor(lines.length / 2)).join("\n"))
  },
  // As a kill would have left it.
  losesItsEnd: (_, journal) => {
    const text = readFileSync(journal, "utf8")
    const end = text.indexOf('{"type":"footer"')
    if (end >= 0) writeFileSync(journal, text.slice(0, end + 5))
  },
  addsANote: (folder) => writeFileSync(join(folder, "note.txt"), "do not forget\n"),
  addsAnEmptyFile: (folder) => writeFileSync(join(folder, "empty"), ""),
  addsACopy: (folder, journal) => writeFileSync(join(folder, "copy"), readFileSync(journal)),
}

export interface Life {
  readonly log: string
  /** When it is stopped; undefined where it comes to its end. */
  readonly stopAfterMs: number | undefined
  /** What is done to the folder then. */
  readonly after: string
}

export interface ResumedLives {
  readonly lives: ReadonlyArray<Life>
  /** What the exchange does with the n-th request, over and over. */
  readonly answers: ReadonlyArray<"accepts" | "executes" | "refuses" | "disowns">
}

export const resumedLives: fc.Arbitrary<ResumedLives> = fc.record({
  lives: fc.array(
    fc.record({
      log: fc.oneof(fc.constant("byDefault"), fc.constantFrom(...Object.keys(places))),
      stopAfterMs: fc.option(fc.integer({ min: 0, max: 400 }), { nil: undefined }),
      after: fc.constantFrom(...Object.keys(doings)),
    }),
    { minLength: 2, maxLength: 4 },
  ),
  answers: fc.array(fc.constantFrom("accepts", "executes", "refuses", "disowns"), {
    minLength: 1,
    maxLength: 6,
  }),
})

/** What a life is told to go on from, in place of the folder. */
export type Finds = (folder: string) => ReadonlyArray<string>

export interface SeenLife {
  /** Whether it ended with wrong usage or unreadable input. */
  readonly isRefused: boolean
  /** Orders that the exchange has executed in it. */
  readonly executed: ReadonlyArray<string>
}

const ORDERS = Array.from({ length: 6 }, (_, n) => `${JSON.stringify({ id: `o-${n}` })}\n`).join("")

const makeFolders = Effect.acquireRelease(
  Effect.sync(() => {
    const home = mkdtempSync(join(tmpdir(), "paceline-resumed-"))
    mkdirSync(join(home, "journals"))
    symlinkSync(join(home, "journals"), join(home, "link"))
    writeFileSync(join(home, "orders.ndjson"), ORDERS)
    writeFileSync(join(home, "keys"), "resumed-key\n")
    return home
  }),
  (home) => Effect.sync(() => rmSync(home, { recursive: true })),
)

export const playResumed = (
  { answers, lives }: ResumedLives,
  finds: Finds = (folder) => [folder],
): Promise<ReadonlyArray<SeenLife>> =>
  Effect.gen(function* () {
    const home = yield* makeFolders
    const folder = join(home, "journals")
    let executed: Array<string> = []
    let requests = 0
    const server = yield* hostileServer((socket, incoming) => {
      if (incoming.query.get("api_key") !== "resumed-key")
        return void socket.write(answerText(unknownKey.status, unknownKey.body))
      const how = answers[requests++ % answers.length]
      if (how === "refuses") return void socket.write(answerText(notFound.status, notFound.body))
      // The key itself: its orders follow in the next life.
      if (how === "disowns") return void socket.write(answerText(unknownKey.status, unknownKey.body))
      executed.push(incoming.id)
      if (how === "accepts") accept(socket, incoming)
    })
    const seen: Array<SeenLife> = []
    for (const { after, log, stopAfterMs } of lives) {
      const before = new Set(readdirSync(folder))
      const place = places[log]
      const fiber = yield* Effect.forkChild(
        commandLine(run, [
          `--url=${server.url.href}`,
          `--orders=${join(home, "orders.ndjson")}`,
          `--keys-file=${join(home, "keys")}`,
          `--state=${join(home, "state")}`,
          ...finds(folder).map((path) => `--resume=${path}`),
          ...(place === undefined ? [] : [`--log=${join(home, place)}`]),
          "--ttl=none",
          "--limit=3",
          "--window=50ms",
          "--request-timeout=80ms",
          "--no-progress",
        ]),
      )
      if (stopAfterMs !== undefined) {
        yield* Effect.sleep(stopAfterMs)
        yield* Fiber.interrupt(fiber)
      }
      const exit = yield* Fiber.await(fiber)
      const error = Exit.isFailure(exit) ? Cause.findErrorOption(exit.cause) : Option.none()
      seen.push({ isRefused: Option.isSome(error) && error.value._tag === "UsageError", executed })
      executed = []
      const written = readdirSync(folder).find((name) => !before.has(name))
      if (written !== undefined) doings[after]?.(folder, join(folder, written))
    }
    return seen
  }).pipe(Effect.provide(TestConsole.layer), Effect.scoped, Effect.runPromise)
