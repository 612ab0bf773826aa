/** The law of what is given up, over real sockets: no kernel delivers it later. */
import { Socket } from "node:net"
import * as fc from "fast-check"
import { assert, describe, vi } from "vitest"
import { RUNS, SEED, tryLaw } from "./support/law.ts"
import { noncesArriveRising, windowIsKept } from "./support/laws.ts"
import { type LinkOutage, linkOutages, playLinkOutage } from "./support/link.ts"

/** Closes connections in an orderly way, as most clients do, in place of resetting them. */
const endInsteadOfReset = () =>
  vi.spyOn(Socket.prototype, "resetAndDestroy").mockImplementation(function (this: Socket) {
    return this.destroy()
  })

describe(`after an outage of the link (seed ${SEED}, ${RUNS} a law)`, () => {
  tryLaw<ReadonlyArray<LinkOutage>, typeof endInsteadOfReset>({
    law: "no window is exceeded, no nonce overtaken and no order sent twice by what was given up in it",
    // Most of it is waiting: so many are played at once.
    worlds: fc.array(linkOutages, { minLength: 1, maxLength: 12 }),
    check: async (outages, variant) => {
      const broken = variant?.()
      try {
        const played = await Promise.all(outages.map(playLinkOutage))
        outages.forEach((outage, n) => {
          const arrivals = played[n] ?? []
          windowIsKept(outage, { arrivals })
          noncesArriveRising(outage, { arrivals })
          const ids = arrivals.map(({ id }) => id)
          assert.strictEqual(new Set(ids).size, ids.length, "an order came twice")
        })
      } finally {
        broken?.mockRestore()
      }
    },
    broken: { "connections that end where they should be reset": endInsteadOfReset },
    scenarios: 10,
  })
})
