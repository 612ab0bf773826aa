/** The other end of `handOver.ts`: notices when the process that handed over is gone. */
import process from "node:process"

/**
 * Calls `onGone` once when the process that handed over has ended, however it ended: its end of the channel is
 * closed by the system. Watching does not keep this process alive.
 */
export const watchParent = (onGone: () => void): void => {
  if (process.channel === undefined || process.channel === null) {
    onGone()
    return
  }
  process.once("disconnect", onGone)
  process.channel.unref()
}
