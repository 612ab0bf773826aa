/** An exchange that accepts whatever it reads, at once: it prints its port, and runs until its standard input ends. */
import { createServer } from "node:net"
import process from "node:process"

const server = createServer((socket) => {
  let text = ""
  socket.setNoDelay(true)
  socket.on("error", () => socket.destroy())
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    text += chunk
    for (let end = text.indexOf("\r\n\r\n"); end >= 0; end = text.indexOf("\r\n\r\n")) {
      const id = /[?&]req_id=([^& ]*)/.exec(text.slice(0, end))?.[1] ?? ""
      text = text.slice(end + 4)
      const body = `{"status":"OK","req_id":"${id}"}`
      const head = `content-type: application/json\r\ncontent-length: ${body.length}`
      socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n${body}`)
    }
  })
})
server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  process.stdout.write(`${typeof address === "object" ? address?.port : ""}\n`)
})
process.stdin.on("end", () => process.exit()).resume()
