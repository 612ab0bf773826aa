import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    projects: [
      { test: { name: "test", include: ["test/**/*.test.ts"], testTimeout: 30_000 } },
      {
        test: {
          name: "properties",
          include: ["properties/**/*.test.ts"],
          testTimeout: 300_000,
          // That memory does not grow is seen by counting what is alive after a garbage collection.
          execArgv: ["--expose-gc", "--disable-warning=ExperimentalWarning"],
        },
      },
    ],
  },
})
