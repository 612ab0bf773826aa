/**
 * Worlds for the laws of limits: rules, clocks, requests, and an adversary who chooses when each request arrives, between
 * when it left and the latest that the client will learn of.
 */
import * as fc from "fast-check"
import { type Rule, rulesOf, type RuleType } from "./rules.ts"

/**
 * - `answered`: its answer comes `backMs` after it arrived, or the bound tells first.
 * - `lost`, `swallowed`: it is settled `backMs` after it left, for `slackMs` later. What is swallowed never arrives.
 * - `never-left`: that is known after `backMs`.
 */
export type Fate = "answered" | "lost" | "swallowed" | "never-left"

export interface Journey {
  readonly fate: Fate
  /** From when it left until it arrives, at most what its fate allows. */
  readonly onWayMs: number
  readonly backMs: number
  /** Where in the exchange's hands its answer is stamped: 0 as it arrives, 1 as the answer comes. */
  readonly stampedAt: number
}

export interface Request extends Journey {
  /** After the one before was sent, it is wanted. */
  readonly gapMs: number
  /** Of the smallest limit's capacity, rounded up. */
  readonly share: number
  /** What its answer says it cost, of what was held. */
  readonly actualShare: number
}

export interface World {
  /** All of them count each request. */
  readonly rules: ReadonlyArray<Rule>
  /** No request that is answered is longer on its way. */
  readonly boundMs: number | undefined
  readonly slackMs: number
  /** The exchange's clock, less ours, at the beginning, and how much faster it is. */
  readonly offsetMs: number
  readonly drift: number
  /** What answers tell the exchange's time in. */
  readonly resolutionMs: number
  /** A former life sends nothing after its lease ends, so long after we begin. */
  readonly leaseMs: number
  /** What it sent, `[ms before that, share]`. We know nothing of it. */
  readonly former: ReadonlyArray<readonly [number, number]>
  readonly requests: ReadonlyArray<Request>
}

/** The largest difference that the default margin covers in windows of 10 ms and more. */
export const LARGEST_DRIFT = 450e-6

const delays = (maxMs: number): fc.Arbitrary<number> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(0, 0, maxMs) },
    { weight: 2, arbitrary: fc.double({ min: 0, max: maxMs, noNaN: true }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: Math.floor(maxMs) }) },
  )

const requestsOf = (longestMs: number, windowMs: number): fc.Arbitrary<ReadonlyArray<Request>> => {
  const request = fc.record({
    gapMs: fc.oneof(
      { weight: 4, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.constantFrom(windowMs / 2, windowMs - 1, windowMs, windowMs + 1) },
      { weight: 1, arbitrary: fc.double({ min: 0, max: 2 * windowMs, noNaN: true }) },
    ),
    share: fc.oneof(
      { weight: 4, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
    ),
    actualShare: fc.oneof(
      { weight: 5, arbitrary: fc.constant(1) },
      { weight: 1, arbitrary: fc.constantFrom(0, 0.5) },
    ),
    fate: fc.oneof(
      { weight: 12, arbitrary: fc.constant<Fate>("answered") },
      { weight: 1, arbitrary: fc.constantFrom<Fate>("lost", "swallowed", "never-left") },
    ),
    onWayMs: delays(longestMs),
    backMs: delays(longestMs),
    stampedAt: fc.constantFrom(0, 0.5, 1),
  })
  /** Some requests in a row that have the same fate: they left as one, and arrive together or not. */
  const clump = fc
    .tuple(fc.integer({ min: 1, max: 8 }), request)
    .map(([times, one]) => Array.from({ length: times }, () => one))
  return fc
    .array(
      fc.oneof(
        clump,
        request.map((one) => [one]),
      ),
      { minLength: 2, maxLength: 24, size: "max" },
    )
    .map((clumps) => clumps.flat())
}

export interface WorldOptions {
  readonly types: ReadonlyArray<RuleType>
  readonly most?: number
  /** Each costs one. */
  readonly isUnit?: boolean
  /** No counter looks at the exchange's clock. */
  readonly isClockSteady?: boolean
  /** The first request is answered, and a former life sends nothing any more. */
  readonly isFirstAnswered?: boolean
}

const firstAnswered = (world: World): World => ({
  ...world,
  leaseMs: 0,
  requests: world.requests.map((request, index) =>
    index === 0 ? { ...request, fate: "answered", actualShare: 1 } : request,
  ),
})

const steady = (world: World): World => ({
  ...world,
  rules: world.rules.map((rule) => ({ ...rule, isPhaseKnown: rule.isPhaseKnown && rule.type !== "counter" })),
})

export const worldsOf = ({
  isClockSteady = false,
  isFirstAnswered = false,
  ...options
}: WorldOptions): fc.Arbitrary<World> =>
  anyWorlds(options)
    .map((world) => (isFirstAnswered ? firstAnswered(world) : world))
    .map((world) => (isClockSteady ? steady(world) : world))

/** They count the same requests, so all costs are divided by the same. */
const inOneUnit = (rules: ReadonlyArray<Rule>): ReadonlyArray<Rule> => {
  const unit = Math.min(...rules.map((rule) => rule.unit))
  return rules.map((rule) => ({ ...rule, unit }))
}

const anyWorlds = ({ isUnit = false, most = 1, types }: WorldOptions): fc.Arbitrary<World> =>
  fc
    .tuple(
      fc.array(rulesOf(...types), { minLength: most, maxLength: most }).map(inOneUnit),
      fc.constantFrom(0, 0.1, 0.6, 1.5),
    )
    .chain(([rules, share]) => {
      const windowMs = Math.max(...rules.map((rule) => rule.windowMs))
      const longestMs = share * windowMs
      return fc.record({
        rules: fc.constant(rules),
        boundMs: fc.constantFrom(undefined, longestMs),
        slackMs: fc.constantFrom(0, longestMs),
        offsetMs: fc.double({ min: 0, max: 100_000, noNaN: true }),
        drift: fc.constantFrom(0, 0, LARGEST_DRIFT, -LARGEST_DRIFT),
        resolutionMs: fc.constantFrom(1, 1, Math.max(1, Math.floor(windowMs / 4)), 1000),
        leaseMs: fc.constantFrom(0, 0, windowMs),
        former: fc.array(
          fc.tuple(
            fc.double({ min: 0, max: 2 * windowMs, noNaN: true }),
            fc.double({ min: 0, max: 1, noNaN: true }),
          ),
          { maxLength: 12 },
        ),
        requests: requestsOf(longestMs, windowMs).map((requests) =>
          isUnit ? requests.map((request) => ({ ...request, share: 0, actualShare: 1 })) : requests,
        ),
      })
    })
