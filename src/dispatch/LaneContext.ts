import type { Cause, Scope } from "effect"
import type { DispatchLog } from "../domain/DispatchEvent.ts"
import type { countedOf } from "../limits/scopedLimits.ts"
import type { Others } from "../limits/JoinedLimits.ts"
import type { LiveReach } from "../limits/LiveReach.ts"
import type { ExchangeClient } from "../venues/ExchangeClient.ts"
import type { Circuit } from "./Circuit.ts"
import type { HealthPolicy } from "./KeyHealth.ts"
import type { Ledger } from "./Ledger.ts"
import type { OrderLine } from "./OrderLine.ts"
import type { Pinger } from "./Pinger.ts"
import type { Said } from "./Refusals.ts"
import type { DispatchFailure } from "./SubmitFailure.ts"
import type { Watchdog } from "./Watchdog.ts"

/** What lanes and their requests share with their dispatcher. */
export interface LaneContext extends HealthPolicy {
  readonly line: OrderLine
  /** What is told of an order that limits count. */
  readonly counted: ReturnType<typeof countedOf>
  readonly ledger: Ledger
  readonly log: DispatchLog
  readonly client: ExchangeClient["Service"]
  /** One for all lanes: what one of them learns of the exchange's health holds for all. */
  readonly circuit: Circuit
  /** Requests live here: they outlast the lane, which may end while they are under way. */
  readonly requests: Scope.Scope
  readonly watchdog: Watchdog
  /** Times an order goes back to the line after a definite refusal. */
  readonly maxReturns: number
  readonly pinger: Pinger
  readonly reach: LiveReach
  /** No order goes back to the line any more. */
  readonly isStopping: () => boolean
  /** The exchange refused an order for what may hold for all of them; and it accepted one. */
  readonly onRefusal: (said: Said, key: string) => void
  readonly onAccepted: () => void
  /** The exchange has counted what is somebody else's. */
  readonly onOthers: (others: Others, atMs: number) => void
  /** The key leaves service; the lane has stopped sending. */
  readonly onRetired: () => void
  /** Why what comes back is not sent any more. */
  readonly whyCancelled: () => Cause.Cause<DispatchFailure> | "stopped"
  /** Something died that must not. */
  readonly onDefect: (cause: Cause.Cause<never>) => void
}
