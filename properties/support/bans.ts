/**
 * Worlds in which the exchange bans for a time and says until when, while a client lives more than once on the same state,
 * each time with some of its keys. The exchange's own words are kept, to hold against them when something was sent.
 */
import { Clock, Duration, Effect, Exit, Layer, Scope } from "effect"
import * as fc from "fast-check"
import { Boot } from "../../src/keys/Boot.ts"
import { claimKeys } from "../../src/keys/claimKeys.ts"
import { KeyLocks } from "../../src/keys/KeyLocks.ts"
import type { KeyMemory, Recall } from "../../src/keys/KeyMemory.ts"
import { StateFiles } from "../../src/keys/StateFiles.ts"
import { nowMsUnsafe } from "../../src/platform/Monotonic.ts"
import type { Journey } from "../../src/simulation/SimulatedExchange.ts"
import type { ExchangeClient } from "../../src/venues/ExchangeClient.ts"
import { makeKeys, makeRig, order } from "../../test/support/rig.ts"
import { playVirtual } from "../../test/support/virtualTime.ts"
import { lifeDisk } from "./lifeDisk.ts"

/** Times in milliseconds from the start. */
export interface Banning {
  readonly keys: number
  readonly bans: ReadonlyArray<{
    readonly afterMs: number
    readonly forMs: number
    readonly status: number
    readonly form: "seconds" | "date" | "moment"
  }>
  readonly journeys: ReadonlyArray<Journey>
  readonly lives: ReadonlyArray<{
    readonly lastsMs: number
    readonly pauseMs: number
    readonly ends: "crash" | "stop"
    readonly reboots: boolean
    /** Which of the keys it has; all of them where that would be none. */
    readonly uses: ReadonlyArray<boolean>
  }>
  readonly gapMs: number
}

/** Each way. */
const LONGEST_WAY_MS = 50

const delays = fc.record({
  writeMs: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 400 })),
  incomingMs: fc.integer({ min: 0, max: LONGEST_WAY_MS }),
  outgoingMs: fc.integer({ min: 0, max: LONGEST_WAY_MS }),
})

const MOST_KEYS = 4

