// Laws of the order sources, each with a broken variant that the law must catch.
import { Duration, Effect, Result, Stream } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { boundedLines, type RawLine } from "../src/platform/Lines.ts"
import { MadeOrder, type Moment } from "../src/domain/Order.ts"
import { readOrder } from "../src/run/sources/OrderJson.ts"
import { meanGapMs, orderOffsets } from "../src/run/sources/RandomSource.ts"
import { seededRandom } from "../src/platform/Random.ts"
import { asOften } from "./support/law.ts"

const seeds = fc.maxSafeNat()
const rates = fc.record({
  load: fc.double({ min: 0.05, max: 20, noNaN: true }),
  keys: fc.integer({ min: 1, max: 64 }),
  limit: fc.integer({ min: 1, max: 200 }),
  window: fc.integer({ min: 100, max: 60_000 }).map(Duration.millis),
})

type Offsets = (seed: number, gapMs: number) => Iterator<number>
const offsetsOf: Offsets = (seed, gapMs) => orderOffsets(Effect.runSync(seededRandom(seed, "orders")), gapMs)
const take = (offsets: Iterator<number>, count: number): ReadonlyArray<number> =>
  Array.from({ length: count }, () => Number(offsets.next().value))

/** The exercise's own way: whole milliseconds, the largest gap rounded down. */
const roundedDown: Offsets = function* (seed, gapMs) {
  const random = Effect.runSync(seededRandom(seed, "orders"))
  const most = Math.floor(gapMs * 2)
  for (let sum = 0; ; sum += Math.floor(random.nextDoubleUnsafe() * (most + 1))) yield sum
}

const repeatable = (source: Offsets) =>
  fc.property(seeds, (seed) => {
    const once = take(source(seed, 10.5), 50)
    return take(source(seed, 10.5), 50).every((offset, index) => offset === once[index])
  })

const neverBack = (source: Offsets) =>
  fc.property(seeds, rates, (seed, rate) => {
    const offsets = take(source(seed, meanGapMs(rate)), 500)
    return (
      offsets[0] === 0 && offsets.every((offset, index) => index === 0 || offset >= (offsets[index - 1] ?? 0))
    )
  })

const jittered: Offsets = function* (seed, gapMs) {
  const random = Effect.runSync(seededRandom(seed, "orders"))
  for (let beat = 0; ; beat += gapMs) yield beat + random.nextDoubleUnsafe() * gapMs * 2
}

describe("the random source", () => {
  const COUNT = 20_000
  const exactMean = (source: Offsets) =>
    fc.property(seeds, rates, (seed, rate) => {
      const gapMs = meanGapMs(rate)
      const last = take(source(seed, gapMs), COUNT + 1).at(-1) ?? 0
      // Six standard deviations of the mean of so many gaps: 0.604 of a gap each.
      return Math.abs(last / COUNT / gapMs - 1) < (6 * 0.604) / Math.sqrt(COUNT)
    })
  it("keeps the mean rate exactly, whatever load, keys, limit and window", () => {
    fc.assert(exactMean(offsetsOf), asOften(0.1))
  })
  it("keeps the mean rate exactly: catches gaps rounded down to whole milliseconds", () => {
    expect(fc.check(exactMean(roundedDown), asOften(0.1)).failed).toBe(true)
  })

  it("gives the same offsets for the same seed", () => {
    fc.assert(repeatable(offsetsOf), asOften(1))
  })
  it("gives the same offsets for the same seed: catches a seed that moves on", () => {
    let runs = 0
    const moving: Offsets = (seed, gapMs) => offsetsOf(seed + (runs += 1), gapMs)
    expect(fc.check(repeatable(moving), asOften(1)).failed).toBe(true)
  })

  it("starts at 0 and never goes back", () => {
    fc.assert(neverBack(offsetsOf), asOften(1))
  })
  it("starts at 0 and never goes back: catches gaps around a regular beat", () => {
    expect(fc.check(neverBack(jittered), asOften(1)).failed).toBe(true)
  })
})

