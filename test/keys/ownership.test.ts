// On the real clock: real processes, real locks, real files.
import { readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import process from "node:process"
import { fileURLToPath } from "node:url"
import { describe, expect } from "@effect/vitest"
import { Duration, Effect, Redacted, Schema, type Scope } from "effect"
import { inWords } from "../../src/cli/advice.ts"
import { keyName } from "../../src/keys/claimKeys.ts"
import { realTime as test } from "../support/realTime.ts"
import { launch, type Running } from "../cli/process.ts"
import { claimIn, temporaryFolder } from "./support.ts"

const HOLDER = fileURLToPath(new URL("./programs/holder.ts", import.meta.url))

const keysOf = (...secrets: ReadonlyArray<string>) =>
  secrets.map((secret, n) => ({ label: `key-${n + 1}`, secret: Redacted.make(secret) }))

/** Another process that holds these keys. It is killed with the scope. */
const holder = (
  directory: string,
  ...secrets: ReadonlyArray<string>
): Effect.Effect<Running, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const running = launch([HOLDER, directory, ...secrets])
      await running.printed("claimed")
      return running
    }),
    ({ child, ended }) =>
      Effect.promise(() => {
        child.kill("SIGKILL")
        return ended
      }),
  )

const kill = ({ child, ended }: Running, signal: NodeJS.Signals) =>
  Effect.promise(() => {
    child.kill(signal)
    return ended
  })

const claim = (directory: string, ...secrets: ReadonlyArray<string>) =>
  claimIn(directory, { keys: keysOf(...secrets) })

describe.concurrent("the owner of a key", () => {
  test(
    "is one: a second run fails at once and says which key, which process and since when",
    Effect.gen(function* () {
      const directory = yield* temporaryFolder
      const first = yield* holder(directory, "secret-a", "secret-b")
      const error = yield* Effect.flip(claim(directory, "secret-b"))
      expect(error._tag).toBe("KeyInUse")
      expect(inWords(error)).toMatch(
        new RegExp(
          `^key-1 is in use by process ${first.child.pid} since \\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ \\(state in ${directory}\\)\\. Stop it, or use other keys$`,
        ),
      )
      yield* claim(directory, "secret-c")
    }),
  )

  test(
    "that is killed is followed by the next, of itself and as after a crash",
    Effect.gen(function* () {
      const directory = yield* temporaryFolder
      const first = yield* holder(directory, "secret-a")
      yield* kill(first, "SIGKILL")
      const [took, { remembered }] = yield* Effect.timed(claim(directory, "secret-a"))
      // The bound and the window, less what the two reads of the clock are apart.
      expect(remembered[0]?.quietMs).toBeGreaterThan(1056 - Duration.toMillis(took))
      expect(remembered[0]?.quietMs).toBeLessThanOrEqual(1056.5)
    }),
  )

  test(
    "that stops cleanly without having sent leaves nothing to wait for",
    Effect.gen(function* () {
      const directory = yield* temporaryFolder
      const first = yield* holder(directory, "secret-a")
      expect((yield* kill(first, "SIGTERM")).stdout).toBe("claimed\nreleased\n")
      const { remembered } = yield* claim(directory, "secret-a")
      expect(remembered).toMatchObject([{ label: "key-1", quietMs: 0, heldMs: 0, rateLimitErrors: 0 }])
    }),
  )

  test(
    "that stands still is still the owner",
    Effect.gen(function* () {
      const directory = yield* temporaryFolder
      const first = yield* holder(directory, "secret-a")
      first.child.kill("SIGSTOP")
      expect((yield* Effect.flip(claim(directory, "secret-a")))._tag).toBe("KeyInUse")
    }),
  )

  test(
    "holds all of its keys or none",
    Effect.gen(function* () {
      const directory = yield* temporaryFolder
      yield* holder(directory, "secret-b")
      const error = yield* Effect.flip(Effect.scoped(claim(directory, "secret-a", "secret-b", "secret-c")))
      expect(error.message).toMatch(/^key-2 is in use by process /)
      // Another process could not have them if this one held them.
      yield* holder(directory, "secret-a", "secret-c")
    }),
  )

  test(
    "is one in a process, too, and trying twice does not give the lock away",
    Effect.gen(function* () {
      const directory = yield* temporaryFolder
      yield* claim(directory, "secret-a")
      const again = yield* Effect.flip(Effect.scoped(claim(directory, "secret-a")))
      expect(again.message).toMatch(`key-1 is in use by process ${process.pid} since `)
      const other = launch([HOLDER, directory, "secret-a"])
      const { status, stderr } = yield* Effect.promise(() => other.ended)
      expect([status, stderr.includes("KeyInUse")]).toEqual([1, true])
    }),
  )

  test(
    "writes no key anywhere, and what it writes is for its user alone",
    Effect.gen(function* () {
      const directory = join(yield* temporaryFolder, "deep", "down")
      yield* Effect.scoped(claim(directory, "secret-a", "secret-b"))
      yield* claim(directory, "secret-a")
      const names = readdirSync(directory)
      const [a, b] = keysOf("secret-a", "secret-b").map(keyName)
      expect(names.toSorted()).toEqual(
        [`${a}.json`, `${a}.lock`, `${a}.owner.json`, `${b}.json`, `${b}.lock`].toSorted(),
      )
      expect(statSync(directory).mode & 0o777).toBe(0o700)
      for (const name of names) {
        expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600)
        expect(readFileSync(join(directory, name), "utf8")).not.toContain("secret")
      }
      const Owner = Schema.fromJsonString(Schema.Struct({ pid: Schema.Int, label: Schema.String }))
      const owner = Schema.decodeUnknownSync(Owner)(readFileSync(join(directory, `${a}.owner.json`), "utf8"))
      expect(owner).toEqual({ pid: process.pid, label: "key-1" })
    }),
  )
})
