/** A file's lines, one after the other: nothing but reading them and cutting them apart. */
import { closeSync, openSync, readSync } from "node:fs"
import { StringDecoder } from "node:string_decoder"

const CHUNK_BYTES = 1024 * 1024

export const eachLine = (file: string, take: (line: string) => void): void => {
  const opened = openSync(file, "r")
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES)
  const decoder = new StringDecoder("utf8")
  let torn = ""
  for (let count = readSync(opened, buffer); count > 0; count = readSync(opened, buffer)) {
    const lines = (torn + decoder.write(buffer.subarray(0, count))).split("\n")
    torn = lines.pop() ?? ""
    for (const line of lines) take(line)
  }
  if (torn !== "") take(torn)
  closeSync(opened)
}
