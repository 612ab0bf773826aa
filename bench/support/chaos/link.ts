/**
 * The link between clients and an exchange, as a proxy. While it is out it holds all bytes; then it goes on with them, also with
 * those whose client is gone by then, or resets everything. It says things that nobody asked: a second answer, some
 * milliseconds after the first.
 */
import { connect, createServer, type Socket } from "node:net"
import { Effect, type Random } from "effect"
import { answerTo } from "../../../src/exchange/ExchangeAnswer.ts"
import { wholeUpTo } from "../../../src/platform/Random.ts"

/** So many answers are followed by one that nobody asked for. */
const STRAYS = 0.03
const STRAY_WITHIN_MS = 20
/** A client doubts a stray refusal for 50 ms at least: an order whose own answer comes later cannot be told apart. */
const DOUBTED_MS = 40

const answer = (status: string, body: string): string =>
  `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
const REFUSAL = answer("429 Too Many Requests", answerTo("rate-limit", "").body)
const IN_VAIN = answer("408 Request Timeout", "")

/** Where a request names its order: the exercise's and venues'. */
const ORDER_ID = /\b(?:req_id|cl_ord_id|newClientOrderId|client_oid)(?:=|": ?")([^& "]*)/

export interface Link {
  readonly port: number
  /** Holds everything until `restore`. */
  readonly cut: () => void
  /** Goes on with what was held, or resets all connections. */
  readonly restore: (how: "on" | "reset") => void
  readonly strays: () => number
  /** Orders that a stray refusal has met, and whose own answer came too late to tell them apart, or never. */
  readonly unprovable: ReadonlySet<string>
}

const reset = (socket: Socket): void => {
  socket.resetAndDestroy()
}

/** Opens a link to the port that the exchange has by then, until the scope closes. */
export const openLink = (exchangePort: () => number, random: Random.Random) => {
  const sockets = new Set<Socket>()
  const waiting = new Set<Socket>()
  const unprovable = new Set<string>()
  let isOut = false
  let strays = 0

  const keep = (socket: Socket): void => {
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.on("close", () => {
      sockets.delete(socket)
      waiting.delete(socket)
    })
    socket.on("error", () => {})
  }

  const join = (client: Socket): void => {
    const server = connect({ port: exchangePort(), host: "127.0.0.1", allowHalfOpen: true })
    keep(server)
    /** The order that is asked for, and whether a stray refusal may pass for its answer. */
    let asked: string | undefined
    let doubted: string | undefined
    let refusedAtMs = -Infinity
    const doubt = (id: string): void => {
      doubted = id
      setTimeout(() => {
        if (doubted === id) unprovable.add(id)
      }, DOUBTED_MS)
    }
    const stray = (): void => {
      if (client.destroyed || isOut) return
      strays += 1
      const isRefusal = random.nextDoubleUnsafe() < 0.5
      client.write(isRefusal ? REFUSAL : IN_VAIN)
      if (!isRefusal) return
      refusedAtMs = performance.now()
      if (asked !== undefined) doubt(asked)
    }
    client.on("data", (chunk) => {
      // A body may come in a piece of its own.
      asked = ORDER_ID.exec(chunk.toString("latin1"))?.[1] ?? asked
      // They may have crossed.
      if (asked !== undefined && performance.now() - refusedAtMs < STRAY_WITHIN_MS) doubt(asked)
      server.write(chunk)
    })
    server.on("data", (chunk) => {
      client.write(chunk)
      asked = undefined
      doubted = undefined
      if (random.nextDoubleUnsafe() < STRAYS) setTimeout(stray, wholeUpTo(random, STRAY_WITHIN_MS))
    })
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on("end", () => to.end())
      from.on("error", () => {
        reset(to)
      })
    }
  }

  const server = createServer({ allowHalfOpen: true }, (client) => {
    keep(client)
    if (isOut) waiting.add(client)
    else join(client)
  })
  const link = (port: number): Link => ({
    port,
    cut: () => {
      isOut = true
      for (const socket of sockets) socket.pause()
    },
    restore: (how) => {
      isOut = false
      if (how === "reset") for (const socket of sockets) reset(socket)
      else {
        for (const socket of sockets) if (!waiting.has(socket)) socket.resume()
        for (const client of waiting) join(client)
      }
      waiting.clear()
    },
    strays: () => strays,
    unprovable,
  })
  return Effect.acquireRelease(
    Effect.callback<Link>((resume) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resume(Effect.succeed(link(address !== null && typeof address === "object" ? address.port : 0)))
      })
    }),
    () =>
      Effect.callback<void>((resume) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => {
          resume(Effect.void)
        })
      }),
  )
}
