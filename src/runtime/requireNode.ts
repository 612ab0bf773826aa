/**
 * Imported first by the library: on a Node that is too old, whatever it needs next fails with an error that says nothing.
 */
import process from "node:process"

/** The oldest Node on which Effect's HTTP client loads, as major and minor version. */
const [MAJOR, MINOR] = [22, 19]

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
if (major < MAJOR || (major === MAJOR && minor < MINOR)) {
  throw new Error(
    `paceline: needs Node ${MAJOR}.${MINOR} or newer, this is ${process.versions.node}; install Node 24 from nodejs.org`,
  )
}
