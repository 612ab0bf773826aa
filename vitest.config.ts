import process from "node:process"
import { defineConfig } from "vitest/config"

/** A law may take as long for a thousand scenarios as all tests may take in CI; more scenarios may take longer. */
const PROPERTY_TIMEOUT_MS = 300_000 * Math.max(1, Number(process.env["PACELINE_RUNS"] ?? 0) / 1000)

// Compiled code is kept for the next process: a started program is ready in half the time.
process.env["NODE_COMPILE_CACHE"] ??= new URL("node_modules/.cache/v8", import.meta.url).pathname

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "test",
          include: ["test/**/*.test.ts"],
          testTimeout: 120_000,
          // The files of a worker share what they import, and many tests wait more than they work.
          isolate: false,
          maxWorkers: 3,
          maxConcurrency: 8,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "properties",
          include: ["properties/**/*.test.ts"],
          testTimeout: PROPERTY_TIMEOUT_MS,
          maxWorkers: "100%",
          sequence: { groupOrder: 0 },
          // That memory does not grow is seen by counting what is alive after a garbage collection.
          execArgv: ["--expose-gc", "--disable-warning=ExperimentalWarning"],
        },
      },
    ],
  },
})
