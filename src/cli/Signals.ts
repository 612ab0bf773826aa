/**
 * Which signals stop the program, and what a further one means.
 *
 * The first interrupts the main fiber: a command that has something to bring to an end does so where it is
 * interrupted (`Effect.onInterrupt`, finalizers, the closing of its scope), and the program ends, by the same signal, when all of
 * that is done. A second one, by someone who does not want to wait for that, ends the program at once.
 *
 * A terminal's Ctrl-C reaches this process twice where another one handed over to it (see `platform/handOver.ts`),
 * so what follows quickly on the first signal counts as the same.
 */
/** Signals that stop the program. SIGHUP is a terminal that was closed. */
export const STOP_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const
export type StopSignal = (typeof STOP_SIGNALS)[number]

/** Two signals within this time, in milliseconds, are one. */
export const SAME_SIGNAL_MS = 500

/** The first signal that arrived, and when, in milliseconds of monotonic time. */
export interface Stop {
  readonly signal: StopSignal
  readonly atMs: number
}

/** What a signal that arrives at `nowMs` asks for, `first` being the one before it, if there was one. */
export const decide = (first: Stop | undefined, nowMs: number): "stop" | "nothing" | "exit" => {
  if (first === undefined) return "stop"
  return nowMs - first.atMs < SAME_SIGNAL_MS ? "nothing" : "exit"
}
