/** The exercise's limit, as venues have them. */
import type { VenueLimit } from "../VenueLimit.ts"
import { exerciseRules } from "./exercise.ts"

export const exerciseLimits: ReadonlyArray<VenueLimit> = [
  {
    name: "requests",
    limit: { rule: "log", limit: exerciseRules.limit, windowMs: exerciseRules.windowMs, scope: "key" },
    excess: "429; the tenth blocks the key",
    source: "docs/protocol.md",
    read: "2026-11",
  },
]
