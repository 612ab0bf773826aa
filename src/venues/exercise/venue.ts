/** The exercise as a venue. */
import { Redacted } from "effect"
import { SecretAlone } from "../credentials.ts"
import type { Venue } from "../Venue.ts"
import { pathBuilder } from "./address.ts"
import { answersPing, meaningOf } from "./answer.ts"
import { exerciseLimits } from "./limits.ts"

/** What a ping asks with: no exchange knows this key, so it is refused before anything is counted. */
const PING_SECRET = "paceline-ping"

export const exercise: Venue = {
  name: "exercise",
  url: undefined,
  credentials: SecretAlone,
  nonces: "rising",
  isLive: true,
  limits: exerciseLimits,
  problemOf: () => undefined,
  at: (url) => {
    const pathOf = pathBuilder(url)
    return {
      orderOf: ({ id, params }, { secret }, { nonce }) => ({
        method: "GET",
        path: pathOf({ id, secret: Redacted.value(secret), nonce, params }),
      }),
      // One that takes any key for its own sees no id and no nonce twice.
      pingOf: (wallMs) => ({
        method: "GET",
        path: pathOf({ id: `ping-${wallMs}`, secret: PING_SECRET, nonce: String(wallMs) }),
      }),
    }
  },
  read: ({ body, status }, { id }) => ({ meaning: meaningOf(id, status, body) }),
  // Refusals carry no order's id.
  isAnonymous: ({ status }) => status >= 400 && status < 500,
  answersPing: ({ body, status }) => answersPing(status, body),
}
