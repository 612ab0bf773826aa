/** Connections of a machine that slept. On real loopback ports; only the clock is the test's. */
import { expect, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import { countingSleep } from "../../src/platform/BootTime.ts"
import { makeClient } from "../support/httpClient.ts"
import { accept, hostileServer } from "../support/hostileServer.ts"

it.live.each([
  ["is used again after a second's sleep", 1000, 1],
  ["is not used again after a sleep of hours: whoever is on the way may have forgotten it", 8 * 3_600_000, 2],
] as const)("a free connection %s", ([, sleptMs, connections]) =>
  Effect.gen(function* () {
    let slept = 0
    const machine = yield* Clock.Clock
    // The wall clock jumps as the machine wakes.
    const woken: Clock.Clock = {
      currentTimeMillis: machine.currentTimeMillis,
      currentTimeNanosUnsafe: () => machine.currentTimeNanosUnsafe(),
      currentTimeNanos: machine.currentTimeNanos,
      monotonicTimeNanos: machine.monotonicTimeNanos,
      monotonicTimeNanosUnsafe: () => machine.monotonicTimeNanosUnsafe(),
      currentTimeMillisUnsafe: () => machine.currentTimeMillisUnsafe() + slept,
      sleep: (duration) => machine.sleep(duration),
    }
    const clock = countingSleep(woken, () => ({ atLeastMs: slept, atMostMs: slept }))
    const server = yield* hostileServer(accept)
    const sending = Effect.gen(function* () {
      const send = yield* makeClient(server.url)
      expect((yield* send("1")).tag).toBe("accepted")
      slept = sleptMs
      expect((yield* send("2")).tag).toBe("accepted")
      expect(server.connections()).toBe(connections)
    })
    yield* Effect.provideService(sending, Clock.Clock, clock)
  }),
)
