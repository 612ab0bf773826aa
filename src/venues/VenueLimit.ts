/** A venue's limit as data: how it counts, what a request costs, and who says so. */
import type { LimitSpec } from "../domain/LimitSpec.ts"

/** What a request asks for. An order's `action` says it; `place` where it says nothing. */
export type Action = "place" | "cancel"

export interface VenueLimit {
  /** Of the venue's limits, this one. */
  readonly name: string
  /** The rule that is safe for it, its numbers and its scope. */
  readonly limit: LimitSpec
  /** What a request costs: 1 unless said, 0 where it is not counted. The most, where it depends on what is not known. */
  readonly costs?: Partial<Readonly<Record<Action, number>>>
  /** What the venue drops for being late ({@link Venue.expiryMs}) is not counted: so the expiry bounds when requests count. */
  readonly dropsLate?: boolean
  /** What an excess is answered with. */
  readonly excess: string
  /** Where the venue says so. */
  readonly source: string
  /** When that was read, as 2026-11. */
  readonly read: string
  /** What the source leaves open, and what is assumed instead. */
  readonly unknown?: string
}

/** What an action costs of a limit. */
export const costOf = ({ costs }: VenueLimit, action: Action): number => costs?.[action] ?? 1
