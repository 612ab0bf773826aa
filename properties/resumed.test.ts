/** The law of `--resume FOLDER` and `--log`, over the program's own lives before a real server. */
import { readdirSync } from "node:fs"
import { join } from "node:path"
import * as fc from "fast-check"
import { assert, describe } from "vitest"
import { RUNS, SEED, tryLaw } from "./support/law.ts"
import { type Finds, playResumed, type ResumedLives, resumedLives } from "./support/resumed.ts"

const filesIn: Finds = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [] : [join(folder, entry.name)],
  )

describe(`whatever a folder of journals holds (seed ${SEED}, ${RUNS} a law)`, () => {
  tryLaw<ReadonlyArray<ResumedLives>, Finds>({
    law: "and wherever --log points, a run is refused before anything is sent, or no order is executed twice",
    // Most of it is waiting: so many are played at once.
    worlds: fc.array(resumedLives, { minLength: 6, maxLength: 8 }),
    check: async (worlds, finds) => {
      for (const lives of await Promise.all(worlds.map((world) => playResumed(world, finds)))) {
        for (const { executed, isRefused } of lives)
          if (isRefused) assert.deepStrictEqual(executed, [], "a run that was refused has sent")
        const executed = lives.flatMap((life) => life.executed)
        assert.deepStrictEqual(executed.toSorted(), [...new Set(executed)].toSorted(), "executed twice")
      }
    },
    broken: {
      "a run that looks only for *.ndjson": (folder) =>
        filesIn(folder).filter((file) => file.endsWith(".ndjson")),
      "a run that does not ask whether the next would find its journal": filesIn,
    },
    scenarios: 10,
  })
})