type Read = typeof readOrder
const trimming: Read = (text, now) =>
  Result.map(readOrder(text, now), ({ createdMs, id, params }) => new MadeOrder(id.trim(), params, createdMs))

const echoing: Read = (text, now) => Result.mapError(readOrder(text, now), (problem) => `${problem}: ${text}`)

const MAX = 8
type Cut = (chunks: ReadonlyArray<Uint8Array>) => ReadonlyArray<RawLine>
const cutLines: Cut = (chunks) =>
  Effect.runSync(Stream.runCollect(boundedLines(MAX)(Stream.fromIterable(chunks))))
const chunkwise: Cut = (chunks) => chunks.flatMap((chunk) => cutLines([chunk]))

const sameHoweverCut = (cut: Cut) =>
  fc.property(
    fc.array(
      fc.uint8Array({ maxLength: 6 }).map((bytes) => bytes.map((byte) => (byte % 5 === 0 ? 0x0a : byte))),
    ),
    (chunks) => {
      const whole = Buffer.concat(chunks)
      const expected = whole.toString("latin1").split("\n")
      if (expected.at(-1) === "") expected.pop()
      expect(
        cut(chunks).map((line) => [line.number, line.bytes && Buffer.from(line.bytes).toString("latin1")]),
      ).toEqual(expected.map((line, index) => [index + 1, line.length > MAX ? undefined : line]))
    },
  )

describe("NDJSON", () => {
  const now: Moment = { wallMs: 1_800_000_000_000, monotonicMs: 50_000 }
  const text = fc.string({ unit: "binary", maxLength: 64 })
  const ids = fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 64 })
  const params = fc
    .dictionary(text, fc.oneof(text, fc.boolean(), fc.maxSafeInteger()))
    .filter((params) => !["api_key", "nonce", "req_id"].some((name) => Object.hasOwn(params, name)))

  const readsWhatWasWritten = (read: Read) =>
    fc.property(
      ids,
      params,
      fc.option(fc.integer({ min: 0, max: 86_400_000 }), { nil: undefined }),
      (id, params, ageMs) => {
        const createdAt = ageMs === undefined ? {} : { createdAt: new Date(now.wallMs - ageMs).toISOString() }
        const order = Result.getOrThrowWith(
          read(JSON.stringify({ id, params, ...createdAt }), now),
          (problem) => new Error(problem),
        )
        expect(order.id).toBe(id)
        expect(Object.entries(order.params ?? {})).toEqual(
          Object.entries(params).map(([name, value]) => [name, String(value)]),
        )
        expect(order.createdMs).toBe(ageMs === undefined ? undefined : now.monotonicMs - ageMs)
      },
    )
  it("gives back every order that was written as JSON", () => {
    fc.assert(readsWhatWasWritten(readOrder), asOften(2))
  })
  it("gives back every order that was written as JSON: catches trimmed ids", () => {
    expect(fc.check(readsWhatWasWritten(trimming), asOften(2)).failed).toBe(true)
  })

  const oneLineAnswers = (read: Read) =>
    fc.property(
      fc.oneof(
        fc.json(),
        text,
        fc.json().map((json) => `{"id":"a","params":${json}}`),
      ),
      (line) =>
        Result.match(read(line, now), {
          onSuccess: () => true,
          onFailure: (problem) => problem.length <= 400 && !/\p{Cc}/u.test(problem),
        }),
    )
  it("answers any text with an order or one line about what is wrong", () => {
    fc.assert(oneLineAnswers(readOrder), asOften(5))
  })
  it("answers any text with an order or one line: catches the text in the answer", () => {
    expect(fc.check(oneLineAnswers(echoing), asOften(5)).failed).toBe(true)
  })

  it("has the same lines however the bytes arrive, and none above the limit", () => {
    fc.assert(sameHoweverCut(cutLines), asOften(2))
  })
  it("has the same lines however the bytes arrive: catches lines that end with a chunk", () => {
    expect(fc.check(sameHoweverCut(chunkwise), asOften(2)).failed).toBe(true)
  })
})
