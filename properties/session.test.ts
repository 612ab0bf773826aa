/** The dispatcher as programs use it: submit, interrupt, offer, wait, stop and restart, in any order. */
import { assert, describe } from "vitest"
import { alwaysTakesOffers, deafToInterruption } from "./broken/dispatchers.ts"
import { PROMISE, RUNS, SEED, tryLaw } from "./support/law.ts"
import { playSession, type Session, sessions, type SessionVariant } from "./support/session/session.ts"

describe(`sessions (seed ${SEED}, ${RUNS} a law)`, () => {
  tryLaw<Session, SessionVariant>({
    law: "every caller is told the truth, whatever it does, and nothing is refused",
    worlds: sessions,
    scenarios: PROMISE,
    check: async (session, variant) => {
      for (const { id, ruling } of await playSession(session, variant)) {
        assert.strictEqual(ruling, "accepted", `order ${id}`)
      }
    },
    broken: {
      "a dispatcher that is deaf to interruption": { make: deafToInterruption },
      "a dispatcher that claims to have taken what it has not": { make: alwaysTakesOffers },
      "a restart that does not wait for a window": { pauseMs: 0 },
    },
  })
})
