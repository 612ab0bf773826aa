/**
 * A law is tried on generated scenarios, and its broken variant must be caught by it: a law that cannot fail
 * proves nothing. Seeds are printed, so that every failure can be repeated:
 *
 *     PACELINE_SEED=123 npm run properties
 *     PACELINE_RUNS=10000 npm run properties
 */
import process from "node:process"
import * as fc from "fast-check"
import { assert, chai, it } from "vitest"

const fromEnvironment = (name: string, otherwise: number): number => {
  const text = process.env[name]
  return text === undefined ? otherwise : Number(text)
}

export const SEED = fromEnvironment("PACELINE_SEED", Math.floor(Date.now() % 2 ** 31))
/** How often the promise itself is tried: windows, nonces, once, outcomes, lives. */
export const PROMISE = 2500
export const RUNS = fromEnvironment("PACELINE_RUNS", PROMISE)
/** How often other laws are tried meanwhile, so that the promise has at least half of the time. */
const OTHERS = 200

/** So many scenarios by default, and as many times more as the promise is tried on. */
const scaled = (scenarios: number): number => Math.ceil((scenarios * RUNS) / PROMISE)

/** How often a law is tried that costs hardly anything: so many times as often as the dear ones. */
export const asOften = (times: number) => ({
  seed: SEED,
  numRuns: Math.ceil(times * Math.max(scaled(300), 300)),
})

/** The law holds in every generated scenario, and in every one that broke it once. */
export const holds = async <A>(
  arbitrary: fc.Arbitrary<A>,
  law: (scenario: A) => Promise<void>,
  found: ReadonlyArray<A> = [],
  scenarios = OTHERS,
): Promise<void> => {
  await fc.assert(fc.asyncProperty(arbitrary, law), {
    seed: SEED,
    numRuns: Math.max(scaled(scenarios), found.length),
    examples: found.map((scenario): [A] => [scenario]),
  })
}

/**
 * The law catches a broken variant within as many scenarios as it is tried on by default, or more if it is tried on more; worlds
 * that broke it once come first.
 */
export const catches = async <A>(
  arbitrary: fc.Arbitrary<A>,
  law: (scenario: A) => Promise<void>,
  scenarios = OTHERS,
  found: ReadonlyArray<A> = [],
): Promise<void> => {
  const details = await fc.check(fc.asyncProperty(arbitrary, law), {
    seed: SEED,
    numRuns: Math.max(scaled(scenarios), scenarios),
    examples: found.map((scenario): [A] => [scenario]),
    // Being caught is what matters here, not the smallest case.
    endOnFailure: true,
  })
  assert.isTrue(details.failed, "the broken variant passed: the law does not catch it")
  // Not a mishap of another kind: it is the law that says so.
  assert.instanceOf(details.errorInstance, chai.AssertionError)
}

/** A law, and what must be caught by it: variants of type V. */
export interface Law<A, V> {
  readonly law: string
  /** The worlds it holds in. */
  readonly worlds: fc.Arbitrary<A>
  /** Fails where the world, played with the real thing or in its place with a variant, breaks the law. */
  readonly check: (world: A, variant: V | undefined) => Promise<void>
  readonly broken: Readonly<Record<string, V>>
  /** Worlds that broke it once. */
  readonly found?: ReadonlyArray<A> | undefined
  /** On how many worlds it is tried by default. */
  readonly scenarios?: number
}

/** The tests of a law: that it holds, and that it catches each variant. */
export const tryLaw = <A, V>({ broken, check, found, law, scenarios, worlds }: Law<A, V>): void => {
  it(law, () => holds(worlds, (world) => check(world, undefined), found, scenarios))
  for (const [name, variant] of Object.entries(broken)) {
    it(`${law}: catches ${name}`, () => catches(worlds, (world) => check(world, variant), scenarios, found))
  }
}
