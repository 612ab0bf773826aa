/** A server that answers a venue's requests as a test says, and keeps what it was sent. Loopback only, closed with the scope. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http"
import { Effect } from "effect"

export interface Seen {
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export type Answering = (seen: Seen, response: ServerResponse) => void

/** Answers with this JSON. */
export const json =
  (value: unknown): Answering =>
  (_, response) => {
    response.setHeader("content-type", "application/json")
    response.end(JSON.stringify(value))
  }

export const venueServer = (answering: Answering) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly url: URL; readonly seen: Array<Seen>; readonly close: () => void }>(
      (resume) => {
        const seen: Array<Seen> = []
        const running = createServer((request, response) => {
          const chunks: Array<Buffer> = []
          request.on("data", (chunk: Buffer) => chunks.push(chunk))
          request.on("end", () => {
            const { headers, method = "", url = "" } = request
            const each = { method, url, headers, body: Buffer.concat(chunks).toString() }
            seen.push(each)
            answering(each, response)
          })
        })
        running.listen(0, "127.0.0.1", () => {
          const address = running.address()
          const port = typeof address === "object" && address !== null ? address.port : 0
          const close = () => {
            running.close()
            running.closeAllConnections()
          }
          resume(Effect.succeed({ url: new URL(`http://127.0.0.1:${port}`), seen, close }))
        })
      },
    ),
    ({ close }) => Effect.sync(close),
  )
