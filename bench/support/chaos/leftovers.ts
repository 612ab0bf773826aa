/** What a chaos run has left behind on this machine: processes, sockets and files. Linux, where /proc tells; elsewhere it finds none. */
import { readdirSync, readFileSync } from "node:fs"
import { Option } from "effect"

const read = Option.liftThrowable((path: string) => readFileSync(path, "latin1"))
const list = Option.liftThrowable((path: string): ReadonlyArray<string> =>
  readdirSync(path, { recursive: true, encoding: "utf8" }),
)
const processes = Option.liftThrowable((): ReadonlyArray<string> => readdirSync("/proc"))

/** Process ids whose command lines name `directory`. */
export const processesNaming = (directory: string): ReadonlyArray<string> =>
  Option.getOrElse(processes(), (): ReadonlyArray<string> => []).filter(
    (name) =>
      /^\d+$/.test(name) && Option.exists(read(`/proc/${name}/cmdline`), (line) => line.includes(directory)),
  )

/** Established connections or listeners on a port: what is only remembered by the kernel (TIME_WAIT) is none. */
export const socketsOn = (port: number): number => {
  const hex = port.toString(16).toUpperCase().padStart(4, "0")
  const lines = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((path) =>
    Option.match(read(path), { onNone: () => [], onSome: (text) => text.split("\n") }),
  )
  return lines.filter((line) => {
    const [, local = "", remote = "", state = ""] = line.trim().split(/\s+/)
    return (local.endsWith(`:${hex}`) || remote.endsWith(`:${hex}`)) && ["01", "0A"].includes(state)
  }).length
}

/** Files in `directory` that are none of the `expected`. */
export const strangeFiles = (directory: string, expected: RegExp): ReadonlyArray<string> =>
  Option.getOrElse(list(directory), (): ReadonlyArray<string> => []).filter((name) => !expected.test(name))
