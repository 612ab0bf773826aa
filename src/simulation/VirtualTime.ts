/**
 * Time that costs nothing: the Clock stands still while any fiber has something to do, and jumps to the next
 * sleeper when all of them rest. Production code runs in it unchanged, hours in seconds, and the same program
 * takes the same steps every time, on every machine.
 */
import { Clock, Context, Duration, Effect, type Exit, Scheduler } from "effect"
import { SleeperHeap } from "./SleeperHeap.ts"

export interface VirtualTimeOptions {
  /** What the wall clock shows at the start, in milliseconds since 1970. Default: 2026-01-01 in UTC. */
  readonly startWallMs?: number
  /** How far the wall clock is off at a monotonic time, in milliseconds: its steps. Default: never. */
  readonly wallOffsetMs?: (monotonicMs: number) => number
}

const NEW_YEAR_2026_MS = 1_767_225_600_000

/** Runs what fibers have scheduled, and moves time when nothing is left to run. */
class World {
  nowMs = 0
  readonly #sleepers = new SleeperHeap()
  #tasks: Array<() => void> = []

  readonly schedule = (task: () => void): (() => void) => {
    this.#tasks.push(task)
    return () => {
      const at = this.#tasks.indexOf(task)
      if (at !== -1) this.#tasks.splice(at, 1)
    }
  }

  readonly sleep = (duration: Duration.Duration): Effect.Effect<void> => {
    const ms = Duration.toMillis(duration)
    if (ms <= 0) return Effect.yieldNow
    if (!Number.isFinite(ms)) return Effect.never
    return Effect.callback<void>((resume) => {
      const sleeper = this.#sleepers.add(this.nowMs + ms, () => resume(Effect.void))
      return Effect.sync(() => this.#sleepers.remove(sleeper))
    })
  }

  /** Runs until `done`, or until nothing is left that could ever happen. */
  run(done: () => boolean): void {
    while (!done()) {
      if (this.#tasks.length > 0) {
        const tasks = this.#tasks
        this.#tasks = []
        for (const task of tasks) task()
        continue
      }
      const next = this.#sleepers.take()
      if (next === undefined) return
      this.nowMs = next.atMs
      next.wake()
    }
  }
}

const makeClock = (world: World, options: VirtualTimeOptions): Clock.Clock => {
  const startWallMs = options.startWallMs ?? NEW_YEAR_2026_MS
  const offset = options.wallOffsetMs ?? (() => 0)
  const wallMs = () => startWallMs + world.nowMs + offset(world.nowMs)
  const nanos = (ms: number) => BigInt(Math.round(ms * 1e6))
  return {
    currentTimeMillisUnsafe: wallMs,
    currentTimeMillis: Effect.sync(wallMs),
    currentTimeNanosUnsafe: () => nanos(wallMs()),
    currentTimeNanos: Effect.sync(() => nanos(wallMs())),
    monotonicTimeNanosUnsafe: () => nanos(world.nowMs),
    monotonicTimeNanos: Effect.sync(() => nanos(world.nowMs)),
    sleep: world.sleep,
  }
}

/**
 * Runs an effect in virtual time, to its end, without giving up the thread. Undefined when it can never end:
 * every fiber waits for another.
 */
export const runVirtual = <A, E>(
  effect: Effect.Effect<A, E>,
  options: VirtualTimeOptions = {},
): Exit.Exit<A, E> | undefined => {
  const world = new World()
  const context = Context.make(Clock.Clock, makeClock(world, options)).pipe(
    Context.add(Scheduler.Scheduler, new Scheduler.MixedScheduler("async", world.schedule)),
  )
  const fiber = Effect.runForkWith(context)(effect)
  world.run(() => fiber.pollUnsafe() !== undefined)
  return fiber.pollUnsafe()
}
