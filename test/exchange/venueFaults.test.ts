// On the real clock and loopback: our own client of each emulated venue under each fault that it can play.
import { describe, expect } from "@effect/vitest"
import { Context, Duration, Effect, Layer, Result } from "effect"
import { parseFault } from "../../src/cli/faultSpec.ts"
import { demoKeys } from "../../src/exchange/demoKeys.ts"
import { type EmulatedName, emulateVenue } from "../../src/exchange/emulatedVenues.ts"
import { ExchangeClient } from "../../src/venues/ExchangeClient.ts"
import { layer } from "../../src/venues/HttpVenueClient.ts"
import { venues } from "../../src/venues/venues.ts"
import { realTime as test } from "../support/realTime.ts"

const NAMES = ["kraken", "binance", "coinbaseexchange"] as const

const UUID = "0f2c3f6e-6f0a-4c39-8a3c-0a9a2d6a0b1"
const ORDERS = {
  kraken: { pair: "XBTUSD", type: "buy", ordertype: "market", volume: "1" },
  binance: { symbol: "LTCBTC", side: "BUY", type: "LIMIT_MAKER", quantity: "1", price: "0.1" },
  coinbaseexchange: { product_id: "BTC-USD", side: "buy", price: "1", size: "1" },
} as const

/** A venue that plays faults, and what asks it for orders: what becomes of the n-th with a key. */
const open = Effect.fnUntraced(function* (name: EmulatedName, ...faults: ReadonlyArray<string>) {
  const venue = yield* emulateVenue(name, {
    faults: faults.map((text) => Result.getOrThrow(parseFault(text))),
  })
  const options = { venue: venues[name]({ isLive: true }), url: new URL(venue.url), maxInFlight: 4 }
  const context = yield* Layer.build(layer({ ...options, requestTimeout: Duration.seconds(2) }))
  const client = Context.get(context, ExchangeClient)
  const place = (n: number, [key] = demoKeys) =>
    key === undefined
      ? Effect.die("there is a key")
      : client
          .submit({ id: `${UUID}${n}`, params: ORDERS[name] }, key, Date.now() + n, {
            onWritten: () => {},
            onSettled: () => {},
          })
          .pipe(Effect.match({ onFailure: ({ _tag }) => _tag, onSuccess: () => "accepted" }))
  return { ...venue, place }
})

/** A fault, what the client makes of it, and whether the order was judged. */
const CASES = [
  ["spike:1:100ms", "accepted", true],
  ["lost-request:1", "RequestTimeout", false],
  ["lost-answer:1:then=close", "ConnectionBroken", true],
  ["reset:1", "ConnectionBroken", true],
  ["truncated:1", "ConnectionBroken", true],
  ["garbled:1:as=text", "UndecodableAnswer", true],
  ["garbled:1:as=encoding", "UndecodableAnswer", true],
  // Pages of a proxy, of a firewall and of a server that has failed.
  ["garbled:1:as=html", "UndecodableAnswer", true],
  ["status:1:403", "TurnedAway", false],
  ["status:1:418:retry-after=1s", "TurnedAway", false],
  ["status:1:502", "ServerError", true],
  ["status:1:503:judged=no:retry-after=1s", "ServerError", false],
  // The venue itself has failed, and says so in its own words.
  ["failure:1", "ServerError", true],
  ["failure:1:judged=no", "ServerError", false],
] as const

describe.concurrent("an emulated venue under a fault", () => {
  for (const name of NAMES)
    for (const [fault, tag, judged] of CASES)
      test(
        `${name} ${fault}: the client says ${tag}, and then goes on`,
        Effect.gen(function* () {
          const { place, tally } = yield* open(name, `${fault}:times=1`)
          expect(yield* place(1)).toBe(tag)
          expect(yield* place(2)).toBe("accepted")
          expect(yield* tally).toMatchObject({
            keys: [{ orders: judged ? 2 : 1, verdicts: { accepted: judged ? 2 : 1 } }, {}, {}],
            faults: { [fault.split(":")[0] ?? ""]: 1 },
          })
        }),
      )

  // No answer of Kraken's names its order.
  for (const name of ["binance", "coinbaseexchange"] as const)
    test(
      `${name} garbled:1:as=id: an acceptance of another order is not believed`,
      Effect.gen(function* () {
        const { place } = yield* open(name, "garbled:1:as=id:times=1")
        expect(yield* place(1)).toBe("UndecodableAnswer")
        expect(yield* place(2)).toBe("accepted")
      }),
    )

  for (const name of NAMES) {
    test(
      `${name} blocks the key of a request, and no other`,
      Effect.gen(function* () {
        const { place, tally, url } = yield* open(name, "block:1:times=2")
        // It names no key.
        yield* Effect.promise(() => fetch(url))
        expect((yield* tally).faults).toEqual({})
        expect(yield* place(1)).toBe("UnknownApiKey")
        expect(yield* place(2)).toBe("UnknownApiKey")
        expect(yield* place(3, demoKeys.slice(1))).toBe("accepted")
        expect((yield* tally).faults).toEqual({ block: 1 })
      }),
    )

    test(
      `${name} answers nothing while it stalls, and afterwards everything`,
      Effect.gen(function* () {
        const { place, tally } = yield* open(name, "stall:at=0ms:for=1500ms")
        expect(yield* place(1)).toBe("RequestTimeout")
        expect(yield* place(2)).toBe("accepted")
        expect(yield* tally).toMatchObject({ keys: [{ orders: 1 }, {}, {}], faults: { stall: 1 } })
      }),
    )

    test(
      `${name} forgets what it counted when it starts again`,
      Effect.gen(function* () {
        const { place, url } = yield* open(name, "restart:at=1500ms")
        const used = async () => {
          const answer = await fetch(`${url}/__paceline/counters`)
          return answer.text()
        }
        expect(yield* place(1)).toBe("accepted")
        expect(yield* Effect.promise(used)).toMatch(/"used":(?:1|0\.\d+)/)
        yield* Effect.sleep("1700 millis")
        expect(yield* Effect.promise(used)).toBe('{"counters":[]}')
        expect(yield* place(2)).toBe("accepted")
      }),
    )
  }

  for (const name of ["binance", "coinbaseexchange"] as const)
    test(
      `${name} refuses orders for their time when its clock has stepped`,
      Effect.gen(function* () {
        const { place, tally } = yield* open(name, "clock:1h:at=0ms")
        expect(yield* place(1)).toBe("InvalidTimestamp")
        expect(yield* tally).toMatchObject({ keys: [{ verdicts: { clock: 1 } }, {}, {}] })
      }),
    )
})
