/** Runs this project's programs in processes of their own, and measures each as a whole. */
import process from "node:process"
import type { Effect, Schema } from "effect"
import { type Measured, measuredProcess, type Program } from "./measuredProcess.ts"

export type { Measured } from "./measuredProcess.ts"

/** A script that Node runs, with the flags that it needs. */
export const nodeScript = (flags: ReadonlyArray<string>, ...args: ReadonlyArray<string>): Program => ({
  command: process.execPath,
  args: [...flags, "--import", "./bench/support/reportUsage.js", ...args],
})

/** One of Paceline's commands. */
export const paceline = (...args: ReadonlyArray<string>): Program => nodeScript([], "dist/main.js", ...args)

export const measuredCommand = (args: ReadonlyArray<string>): Effect.Effect<Measured, Schema.SchemaError> =>
  measuredProcess(paceline(...args))
