/**
 * An exchange that accepts everything over TLS, with a certificate that nobody has a reason to trust. Its private key
 * is in the fixtures: it protects nothing.
 */
import { readFileSync } from "node:fs"
import { createServer } from "node:https"
import { fileURLToPath } from "node:url"
import { Effect } from "effect"

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url))

/** The certificate's file, for those who choose to trust it. */
export const CERTIFICATE = fixture("self-signed.cert.pem")

/** What a server needs to show it. */
export const certificate = () => ({
  cert: readFileSync(CERTIFICATE),
  key: readFileSync(fixture("self-signed.key.pem")),
})

/** Starts it on a free loopback port; it closes with the scope. */
export const tlsServer = Effect.acquireRelease(
  Effect.callback<{ readonly url: URL; readonly requests: () => number; readonly close: () => void }>(
    (resume) => {
      let requests = 0
      const server = createServer(certificate(), (request, response) => {
        requests += 1
        const id = new URL(request.url ?? "/", "https://localhost").searchParams.get("req_id")
        response.writeHead(200, { "content-type": "application/json" })
        response.end(JSON.stringify({ status: "OK", req_id: id }))
      })
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        resume(
          Effect.succeed({
            url: new URL(`https://127.0.0.1:${port}/api/request`),
            requests: () => requests,
            close: () => {
              server.close()
              server.closeAllConnections()
            },
          }),
        )
      })
    },
  ),
  ({ close }) => Effect.sync(close),
)
