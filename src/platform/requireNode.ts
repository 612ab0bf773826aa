/**
 * Imported first by the library: on a Node that is too old, whatever it needs next fails with an error that says nothing.
 */
import process from "node:process"
import { LIBRARY_NODE, loadsLibrary, REQUIRED_NODE_MAJOR } from "./nodeVersion.ts"

if (!loadsLibrary(process.versions.node)) {
  throw new Error(
    `paceline: needs Node ${LIBRARY_NODE} or newer, this is ${process.versions.node}; install Node ${REQUIRED_NODE_MAJOR} from nodejs.org`,
  )
}
