/** Ends this process by a signal. Loads on Node 20. */
import { constants } from "node:os"
import process from "node:process"

/** So long a process may outlive its signal: the first one of a container does, where nobody made it end by it. */
const OUTLIVED_MS = 100

/**
 * Ends this process by `signal` itself, and not only with a status that looks like it: a shell stops its loop when a program
 * died of Ctrl-C, and goes on when it merely exited. Where the system does not let the process die of it, it exits with the status
 * that a shell shows for it, 128 and the signal's number.
 */
export const endBySignal = (signal: NodeJS.Signals): void => {
  const status = 128 + constants.signals[signal]
  process.removeAllListeners(signal)
  process.exitCode = status
  process.kill(process.pid, signal)
  setTimeout(() => process.exit(status), OUTLIVED_MS)
}
