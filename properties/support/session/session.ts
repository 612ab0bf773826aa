/** Sessions: a program does whatever it likes with a dispatcher, beside a model of what it may expect. */
import { Duration, Effect, Option } from "effect"
import * as fc from "fast-check"
import { assert } from "vitest"
import type * as Dispatcher from "../../../src/dispatch/Dispatcher.ts"
import type { Arrival, Journey } from "../../../src/simulation/SimulatedExchange.ts"
import { playVirtual } from "../../../test/support/virtualTime.ts"
import { makeRig } from "../../../test/support/rig.ts"
import { type Command, commands, type Model, type Stage } from "./commands.ts"
import { Life } from "./Life.ts"

export interface Session {
  readonly keys: number
  readonly ttlMs: number | undefined
  readonly commands: Iterable<Command>
  readonly journeys: ReadonlyArray<Journey>
}

const fates: fc.Arbitrary<Pick<Journey, "fate">> = fc.oneof(
  { weight: 5, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: fc.record({
      fate: fc.constantFrom("refused-connection" as const, "lost-on-the-way-in", "lost-on-the-way-out"),
    }),
  },
)

export const sessions: fc.Arbitrary<Session> = fc.record({
  keys: fc.integer({ min: 1, max: 2 }),
  ttlMs: fc.constantFrom(undefined, 200),
  commands,
  journeys: fc
    .array(
      fc
        .record({ incomingMs: fc.nat(50), outgoingMs: fc.nat(50), fate: fates })
        .map(({ fate, ...journey }) => ({ ...journey, ...fate })),
      { minLength: 1, maxLength: 20 },
    )
    .filter((all) => all.some(({ fate }) => fate !== "refused-connection")),
})

/** What breaks the dispatcher, or the program that uses it. */
export interface SessionVariant {
  readonly make?: typeof Dispatcher.make
  /** How long a restart waits, in milliseconds. */
  readonly pauseMs?: number
}

const SESSION_LIMIT = 2
const WINDOW_MS = 200
const REQUEST_TIMEOUT_MS = 300
/** A request given up just before the stop arrives within a request timeout and is counted for a window. */
const PAUSE_MS = REQUEST_TIMEOUT_MS + WINDOW_MS + 10

/** Plays a session to its end, comparing with the model at every step. Answers all that reached the exchange. */
export const playSession = (
  session: Session,
  variant: SessionVariant = {},
): Promise<ReadonlyArray<Arrival>> => {
  const options = {
    keys: session.keys,
    config: { limit: SESSION_LIMIT, windowMs: WINDOW_MS, blockAfter: 10 },
    ttlMs: session.ttlMs,
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    journey: (n: number) => session.journeys[n % session.journeys.length] ?? { incomingMs: 0, outgoingMs: 0 },
    dispatcher: { capacity: 3, firstContact: Duration.hours(1), unreachableAfter: Duration.hours(1) },
    ...(variant.make === undefined ? {} : { make: variant.make }),
  }
  const program = Effect.gen(function* () {
    const first = yield* makeRig(options)
    const { arrivals, client } = first.exchange
    const model: Model = { life: new Life(first), orders: 0 }
    const stage: Stage = {
      act: Effect.void,
      restart: Effect.fnUntraced(function* (of) {
        yield* of.life.stop
        yield* Effect.sleep(Duration.millis(variant.pauseMs ?? PAUSE_MS))
        of.life = new Life(yield* makeRig({ ...options, client: () => client }))
      }),
    }
    for (const command of session.commands) {
      if (!command.check(model)) continue
      command.run(model, stage)
      yield* stage.act
    }
    const done = yield* Effect.timeoutOption(model.life.drained, Duration.hours(1))
    assert.isTrue(Option.isSome(done), "it never drained")
    yield* model.life.stop
    return arrivals
  })
  return playVirtual(program)
}
