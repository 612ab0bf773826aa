/**
 * Loaded into a client before its program: its wall clock is off by up to an hour, and steps again every few seconds.
 * Its monotonic clock is left alone, as a machine's is when the time is set.
 */
import process from "node:process"
import { Effect } from "effect"
import { seededRandom } from "../../../src/platform/Random.ts"

const random = Effect.runSync(seededRandom(Number(process.env["PACELINE_CHAOS_SEED"] ?? "0"), "wall clock"))
const trueNow = Date.now.bind(Date)
const HOUR_MS = 3_600_000

let offsetMs = 0
const step = (): void => {
  offsetMs = Math.round((2 * random.nextDoubleUnsafe() - 1) * HOUR_MS)
}
step()
Date.now = () => trueNow() + offsetMs
setInterval(step, 2000).unref()
