/** An exchange that accepts everything, and says the id of each order as it comes in. */
import { createServer } from "node:net"
import process from "node:process"

createServer((socket) => {
  let text = ""
  socket.on("error", () => {})
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    text += chunk
    for (let end = text.indexOf("\r\n\r\n"); end >= 0; end = text.indexOf("\r\n\r\n")) {
      const id = /[?&]req_id=([^& ]*)/.exec(text.slice(0, end))?.[1] ?? ""
      text = text.slice(end + 4)
      process.stdout.write(`${id}\n`)
      const body = JSON.stringify({ status: "OK", req_id: id })
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
    }
  })
}).listen(7000, "10.9.0.2", () => process.stdout.write("listening\n"))
