/** The dispatcher as programs use it: submit, interrupt, offer, wait, stop and restart, in any order. */
import { assert, describe, it } from "vitest"
import { alwaysTakesOffers, deafToInterruption } from "./broken/dispatchers.ts"
import { catches, holds, RUNS, SEED } from "./support/law.ts"
import { playSession, type Session, sessions, type SessionVariant } from "./support/session/session.ts"

const trying = (variant: SessionVariant) => async (session: Session) => {
  for (const { id, verdict } of await playSession(session, variant)) {
    assert.strictEqual(verdict, "accepted", `order ${id}`)
  }
}

describe(`sessions (seed ${SEED}, ${RUNS} a law)`, () => {
  const law = "every caller is told the truth, whatever it does, and nothing is refused"
  const broken: Readonly<Record<string, SessionVariant>> = {
    "a dispatcher that is deaf to interruption": { make: deafToInterruption },
    "a dispatcher that claims to have taken what it has not": { make: alwaysTakesOffers },
    "a restart that does not wait for a window": { pauseMs: 0 },
  }
  it(law, () => holds(sessions, trying({})))
  for (const [name, variant] of Object.entries(broken)) {
    it(`${law}: catches ${name}`, () => catches(sessions, trying(variant)))
  }
})
