/**
 * What a program may do with a dispatcher, as fast-check's commands: each says when it can be done, and what it does
 * and expects. What it does is an effect, because sessions are played in virtual time, which has no promises; so `run`
 * leaves it with the stage, which performs it before the next command is asked.
 */
import { Duration, Effect, type Scope } from "effect"
import * as fc from "fast-check"
import type { Life } from "./Life.ts"

export type Act = Effect.Effect<void, never, Scope.Scope>

/** What the model knows. */
export interface Model {
  life: Life
  /** Orders made so far: their number is the next one's id. */
  orders: number
}

/** Where the commands are performed. */
export interface Stage {
  act: Act
  /** Stops the life, waits as long as is needed, and begins another one on the same exchange. */
  readonly restart: (model: Model) => Act
}

export type Command = fc.Command<Model, Stage>

const command = (
  name: string,
  act: (model: Model, stage: Stage) => Act,
  check: (model: Readonly<Model>) => boolean = () => true,
): Command => ({
  check,
  run: (model, stage) => {
    stage.act = act(model, stage)
  },
  toString: () => name,
})

const submit = command("submit", (model) => model.life.submit(String(model.orders++)))
const offer = command("offer", (model) => model.life.offer(String(model.orders++)))
/** Offers an order with the id of an earlier one, the `which`-th of this life. */
const offerAgain = (which: number) =>
  command(
    `offer the ${which}th again`,
    ({ life }) => {
      const id = life.taken[which]
      return id === undefined ? Effect.void : life.offerAgain(id)
    },
    ({ life }) => which < life.taken.length,
  )
/** Interrupts an earlier submit. */
const interrupt = (which: number) =>
  command(
    `interrupt the ${which}th submit`,
    ({ life }) => {
      const submitted = life.submits[which]
      return submitted === undefined ? Effect.void : life.interrupt(submitted)
    },
    ({ life }) => which < life.submits.length,
  )
const advance = (ms: number) => command(`wait ${ms} ms`, () => Effect.sleep(Duration.millis(ms)))
const stop = command("stop", ({ life }) => life.beginStop)
const restart = command("restart", (model, stage) => stage.restart(model))

/** As often as they stand here. */
const kinds: ReadonlyArray<readonly [number, fc.Arbitrary<Command>]> = [
  [6, fc.constant(submit)],
  [4, fc.constant(offer)],
  [1, fc.nat(20).map(offerAgain)],
  [3, fc.nat(20).map(interrupt)],
  [4, fc.constantFrom(0, 1, 10, 30, 100, 400).map(advance)],
  [1, fc.constant(stop)],
  [1, fc.constant(restart)],
]

export const commands: fc.Arbitrary<Iterable<Command>> = fc.commands(
  kinds.flatMap(([times, kind]) => Array.from({ length: times }, () => kind)),
  { maxCommands: 60, size: "max" },
)
