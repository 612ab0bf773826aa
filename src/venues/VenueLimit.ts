/** A venue's limit as data: how it counts, and who says so. */
import type { LimitSpec } from "../domain/LimitSpec.ts"

export interface VenueLimit {
  /** Of the venue's limits, this one. */
  readonly name: string
  /** The rule that is safe for it, its numbers, its scope, and what actions cost. */
  readonly limit: LimitSpec
  /** What an excess is answered with. */
  readonly excess: string
  /** Where the venue says so. */
  readonly source: string
  /** When that was read, as 2026-11. */
  readonly read: string
  /** What the source leaves open, and what is assumed instead. */
  readonly unknown?: string
}
