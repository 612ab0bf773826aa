/** What `JSON.parse` alone takes, over all lines of a journal: a program of its own. */
import process from "node:process"
import { eachLine } from "./lines.ts"

let lines = 0
let objects = 0
eachLine(process.argv[2] ?? "", (line) => {
  const record: unknown = JSON.parse(line)
  lines += 1
  // Looked at, so that the parsing cannot be left out.
  if (typeof record === "object") objects += 1
})
process.stdout.write(`${JSON.stringify({ lines, objects })}\n`)
