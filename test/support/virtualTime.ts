/** Runs effects in virtual time from one end to the other, without giving up the thread. */
import { Effect, type Exit, type Scope } from "effect"
import { type AtRest, begin, type VirtualTimeOptions } from "../../src/simulation/VirtualTime.ts"

/** What a program has left behind at its end. */
export interface Remains {
  /** Sleepers that have not been given up: timers, and the fibers that wait for them. */
  readonly sleepers: number
  /** Some fiber goes on running and does not come to rest. */
  readonly busy: boolean
}

/**
 * Runs an effect in virtual time, from one end to the other without giving up the thread. The effect must not
 * wait for anything outside: files, sockets, the real clock.
 */
export const runVirtual = <A, E>(
  effect: Effect.Effect<A, E>,
  options: VirtualTimeOptions = {},
): Exit.Exit<A, E | AtRest> =>
  Effect.runSyncExit(
    Effect.suspend(() => begin(effect, options).run(Number.POSITIVE_INFINITY) ?? Effect.die("paused")),
  )

/** Runs a program in virtual time, and closes its scope at its end. */
export const playVirtual = <A, E>(program: Effect.Effect<A, E, Scope.Scope>): Promise<A> =>
  Effect.runPromise(runVirtual(Effect.scoped(program)))

/** Rounds in which fibers that were told to end come to their ends. */
const SETTLING_ROUNDS = 1000

/** Runs an effect like {@link runVirtual}, and tells what it has left behind. */
export const runVirtualToRest = <A, E>(
  effect: Effect.Effect<A, E>,
  options: VirtualTimeOptions = {},
): { readonly exit: Exit.Exit<A, E | AtRest>; readonly remains: Remains } =>
  Effect.runSync(
    Effect.suspend(() => {
      const { run, world } = begin(effect, options)
      return Effect.map(Effect.exit(run(Number.POSITIVE_INFINITY) ?? Effect.die("paused")), (exit) => {
        for (let round = 0; round < SETTLING_ROUNDS && world.remains.busy; round++) world.runTasks()
        return { exit, remains: world.remains }
      })
    }),
  )
