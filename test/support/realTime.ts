/** Tests of real time, which a busy machine may fail: they are tried again where it was busy, and only there. */
import { cpus } from "node:os"
import process from "node:process"
import { it } from "@effect/vitest"
import { Effect, Exit, type Scope } from "effect"

/** A test is given up after so many attempts, however busy the machine is. */
const MOST_ATTEMPTS = 5
const TIMEOUT_MS = 180_000
/** Whoever wakes so late, or finds less of the processors idle, shares them with others. */
const LATE_MS = 50
const LEAST_IDLE = 0.2
const PROBE_MS = 20

/** The processors' time so far, and how much of it they were idle. */
const processorTime = (): { readonly idle: number; readonly all: number } => {
  const times = cpus().map((cpu) => cpu.times)
  const idle = times.reduce((sum, time) => sum + time.idle, 0)
  return { idle, all: times.reduce((sum, { irq, nice, sys, user }) => sum + irq + nice + sys + user, idle) }
}

/** Watches the machine until it is asked whether it was too busy for a test of real time. */
const watch = Effect.acquireRelease(
  Effect.sync(() => {
    const before = processorTime()
    let latest = performance.now()
    let lateMs = 0
    const probe = (): void => {
      const now = performance.now()
      lateMs = Math.max(lateMs, now - latest - PROBE_MS)
      latest = now
    }
    const timer = setInterval(probe, PROBE_MS)
    const wasBusy = (): boolean => {
      probe()
      const { all, idle } = processorTime()
      return lateMs >= LATE_MS || idle - before.idle < LEAST_IDLE * (all - before.all)
    }
    return { timer, wasBusy }
  }),
  ({ timer }) => Effect.sync(() => clearInterval(timer)),
)

/** Tries it again where it failed while the machine was busy. It is to begin afresh each time. */
export const onAQuietMachine = <A, E>(
  body: Effect.Effect<A, E, Scope.Scope>,
  attempt = 1,
): Effect.Effect<A, E> =>
  Effect.gen(function* () {
    const { wasBusy } = yield* watch
    const exit = yield* Effect.exit(Effect.scoped(body))
    if (Exit.isSuccess(exit) || attempt === MOST_ATTEMPTS || !wasBusy()) return yield* exit
    process.stderr.write(`attempt ${attempt} failed on a busy machine; trying again\n`)
    return yield* onAQuietMachine(body, attempt + 1)
  }).pipe(Effect.scoped)

/** A test that needs a quiet machine: of real processes, sockets and clocks. */
export const realTime = (name: string, body: Effect.Effect<void, unknown, Scope.Scope>): void => {
  it.live(name, () => onAQuietMachine(body), TIMEOUT_MS)
}
