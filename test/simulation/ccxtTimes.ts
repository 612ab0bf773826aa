/**
 * Prints when requests leave by ccxt's own throttle, in milliseconds, as JSON. Its arguments are the settings of an exchange and
 * the requests, as JSON. A program by itself, because ccxt keeps the clock that it finds as it is loaded.
 */
import process from "node:process"
import { Schema } from "effect"
import { TimeHeap } from "../../src/platform/TimeHeap.ts"

const readSettings = Schema.decodeUnknownSync(
  Schema.fromJsonString(Schema.Record(Schema.String, Schema.Union([Schema.String, Schema.Number]))),
)
const readRequests = Schema.decodeUnknownSync(
  Schema.fromJsonString(Schema.Array(Schema.Struct({ atMs: Schema.Number, cost: Schema.Number }))),
)
const settings = readSettings(process.argv[2])
const requests = readRequests(process.argv[3])

let nowMs = 0
const timers = new TimeHeap<() => void>()
const settle = () => new Promise((resolve) => setImmediate(resolve))
const sleepUntil = (atMs: number) => new Promise<void>((resolve) => timers.add(atMs, resolve))

Date.now = () => nowMs
// As Node's: it takes whole milliseconds, and at least one.
Object.assign(globalThis, {
  setTimeout: (wake: () => void, ms: number) => timers.add(nowMs + Math.max(1, Math.trunc(ms)), wake),
})

const { Exchange } = await import("ccxt")
const exchange = new Exchange(settings)
const leaving = requests.map(async ({ atMs, cost }) => {
  await sleepUntil(atMs)
  await exchange.throttle(cost)
  return nowMs
})
const play = async (): Promise<void> => {
  const due = timers.take()
  if (due === undefined) return
  nowMs = due.atMs
  due.value?.()
  await settle()
  await play()
}
await play()
process.stdout.write(JSON.stringify(await Promise.all(leaving)))
