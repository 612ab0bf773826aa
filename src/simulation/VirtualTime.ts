/**
 * Time that costs nothing: the Clock stands still while any fiber has something to do, and jumps to the next
 * sleeper when all of them rest. Production code runs in it unchanged, hours in seconds, and the same program
 * takes the same steps every time, on every machine.
 */
import { Clock, Context, Duration, Effect, Scheduler, Schema } from "effect"
import { TimeHeap } from "../platform/TimeHeap.ts"

export interface VirtualTimeOptions {
  /** How far the wall clock is off at a monotonic time, in milliseconds: its steps. Default: never. */
  readonly wallOffsetMs?: (monotonicMs: number) => number
  /** How late the next timer wakes, in milliseconds. Default: none ever is. */
  readonly latenessMs?: () => number
}

/** What the wall clock shows at the start: 2026-01-01 in UTC. */
const START_WALL_MS = 1_767_225_600_000

/** Runs what fibers have scheduled, and moves time when nothing is left to run. */
class World {
  nowMs = 0
  readonly #sleepers = new TimeHeap<() => void>()
  readonly #latenessMs: () => number
  #tasks: Array<() => void> = []

  constructor(latenessMs: () => number) {
    this.#latenessMs = latenessMs
  }

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
      const sleeper = this.#sleepers.add(this.nowMs + ms + this.#latenessMs(), () => resume(Effect.void))
      return Effect.sync(() => this.#sleepers.remove(sleeper))
    })
  }

  /** Sleepers that have not been given up, and whether some fiber goes on running: what would happen if time went on. */
  get remains() {
    return { sleepers: this.#sleepers.waiting, busy: this.#tasks.length > 0 }
  }

  /** Runs what is due at this moment, and leaves time where it is. */
  runTasks(): void {
    const tasks = this.#tasks
    this.#tasks = []
    for (const task of tasks) task()
  }

  /** Takes up to `steps` steps; fewer when `done`, or when nothing is left that could ever happen. */
  run(done: () => boolean, steps: number): "paused" | "done" | "at-rest" {
    for (let step = 0; step < steps; step++) {
      if (done()) return "done"
      if (this.#tasks.length > 0) {
        this.runTasks()
        continue
      }
      const next = this.#sleepers.take()
      if (next === undefined) return "at-rest"
      this.nowMs = next.atMs
      next.value?.()
    }
    return "paused"
  }
}

const makeClock = (world: World, options: VirtualTimeOptions): Clock.Clock => {
  const offset = options.wallOffsetMs ?? (() => 0)
  const wallMs = () => START_WALL_MS + world.nowMs + offset(world.nowMs)
  const nanos = (ms: number) => BigInt(Math.round(ms * 1e6))
  // Asked for about ten times as often as it changes.
  let cachedMs = 0
  let cachedNanos = 0n
  const monotonicNanos = () => {
    if (world.nowMs !== cachedMs) {
      cachedMs = world.nowMs
      cachedNanos = nanos(cachedMs)
    }
    return cachedNanos
  }
  return {
    currentTimeMillisUnsafe: wallMs,
    currentTimeMillis: Effect.sync(wallMs),
    currentTimeNanosUnsafe: () => nanos(wallMs()),
    currentTimeNanos: Effect.sync(() => nanos(wallMs())),
    monotonicTimeNanosUnsafe: monotonicNanos,
    monotonicTimeNanos: Effect.sync(monotonicNanos),
    sleep: world.sleep,
  }
}

/** Every fiber waits for another: the program can never end. A bug, in it or in the simulation. */
export class AtRest extends Schema.TaggedError<AtRest>()("AtRest", { atMs: Schema.Finite }) {
  override get message() {
    return `nothing can ever happen again, at ${this.atMs} ms of virtual time, and the program has not ended`
  }
}

/** Steps that are taken before the thread is given to others: some tens of milliseconds of real time. */
const STEPS_A_SLICE = 50_000

/** Begins an effect; `run` takes so many steps of it, and answers how it ended if it has. */
export const begin = <A, E>(effect: Effect.Effect<A, E>, options: VirtualTimeOptions) => {
  const world = new World(options.latenessMs ?? (() => 0))
  const context = Context.make(Clock.Clock, makeClock(world, options)).pipe(
    Context.add(Scheduler.Scheduler, new Scheduler.MixedScheduler("async", world.schedule)),
  )
  const fiber = Effect.runForkWith(context)(effect)
  const run = (steps: number): Effect.Effect<A, E | AtRest> | undefined => {
    const state = world.run(() => fiber.pollUnsafe() !== undefined, steps)
    if (state === "at-rest") return Effect.fail(new AtRest({ atMs: world.nowMs }))
    return fiber.pollUnsafe()
  }
  const interrupt = (): void => {
    fiber.interruptUnsafe(fiber.id)
  }
  return { world, run, interrupt }
}

/**
 * Runs an effect in virtual time, as an effect of the real world that lets others run in between. The effect must not
 * wait for anything outside: files, sockets, the real clock. Interrupted, it interrupts the program, and lets it come to
 * its end.
 */
export const inVirtualTime = <A, E>(
  effect: Effect.Effect<A, E>,
  options: VirtualTimeOptions = {},
): Effect.Effect<A, E | AtRest> =>
  Effect.suspend(() => {
    const { interrupt, run } = begin(effect, options)
    const slices: Effect.Effect<A, E | AtRest> = Effect.suspend(
      () => run(STEPS_A_SLICE) ?? Effect.andThen(Effect.yieldNow, slices),
    )
    // What the program does at its end takes virtual time too.
    return Effect.onInterrupt(slices, () =>
      Effect.suspend(() => {
        interrupt()
        return Effect.exit(slices)
      }),
    )
  })
