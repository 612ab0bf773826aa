// A dispatcher for a venue: the program of docs/venues.md as a process of its own, and what it is not to be given.
import { readFile } from "node:fs/promises"
import { inspect } from "node:util"
import { expect, it } from "@effect/vitest"
import { Cause, Effect, Exit, Layer, Redacted } from "effect"
import { layerVenue, type VenueDispatcherOptions } from "../../src/dispatch/VenueDispatcher.ts"
import { demoCredentials, emulateVenue } from "../../src/testing.ts"
import { binance } from "../../src/venues/binance/binance.ts"
import { kraken } from "../../src/venues/kraken/kraken.ts"
import { launch } from "../cli/process.ts"

const PROGRAM = new URL("./programs/venue.ts", import.meta.url)

it.live("sends a program's orders to the emulated Binance within its limits", () =>
  Effect.gen(function* () {
    const { tally, url } = yield* emulateVenue("binance")
    const { key, secret } = demoCredentials
    const env = { BINANCE_URL: url, BINANCE_KEY: key, BINANCE_SECRET: secret }
    const { stderr, stdout } = yield* Effect.promise(() => launch([PROGRAM.pathname], { env }).ended)
    expect(stderr).toBe("")
    expect(stdout.trim().split("\n")).toEqual(Array.from({ length: 90 }, () => "Success"))
    expect((yield* tally).keys[0]?.verdicts).toEqual({ accepted: 90 })
  }),
)

it("is shown as it is tried", async () => {
  const page = await readFile(new URL("../../docs/venues.md", import.meta.url), "utf8")
  const program = await readFile(PROGRAM, "utf8")
  expect(page).toContain(program.replace("../../../src/index.ts", "paceline").trim())
})

const secret = Redacted.make("AAECAwQF")
const signed = { label: "key-1", key: Redacted.make("MARK"), secret }
const cases: ReadonlyArray<readonly [options: VenueDispatcherOptions, message: string]> = [
  [{ venue: binance(), keys: [] }, '"keys": there is none'],
  [
    { venue: binance(), keys: [{ label: "key-1", secret }] },
    '"keys": key-1 is not what binance wants: key and secret',
  ],
  [
    { venue: kraken(), keys: [{ ...signed, secret: Redacted.make("no base64 MARK") }] },
    '"keys": key-1 is not what kraken wants: key and secret (base64)',
  ],
  [{ venue: { ...binance(), url: undefined }, keys: [signed] }, '"url": binance has no address of its own'],
]

for (const [options, message] of cases)
  it.effect(`refuses options that name ${message.slice(0, 40)}`, () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(Effect.scoped(Layer.build(layerVenue(options))))
      expect(Exit.isFailure(exit) && String(Cause.squash(exit.cause))).toContain(message)
      expect(inspect(exit, { depth: Infinity, showHidden: true })).not.toContain("MARK")
    }),
  )
