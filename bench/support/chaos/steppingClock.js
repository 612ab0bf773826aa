/**
 * Loads the stepping clock into the process that runs the program. One that only hands over to a newer Node passes this
 * on with Node's other arguments; it could not load TypeScript, and has no use for a clock.
 */
/* oxlint-disable typescript/no-unsafe-argument, typescript/no-unsafe-member-access -- plain JavaScript outside the compiler's reach */
import process from "node:process"

if (Number.parseInt(process.versions.node, 10) >= 24) await import("./steppingClock.ts")
