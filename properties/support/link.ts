/**
 * Worlds in which the link between a client and its exchange drops everything for a while, over real sockets. Kernels keep what
 * was written to an open connection, and to one that was closed in an orderly way, and deliver it some time after the link is
 * well again; what was reset they forget.
 */
import { connect, createServer, type Socket } from "node:net"
import { Context, Duration, Effect, Layer, Redacted } from "effect"
import * as fc from "fast-check"
import { Dispatcher } from "../../src/dispatch/Dispatcher.ts"
import { layerHttp } from "../../src/dispatch/HttpDispatcher.ts"
import { unknownKey } from "../../src/exchange/ExchangeAnswer.ts"
import type { Arrival } from "../../src/simulation/SimulatedExchange.ts"
import { accept, answerText, hostileServer } from "../../test/support/hostileServer.ts"

export interface LinkOutage {
  readonly keys: number
  readonly limit: number
  readonly windowMs: number
  readonly gapMs: number
  readonly requestTimeoutMs: number
  readonly answerAfterMs: number
  /** From the start. */
  readonly fromMs: number
  readonly forMs: number
  /** How long after the outage the kernels try again, by connection. */
  readonly retriesAfterMs: ReadonlyArray<number>
}

const ms = (min: number, max: number) => fc.integer({ min, max })
export const linkOutages: fc.Arbitrary<LinkOutage> = fc.record({
  keys: ms(1, 3),
  limit: ms(1, 5),
  windowMs: ms(50, 200),
  gapMs: ms(2, 15),
  requestTimeoutMs: ms(80, 250),
  answerAfterMs: ms(0, 60),
  fromMs: ms(0, 200),
  forMs: ms(20, 600),
  retriesAfterMs: fc.array(ms(0, 500), { minLength: 1, maxLength: 8 }),
})

/** Passes on what `from` says, at once or when the link is well again; nothing of what was reset. */
const passOn = (from: Socket, to: Socket, wait: (run: () => void) => void): void => {
  let isReset = false
  const later = (run: () => void) =>
    wait(() => {
      if (!isReset && !to.destroyed) run()
    })
  from.on("data", (chunk) => later(() => to.write(chunk)))
  from.on("end", () => later(() => to.end()))
  from.on("error", () => {
    isReset = true
    wait(() => to.destroy())
  })
}

/** A link to this port, which is out from now on as the world says. Answers the port of its near end. */
const openLink = (to: number, { forMs, fromMs, retriesAfterMs }: LinkOutage) => {
  const startMs = performance.now()
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ port: to, host: "127.0.0.1", allowHalfOpen: true })
    for (const socket of [near, far]) {
      sockets.add(socket.setNoDelay(true))
      socket.on("close", () => sockets.delete(socket))
    }
    const retryMs = fromMs + forMs + (retriesAfterMs[connections++ % retriesAfterMs.length] ?? 0)
    let goesOnMs = 0
    const wait = (run: () => void): void => {
      const nowMs = performance.now() - startMs
      if (nowMs >= fromMs && nowMs < fromMs + forMs) goesOnMs = retryMs
      // What follows on the same connection stays behind what waits.
      if (nowMs >= goesOnMs) run()
      else setTimeout(run, goesOnMs - nowMs)
    }
    passOn(near, far, wait)
    passOn(far, near, wait)
  })
  return Effect.acquireRelease(
    Effect.callback<number>((resume) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resume(Effect.succeed(address !== null && typeof address === "object" ? address.port : 0))
      })
    }),
    () =>
      Effect.sync(() => {
        server.close()
        for (const socket of sockets) socket.destroy()
      }),
  )
}

/** Until what was given up is asked for by a ping, and a while more. */
const AFTER_MS = 1000

/** Plays it, and answers what came in at the exchange of its keys, in its order. Pings come by a key that is none of them. */
export const playLinkOutage = (world: LinkOutage): Promise<ReadonlyArray<Arrival>> =>
  Effect.gen(function* () {
    const keys = Array.from({ length: world.keys }, (_, n) => `key-${n + 1}`)
    const arrivals: Array<Arrival> = []
    const server = yield* hostileServer((socket, incoming) => {
      const key = incoming.query.get("api_key") ?? ""
      if (!keys.includes(key)) return void socket.write(answerText(unknownKey.status, unknownKey.body))
      const nonce = Number(incoming.query.get("nonce"))
      arrivals.push({ key, id: incoming.id, nonce, atMs: performance.now(), ruling: "accepted" })
      setTimeout(() => accept(socket, incoming), world.answerAfterMs)
    })
    const port = yield* openLink(Number(server.url.port), world)
    const context = yield* Layer.build(
      layerHttp({
        url: new URL(`http://127.0.0.1:${port}/`),
        keys: keys.map((label) => ({ label, secret: Redacted.make(label) })),
        limit: world.limit,
        window: Duration.millis(world.windowMs),
        requestTimeout: Duration.millis(world.requestTimeoutMs),
        ttl: Duration.millis(500),
      }),
    )
    const dispatcher = Context.get(context, Dispatcher)
    const endMs = performance.now() + world.fromMs + world.forMs + AFTER_MS
    for (let n = 0; performance.now() < endMs; n++) {
      yield* dispatcher.offer({ id: String(n) })
      yield* Effect.sleep(Duration.millis(world.gapMs))
    }
    return arrivals
  }).pipe(Effect.scoped, Effect.runPromise)
