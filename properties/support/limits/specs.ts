/** Lists of limits as data, for worlds in which the whole program or what reads its journal counts by them. */
import * as fc from "fast-check"
import type { LimitSpec } from "../../../src/domain/LimitSpec.ts"

const scopes = fc.constantFrom<Pick<LimitSpec, "scope" | "field">>(
  { scope: "key" },
  { scope: "key" },
  { scope: "account" },
  { scope: "account", field: "symbol" },
  { scope: "ip" },
)

/** Limits of all rules, in each of their scopes, of these numbers. */
export const specsOf = ({
  decay,
  decayMs,
  limit,
  windowMs,
}: Readonly<
  Record<"limit" | "windowMs" | "decay" | "decayMs", fc.Arbitrary<number>>
>): fc.Arbitrary<LimitSpec> =>
  fc
    .tuple(
      fc.oneof(
        {
          weight: 3,
          arbitrary: fc.record({
            rule: fc.constantFrom("log" as const, "fixed" as const, "counter" as const),
            limit,
            windowMs,
          }),
        },
        { weight: 2, arbitrary: fc.record({ rule: fc.constant("bucket" as const), limit, decay, decayMs }) },
      ),
      scopes,
    )
    .map(([rule, scope]) => ({ ...rule, ...scope }))

/** What actions cost; most limits say nothing of it. */
const costs = fc
  .record({ place: fc.constantFrom(0, 1, 2), cancel: fc.constantFrom(0, 1, 3) }, { requiredKeys: [] })
  .chain((some) => fc.constantFrom({}, { costs: some }))

const windows = fc
  .record({
    rule: fc.constantFrom("log" as const, "fixed" as const, "counter" as const),
    limit: fc.integer({ min: 3, max: 12 }),
    windowMs: fc.integer({ min: 50, max: 600 }),
    scope: scopes,
    costs,
  })
  .map(({ costs: told, scope, ...rest }): LimitSpec => ({ ...rest, ...scope, ...told }))

export const LONGEST_WINDOW_MS = 1500

/** Long enough for what is uncertain of a clock to matter little. */
export const windowsOnClock = fc
  .record({
    rule: fc.constantFrom("fixed" as const, "fixed" as const, "counter" as const),
    limit: fc.integer({ min: 3, max: 12 }),
    windowMs: fc.integer({ min: 150, max: LONGEST_WINDOW_MS }),
    scope: scopes,
  })
  .map(({ scope, ...rest }): LimitSpec => ({ ...rest, ...scope }))

const buckets = fc
  .record({
    limit: fc.integer({ min: 5, max: 12 }),
    decay: fc.constantFrom(1, 2, 0.5),
    decayMs: fc.integer({ min: 10, max: 200 }),
    isStepped: fc.boolean(),
    scope: scopes,
    costs,
  })
  .map(({ costs: told, decay, decayMs, isStepped, limit, scope }): LimitSpec => ({
    rule: "bucket",
    limit,
    decay,
    decayMs,
    ...(isStepped ? { stepMs: decayMs } : {}),
    ...scope,
    ...told,
  }))

/** Each has room for a cost of 3. */
export const limitLists: fc.Arbitrary<ReadonlyArray<LimitSpec>> = fc.array(fc.oneof(windows, buckets), {
  minLength: 1,
  maxLength: 3,
})
