/** Scenarios that broke a law once. Every law that holds in all worlds tries them first, for ever. */
import type { Scenario } from "./scenario.ts"

export const found: ReadonlyArray<Scenario> = []

/** The same of journals that were tampered with, under the name of the way in which they were. */
export const foundTampered: Readonly<
  Record<
    string,
    ReadonlyArray<{ readonly scenario: Scenario; readonly pick: number; readonly other: number }>
  >
> = {
  // The first request is lost, and answers come in another order than requests: without the second one's record the
  // third is held against the first.
  "a record of a send that is missing": [
    {
      scenario: {
        gate: { name: "ack-window" },
        keys: 1,
        limit: 3,
        windowMs: 100,
        boundMs: 55,
        ttlMs: undefined,
        requestTimeoutMs: 500,
        agesMs: [0],
        gaps: [0, 0, 0, 0, 0, 0, 0, 0, 0],
        journeys: [
          { incomingMs: 0, outgoingMs: 0, writeMs: 0, fate: { brokenAfterMs: 56 } },
          { incomingMs: 11, outgoingMs: 44, writeMs: 0 },
          { incomingMs: 0, outgoingMs: 0, writeMs: 0 },
        ],
        stalls: [],
        longestIncomingMs: 50,
        keyLosses: [],
        earlyMs: 0,
        steps: [],
        stopAtMs: undefined,
      },
      pick: 10,
      other: 0,
    },
  ],
}
