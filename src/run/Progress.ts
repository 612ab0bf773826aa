/**
 * What a run tells while it runs. What it looks like is the command's business.
 */
import type { Effect } from "effect"
import type { DispatchSnapshot } from "../dispatch/Dispatcher.ts"
import type { DispatchEvent } from "../domain/DispatchEvent.ts"
import type { BadLine } from "./sources/NdjsonSource.ts"
import type { Remembered } from "../keys/claimKeys.ts"

export interface ProgressSink {
  /** The run begins; `exchange` says where orders go, fit to be shown. */
  readonly starting: (exchange: string) => Effect.Effect<void>
  /** What the run knows of its keys from former runs, and where that is kept. Not told where nothing is kept. */
  readonly remembered: (directory: string, keys: ReadonlyArray<Remembered>) => Effect.Effect<void>
  /** Every event, at once. */
  readonly record: (event: DispatchEvent) => void
  /** A line of standard input could not be read; the run goes on. */
  readonly badLine: (bad: BadLine) => Effect.Effect<void>
  /**
   * Shows the run until it is interrupted. `stopping` ends once the run is being stopped: no order is taken any
   * more, and what is in flight is awaited.
   */
  readonly show: (
    snapshot: Effect.Effect<DispatchSnapshot>,
    stopping: Effect.Effect<void>,
  ) => Effect.Effect<void>
  /** Nothing more will be shown. */
  readonly ended: Effect.Effect<void>
}
