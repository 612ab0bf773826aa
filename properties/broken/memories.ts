/** Memories as everyday clients have them, where they have any. Each is wrong, and a law must say so. */
import type { KeyMemory } from "../../src/keys/KeyMemory.ts"

/** Begins to send at once, whatever a former life has sent. */
export const impatient = (memory: KeyMemory): KeyMemory => ({
  ...memory,
  quietUntilMs: Number.NEGATIVE_INFINITY,
})

/** Trusts the wall clock to have gone on since the former life. */
export const trustsTheWallClock = (memory: KeyMemory): KeyMemory => ({
  ...memory,
  lastNonce: 0,
  reservedNonce: () => Number.POSITIVE_INFINITY,
})

/** Sends on whether or not it is written down that requests may leave at this time. */
export const sendsWithoutLease = (memory: KeyMemory): KeyMemory => ({
  ...memory,
  reservedNonce: () => Number.POSITIVE_INFINITY,
})

/** Forgets at once what was answered, as if the exchange did too. */
export const forgetsTheAnswered = (memory: KeyMemory): KeyMemory => ({
  ...memory,
  onEnded: (request) => {
    const end =
      request.end?.ending === "answered" ? ({ ...request.end, ending: "never-sent" } as const) : request.end
    memory.onEnded({ ...request, end })
  },
})

/** Takes every permit for free, whatever former lives have sent. */
export const takesAllForFree = (memory: KeyMemory): KeyMemory => ({ ...memory, outUntilMs: [] })

/** Waits for the last of former lives' requests to leave the window, however many permits are free. */
export const waitsForTheLast = (memory: KeyMemory): KeyMemory => ({
  ...memory,
  quietUntilMs: memory.outUntilMs.at(-1) ?? memory.quietUntilMs,
})

/** Knows nothing of limits. */
export const forgetsCosts = (memory: KeyMemory): KeyMemory => ({ ...memory, formerCosts: [] })

/** Counts nothing of what it sends in any limit. */
export const countsNothing = (memory: KeyMemory): KeyMemory => ({
  ...memory,
  onSent: (nonce) => {
    memory.onSent(nonce)
  },
})

/** Knows what was answered, and takes what was on its way, or was sent since it was written down, for nothing. */
export const forgetsTheOpen = (memory: KeyMemory): KeyMemory => ({
  ...memory,
  formerCosts: memory.formerCosts.filter(({ latestMs }) => latestMs !== undefined),
})

/** Knows what counts in all scopes, and nothing of those that an order's field has for itself. */
export const forgetsFields = (memory: KeyMemory): KeyMemory => ({
  ...memory,
  formerCosts: memory.formerCosts.filter(({ scope }) => scope === ""),
})

/** Sends on as long as it has a lease, however much of a limit is written ahead. */
export const coversEverything = (memory: KeyMemory): KeyMemory => ({
  ...memory,
  reservedNonce: () =>
    Number.isFinite(memory.reservedNonce()) ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY,
})
