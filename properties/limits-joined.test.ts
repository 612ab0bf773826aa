/** Laws of several limits at once, with scopes, that keys share: see src/limits/JoinedLimits.ts. */
import { assert, describe } from "vitest"
import { foundJoined } from "./support/found.ts"
import { tryLaw } from "./support/law.ts"
import {
  crowdedWorlds,
  joinedWorlds,
  type JoinedVariant,
  type JoinedWorld,
  limitsOf,
  playJoined,
} from "./support/limits/joined.ts"

/** Takes the first order that has room, whoever waits before it. */
const taking: JoinedVariant = { eachByItself: true }
const knowingOne: JoinedVariant = { limits: (world) => limitsOf(world).slice(0, 1) }
/** As if each key had every limit for itself. */
const bound: JoinedVariant = {
  limits: (world) => limitsOf(world).map((limit) => ({ ...limit, keyScopeOf: (key) => key })),
}
/** Forgets whatever nobody is held in. */
const forgetting: JoinedVariant = {
  limits: (world) =>
    limitsOf(world).map((limit) => ({
      ...limit,
      make: () => Object.assign(limit.make(), { isIdle: () => true }),
    })),
}

/** None of the world's orders ends so. */
const none =
  (how: "refused" | "overtaken" | "starved") =>
  async (world: JoinedWorld, variant: JoinedVariant | undefined): Promise<void> => {
    assert.equal(playJoined(world, variant)[how], 0)
  }

describe("joined limits", () => {
  tryLaw({
    law: "are none of them exceeded, in no scope, whatever the delays",
    worlds: joinedWorlds,
    scenarios: 500,
    check: async (world: JoinedWorld, variant: JoinedVariant | undefined) => {
      const { refused, sent } = playJoined(world, variant)
      assert.deepEqual({ refused, sent }, { refused: 0, sent: world.orders.length })
    },
    broken: {
      "one that knows one of them": knowingOne,
      "each key for itself": bound,
      "send times": { bySendTime: true },
    },
  })

  tryLaw({
    law: "are not exceeded where scopes are forgotten",
    worlds: crowdedWorlds,
    check: none("refused"),
    broken: { "forgetting what still counts": forgetting },
  })

  tryLaw({
    law: "let nobody overtake who needs the same",
    worlds: joinedWorlds,
    found: foundJoined,
    scenarios: 500,
    check: none("overtaken"),
    broken: { "whoever has room": taking },
  })

  tryLaw({
    law: "starve nobody",
    worlds: joinedWorlds,
    scenarios: 500,
    check: none("starved"),
    broken: { "whoever has room": taking },
  })
})
