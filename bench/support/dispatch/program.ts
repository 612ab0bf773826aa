/**
 * What is measured: the dispatcher alone, in virtual time, so that nothing is counted but work. Orders come in batches as
 * soon as the line is short: lanes always find one, and none expires. Prints microseconds of CPU an order.
 *
 *     node program.ts ORDERS KEYS
 */
import process from "node:process"
import { Effect, Redacted } from "effect"
import type { Dispatcher } from "../../../src/dispatch/Dispatcher.ts"
import { MadeOrder } from "../../../src/domain/Order.ts"
import { inVirtualTime } from "../../../src/simulation/VirtualTime.ts"
import { dispatcherAlone } from "../dispatcherAlone.ts"

const [orders = 0, keys = 0] = process.argv.slice(2).map(Number)
/** A tenth of a second's orders wait at least, and half a second's come then: together less than a time to live. */
const REFILL_BELOW = 2 * keys
const BATCH = 10 * keys
/** Before it, code is compiled. */
const warmUp = Math.ceil(orders / 4)

const handOver = (dispatcher: Dispatcher["Service"], count: number, from: number) =>
  Effect.gen(function* () {
    for (let n = 0; n < count; n += 1) {
      if (n % BATCH === 0) yield* dispatcher.awaitBelow(REFILL_BELOW)
      yield* dispatcher.enqueue(new MadeOrder(`o-${from + n}`, {}, undefined))
    }
  }).pipe(Effect.orDie)

let before = process.cpuUsage()
const dispatching = dispatcherAlone(
  (dispatcher) =>
    Effect.gen(function* () {
      yield* handOver(dispatcher, warmUp, 0)
      yield* dispatcher.drained
      before = process.cpuUsage()
      yield* handOver(dispatcher, orders, warmUp)
    }),
  Array.from({ length: keys }, (_, n) => ({
    label: `key-${n + 1}`,
    secret: Redacted.make(`secret-${n + 1}`),
  })),
  7,
)
const accepted = await Effect.runPromise(inVirtualTime(dispatching))
const { system, user } = process.cpuUsage(before)
if (accepted < warmUp + orders) throw new Error(`only ${accepted} of ${warmUp + orders} orders were accepted`)
process.stdout.write(`${((user + system) / orders).toFixed(2)}\n`)