export const bannings: fc.Arbitrary<Banning> = fc.record({
  keys: fc.integer({ min: 1, max: MOST_KEYS }),
  bans: fc.array(
    fc.record({
      afterMs: fc.integer({ min: 0, max: 3000 }),
      forMs: fc.oneof(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 10_000, max: 7_200_000 })),
      status: fc.constantFrom(418, 429, 403, 400, 503),
      form: fc.constantFrom("seconds" as const, "date" as const, "moment" as const),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  journeys: fc.array(
    fc.oneof(
      { weight: 6, arbitrary: delays },
      // What is lost calls for pings.
      { weight: 1, arbitrary: delays.map((way): Journey => ({ ...way, fate: { brokenAfterMs: 5 } })) },
    ),
    { minLength: 1, maxLength: 8 },
  ),
  lives: fc.array(
    fc.record({
      lastsMs: fc.integer({ min: 100, max: 8000 }),
      pauseMs: fc.integer({ min: 0, max: 2000 }),
      ends: fc.constantFrom("crash" as const, "stop" as const),
      reboots: fc.boolean(),
      uses: fc.array(fc.boolean(), { minLength: MOST_KEYS, maxLength: MOST_KEYS }),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  gapMs: fc.integer({ min: 10, max: 300 }),
})

export interface BanningVariant {
  readonly client?: (client: ExchangeClient["Service"]) => ExchangeClient["Service"]
  /** Asked once for all lives. */
  readonly memory?: () => (memory: KeyMemory, label: string) => KeyMemory
}

/** What the client has heard: from then on nothing may be sent before the end. */
interface Announced {
  readonly heardMs: number
  readonly untilMs: number
}

export interface BanningSeen {
  readonly announced: ReadonlyArray<Announced>
  /** When requests and pings left. */
  readonly left: ReadonlyArray<number>
}

const headerOf = (form: Banning["bans"][number]["form"], untilWallMs: number, wallMs: number): string => {
  if (form === "seconds") return String(Math.ceil((untilWallMs - wallMs) / 1000))
  const second = Math.ceil(untilWallMs / 1000)
  return form === "date" ? new Date(second * 1000).toUTCString() : String(second)
}

/** After all lives one more, until nothing is banned any more. */
const LAST_MS = 30_000

export const playBans = (world: Banning, variant: BanningVariant = {}): Promise<BanningSeen> => {
  const program = Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const bornMs = nowMsUnsafe(clock)
    const elapsed = () => nowMsUnsafe(clock) - bornMs
    const files = new Map<string, string>()
    const announced: Array<Announced> = []
    const left: Array<number> = []
    let endMs = 0
    const bans = world.bans.map((ban) => {
      const fromMs = endMs + ban.afterMs
      endMs = fromMs + ban.forMs
      return { ...ban, fromMs, toMs: endMs }
    })
    /** A journey that begins now: what meets a ban when it arrives is told until when. */
    const meeting = (way: Journey): Journey => {
      const { incomingMs, outgoingMs, writeMs = 0 } = way
      const arrivedMs = elapsed() + writeMs + incomingMs
      const ban = bans.find(({ fromMs, toMs }) => arrivedMs >= fromMs && arrivedMs < toMs)
      if (ban === undefined || way.fate !== undefined) return way
      const wallMs = clock.currentTimeMillisUnsafe() + (arrivedMs - elapsed())
      const header = headerOf(ban.form, wallMs + ban.toMs - arrivedMs, wallMs)
      return { ...way, outgoingMs, fate: { status: ban.status }, headers: { "retry-after": header } }
    }
    let requests = 0
    const next = (): Journey =>
      meeting(world.journeys[requests++ % world.journeys.length] ?? { incomingMs: 0, outgoingMs: 0 })

    const spoil = variant.memory?.() ?? ((memory) => memory)

    const live = Effect.fnUntraced(function* (
      lastsMs: number,
      boot: number,
      ends: "crash" | "stop",
      uses: ReadonlyArray<boolean>,
    ) {
      const all = makeKeys(world.keys)
      const some = all.filter((_, n) => uses[n] === true)
      const keys = some.length === 0 ? all : some
      const disk = lifeDisk({ files, answersFirst: false, timeOf: () => ({ writeMs: 0, answerMs: 0 }) })
      const scope = yield* Scope.make()
      const { recall } = yield* claimKeys({
        keys,
        directory: "nowhere",
        exchange: "the exchange",
        windowMs: 1001,
        limit: 20,
        reach: { boundMs: undefined, requestTimeoutMs: 5000 },
      }).pipe(
        Effect.provide(
          Layer.mergeAll(
            Layer.succeed(Boot, { id: `boot-${boot}`, offsetMs: boot * 1_000_000, doubtMs: 0 }),
            Layer.succeed(KeyLocks, { lock: () => Effect.void }),
            Layer.succeed(StateFiles, disk.store),
          ),
        ),
        Scope.provide(scope),
      )
      const remembered: Recall = (key) => Effect.map(recall(key), (memory) => spoil(memory, key.label))
      /** Notes what the client is told, whatever it makes of that. */
      const hear = () => {
        const heardMs = elapsed()
        if (!disk.isAlive()) return
        const meant = bans.filter(
          ({ fromMs, toMs }) => fromMs <= heardMs && toMs > heardMs - 2 * LONGEST_WAY_MS,
        )
        announced.push({ heardMs, untilMs: Math.min(...meant.map(({ toMs }) => toMs)) })
      }
      const listening = ({ ping, submit }: ExchangeClient["Service"]): ExchangeClient["Service"] => ({
        ...(ping === undefined
          ? {}
          : { ping: Effect.tapError(ping, ({ waitMs = 0 }) => Effect.sync(() => waitMs > 0 && hear())) }),
        submit: (given, key, nonce, watch) =>
          submit(given, key, nonce, {
            ...watch,
            onAdvice: (advice) => {
              hear()
              watch.onAdvice?.(advice)
            },
          }),
      })
      const rig = yield* makeRig({
        boundMs: undefined,
        ttlMs: undefined,
        journey: next,
        pingJourney: () => {
          left.push(elapsed())
          return meeting({ incomingMs: 10, outgoingMs: 10 })
        },
        client: (real) => {
          const spoilt = variant.client?.(listening(real)) ?? listening(real)
          const { ping } = spoilt
          return {
            ...(ping === undefined
              ? {}
              : { ping: Effect.suspend(() => (disk.isAlive() ? ping : Effect.never)) }),
            submit: (given, key, nonce, watch) =>
              Effect.suspend(() =>
                disk.isAlive()
                  ? spoilt.submit(given, key, nonce, {
                      ...watch,
                      mayStart: () => disk.isAlive() && watch.mayStart?.() !== false,
                      onWritten: (atMs) => {
                        if (disk.isAlive()) left.push(elapsed())
                        watch.onWritten(atMs)
                      },
                    })
                  : Effect.never,
              ),
          }
        },
        dispatcher: {
          keys,
          recall: remembered,
          parkAfter: Number.POSITIVE_INFINITY,
          blockAfter: Number.POSITIVE_INFINITY,
          stopAfterRefusals: Number.POSITIVE_INFINITY,
        },
      }).pipe(Scope.provide(scope))
      for (const endsAtMs = elapsed() + lastsMs; elapsed() < endsAtMs;) {
        yield* Effect.ignore(rig.dispatcher.offer(order(requests + elapsed())))
        yield* Effect.sleep(Duration.millis(Math.max(world.gapMs, lastsMs / 100)))
      }
      // Between two milliseconds: what was heard in the one before is written down.
      yield* Effect.sleep(Duration.millis(0.5))
      if (ends === "crash") disk.crash(0)
      yield* Scope.close(scope, Exit.void)
    })

    let boot = 1
    for (const { ends, lastsMs, pauseMs, reboots, uses } of world.lives) {
      yield* live(lastsMs, boot, ends, uses)
      yield* Effect.sleep(Duration.millis(Math.ceil(pauseMs) + 0.5))
      if (reboots) boot += 1
    }
    yield* live(Math.max(0, endMs - elapsed()) + LAST_MS, boot, "stop", [])
    return { announced, left }
  })
  return playVirtual(program)
}
