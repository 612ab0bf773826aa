/** What a run tells while it is under way. What it looks like is the command's business. */
import { Context, type Duration } from "effect"
import type { Outage } from "../dispatch/Circuit.ts"
import type { DispatchSnapshot } from "../dispatch/Dispatcher.ts"
import type { DispatchEvent } from "../domain/DispatchEvent.ts"
import type { ClaimedKeys } from "../keys/claimKeys.ts"
import type { BadLine } from "./sources/NdjsonSource.ts"

export type RunNews =
  | {
      readonly type: "starting"
      /** Where orders go, fit to be shown. */
      readonly exchange: string
      /** The journal's file. */
      readonly journal: string
      /** What the run knows of its keys from former runs, and where that is kept; undefined where nothing is kept. */
      readonly memory:
        (Pick<ClaimedKeys, "remembered" | "inUse"> & { readonly directory: string }) | undefined
    }
  | { readonly type: "event"; readonly event: DispatchEvent }
  /** What the run is doing, at a monotonic time. */
  | {
      readonly type: "snapshot"
      readonly snapshot: DispatchSnapshot
      readonly atMs: number
      readonly sinceStartMs: number
    }
  /** A line of standard input could not be read; the run goes on. */
  | { readonly type: "bad-line"; readonly line: BadLine }
  /** The run is being stopped: no order is taken any more, and what is in flight is awaited. */
  | { readonly type: "stopping" }
  /** The run is over: for so long, in milliseconds, the exchange had asked it to wait; and whether it still wants to be left alone. */
  | { readonly type: "held"; readonly heldMs: number; readonly outage: Outage | undefined }
  /** Nothing more will be told. */
  | { readonly type: "ended" }

export interface RunProgress {
  /** Time between two snapshots; undefined for none. */
  readonly every: Duration.Input | undefined
  /** Takes news at once. */
  readonly tell: (news: RunNews) => void
}

export const RunProgress = Context.Reference<RunProgress>("paceline/run/RunProgress", {
  defaultValue: () => ({ every: undefined, tell: () => {} }),
})
