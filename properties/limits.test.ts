/** Laws of the client's limits: the exchange's own counters, which share nothing with them, refuse nothing. */
import { assert, describe } from "vitest"
import { tryLaw } from "./support/law.ts"
import { variants } from "./support/limits/broken.ts"
import { play, type PlayOptions } from "./support/limits/play.ts"
import { allTypes, type RuleType } from "./support/limits/rules.ts"
import { type World, worldsOf } from "./support/limits/worlds.ts"

/** A world that is played has none of these, but for what rounding makes of sums. */
const none =
  (what: "refused" | "starved" | "misses" | "rise" | "foreign", options?: PlayOptions) =>
  async (world: World, variant: PlayOptions | undefined): Promise<void> => {
    assert.isBelow(play(world, variant ?? options)[what], 1e-6)
  }

/** What breaks each rule: it is refused. */
const broken: Readonly<Record<RuleType, Readonly<Record<string, PlayOptions>>>> = {
  log: {
    "send times": variants.bySendTime,
    "no margin": variants.withoutMargin,
    "a takeover that forgets": variants.forgetful,
    "a bucket": variants.bucket,
  },
  opened: {
    "send times": variants.bySendTime,
    "a bucket": variants.bucket,
    "a window on a clock": variants.window,
  },
  bucket: {
    "send times": variants.bySendTime,
    "no margin": variants.withoutMargin,
    "a takeover that forgets": variants.forgetful,
    "requests that each drain by themselves": variants.drainingByItself,
    "a fixed window": variants.window,
  },
  steps: {
    "send times": variants.bySendTime,
    "a takeover that forgets": variants.forgetful,
    "a bucket that drains evenly": variants.evenly,
  },
  fixed: {
    "send times": variants.bySendTime,
    "a takeover that forgets": variants.forgetful,
    "a clock by half of the round trip": variants.guessing,
    "a bucket": variants.bucket,
  },
  counter: {
    "send times": variants.bySendTime,
    "a takeover that forgets": variants.forgetful,
    "a clock by half of the round trip": variants.guessing,
    "a sliding log": variants.log,
    "a bucket": variants.bucket,
  },
}

describe("a limit", () => {
  for (const type of allTypes)
    tryLaw({
      law: `is never exceeded, whatever the delays: ${type}`,
      worlds: worldsOf({ types: [type] }),
      scenarios: 1000,
      check: none("refused"),
      broken: broken[type],
    })

  tryLaw({
    law: "is never exceeded, of several at once",
    worlds: worldsOf({ types: allTypes, most: 3 }),
    scenarios: 500,
    check: none("refused"),
    broken: { "one that knows not all of them": variants.partial },
  })

  tryLaw({
    law: "has a level that does not rise between sends",
    // A clock that grows less certain shows phases that were not looked at before.
    worlds: worldsOf({ types: allTypes, isClockSteady: true }),
    scenarios: 500,
    check: none("rise"),
    broken: { "what counts once it is answered": variants.uponAnswer },
  })

  tryLaw({
    law: "says the earliest moment for the next request",
    worlds: worldsOf({ types: allTypes }),
    scenarios: 500,
    check: none("misses"),
    broken: { "timers that are late": variants.late },
  })

  tryLaw({
    law: "takes nothing of ours for somebody else's, whatever answers report",
    worlds: worldsOf({ types: allTypes }),
    scenarios: 500,
    check: none("foreign", { reports: true }),
    broken: { "a report held against what counts now": variants.readingLate },
  })

  tryLaw({
    law: "leaves room for what an answer shows of somebody else",
    worlds: worldsOf({ types: allTypes, isFirstAnswered: true }),
    scenarios: 500,
    check: none("refused", { reports: true, forgetsFormer: true }),
    broken: { "a client that does not look": variants.unread },
  })

  tryLaw({
    law: "starves nothing",
    worlds: worldsOf({ types: allTypes, most: 2 }),
    scenarios: 500,
    check: none("starved"),
    broken: { "what never left is held for ever": variants.keeping },
  })
})
