/** How an answer that never comes whole is played on its connection, past the platform's HTTP server. */
import type { Socket } from "node:net"
import { Effect } from "effect"
import type { ExchangeAnswer } from "../ExchangeAnswer.ts"
import { shortOf, someOf } from "./wrongAnswer.ts"

/** What happens to a connection instead of an answer. */
export type Cut =
  | { readonly type: "silence" }
  | { readonly type: "close" }
  /** Reset after a share, from 0 up to 1, of the answer. */
  | { readonly type: "reset"; readonly answer: ExchangeAnswer; readonly share: number }
  | { readonly type: "truncated"; readonly answer: ExchangeAnswer; readonly share: number }

const act = (socket: Socket, cut: Cut): void => {
  switch (cut.type) {
    case "silence":
      return
    case "close":
      return socket.destroySoon()
    case "reset":
      // What was written must leave before the reset, which throws away what waits.
      socket.write(someOf(cut.answer, cut.share), () => setImmediate(() => socket.resetAndDestroy()))
      return
    case "truncated":
      socket.write(shortOf(cut.answer, cut.share))
      return socket.destroySoon()
  }
}

/** Plays it, and waits until the connection is no more: by then the client has given up, or was cut off. */
export const playCut = (socket: Socket, cut: Cut): Effect.Effect<void> =>
  Effect.callback((resume) => {
    if (socket.destroyed) return resume(Effect.void)
    socket.once("close", () => resume(Effect.void))
    act(socket, cut)
  })
