/**
 * The laws of an exchange of ccxt: what may have been executed is never told as failed, what ccxt says was refused is told so,
 * nothing is sent twice, and no credential is told. Several orders at the same time, whatever comes back, whatever ccxt does then.
 */
import { inspect } from "node:util"
import { ArgumentsRequired, BadSymbol, InvalidOrder, RateLimitExceeded } from "ccxt"
import { Cause, Clock, Effect, Exit, Redacted } from "effect"
import { assert, describe } from "vitest"
import type { ApiKey } from "../src/domain/ApiKey.ts"
import { isSubmitError, RequestTimeout, type SubmitError, verdictOf } from "../src/domain/SubmitError.ts"
import type { HttpMessage } from "../src/http/Connection.ts"
import type { HttpEnding, HttpExchange } from "../src/http/HttpRequest.ts"
import type { HttpTransport } from "../src/http/HttpTransport.ts"
import { clientOver } from "../src/venues/ccxt/CcxtClient.ts"
import type { CcxtResult } from "../src/venues/ccxt/meaning.ts"
import { ccxtNonces } from "../src/venues/ccxt/nonces.ts"
import { cancelling, placing } from "../src/venues/ccxt/orders.ts"
import type { Acceptance, ExchangeClient } from "../src/venues/ExchangeClient.ts"
import {
  type CcxtOrder,
  type CcxtWorld,
  exchanges,
  LEAKS,
  MARKS,
  WORDS,
  worlds,
} from "./support/ccxtWorlds.ts"
import { tryLaw } from "./support/law.ts"

type Submit = ExchangeClient["Service"]["submit"]

/** A client, but for one thing. */
interface Variant {
  readonly ending?: (ending: HttpEnding) => HttpEnding
  /** Takes what ccxt fails with on what it has read for its word on the answer. */
  readonly believesAll?: boolean
  readonly submit?: (submit: Submit) => Submit
  readonly key?: ApiKey
}

const KEY: ApiKey = {
  label: "key-1",
  key: Redacted.make(MARKS.apiKey),
  secret: Redacted.make(MARKS.secret),
  passphrase: Redacted.make(MARKS.password),
}

const WATCH = { onWritten: () => undefined, onSettled: () => undefined }
/** What Bybit is asked before an order. */
const ACCOUNT = { retCode: 0, result: { unified: 0, uta: 1, unifiedMarginStatus: 6 } }

/** The order that a request is about: all of it that is not of the credentials names it, or the order that it cancels. */
const orderOf = ({ orders }: CcxtWorld, { body = "", path }: HttpMessage): CcxtOrder | undefined =>
  orders.find(({ id }) => `${path}${body}`.includes(id))

const transportOf = (
  world: CcxtWorld,
  sent: Map<string, number>,
  { ending: heard = (ending) => ending }: Variant,
) => {
  const send = <A, E>({ conclude, message }: HttpExchange<A, E>): Effect.Effect<A, E> =>
    Effect.gen(function* () {
      const order = orderOf(world, message())
      if (order === undefined) {
        const answer = { status: 200, headers: {}, body: JSON.stringify(ACCOUNT) }
        return yield* conclude({ kind: "answered", answer })
      }
      sent.set(order.id, (sent.get(order.id) ?? 0) + 1)
      const { ending, turns } = order.fate
      for (let turn = 0; turn < turns; turn += 1) yield* Effect.promise(() => Promise.resolve())
      return yield* conclude(heard(ending))
    })
  return { send, sendApart: send } satisfies HttpTransport
}

const FAILURES = { ArgumentsRequired, BadSymbol, InvalidOrder, RateLimitExceeded }

/** Has the exchange of the world do what the world says, and gives what takes that back. */
const setUp = (
  { name, readingFails, retries, retriesFor }: CcxtWorld,
  { believesAll }: Variant,
): (() => void) => {
  const exchange = exchanges[name]
  const before = { ...exchange.options }
  if (retriesFor === "all") exchange.options["maxRetriesOnFailure"] = retries
  if (readingFails !== undefined) {
    const fail = () => {
      throw new FAILURES[readingFails](`what it has read means nothing to it, ${MARKS.apiKey}`)
    }
    Object.assign(exchange, believesAll === true ? { handleErrors: fail } : { safeOrder: fail })
  }
  return () => {
    exchange.options = before
    Reflect.deleteProperty(exchange, "handleErrors")
    Reflect.deleteProperty(exchange, "safeOrder")
  }
}

interface Told {
  readonly order: CcxtOrder
  readonly exit: Exit.Exit<Acceptance, SubmitError>
  readonly sent: number
}

interface Played {
  readonly all: ReadonlyArray<Told>
  /** All that a bot could print. */
  readonly shown: string
}

const play = (world: CcxtWorld, variant: Variant = {}): Promise<Played> =>
  Effect.gen(function* () {
    const { name, orders, retries, retriesFor } = world
    const exchange = exchanges[name]
    const sent = new Map<string, number>()
    const results: Array<CcxtResult<unknown>> = []
    const nonces = ccxtNonces(name)
    const { submit } = clientOver<unknown>(
      {
        exchange,
        nonces,
        nonceUnit: nonces === "rising" ? "ms" : undefined,
        url: new URL(WORDS[name].url),
        isPinged: false,
        onResult: (_, result) => results.push(result),
      },
      transportOf(world, sent, variant),
      yield* Clock.Clock,
    )
    const sending = variant.submit?.(submit) ?? submit
    const params = retriesFor === "order" ? { maxRetriesOnFailure: retries } : {}
    const all = yield* Effect.forEach(
      orders,
      (order, index) => {
        const { id, isCancel } = order
        const asked = isCancel
          ? cancelling(id, "BTC/USD", params)
          : placing("BTC/USD", "limit", "buy", 1, 30_000, params)
        return Effect.map(
          Effect.exit(sending({ id, params: asked }, variant.key ?? KEY, 1_700_000_000_000 + index, WATCH)),
          (exit) => ({ order, exit, sent: sent.get(id) ?? 0 }),
        )
      },
      { concurrency: "unbounded" },
    )
    const messages = all.map(({ exit }) => (Exit.isFailure(exit) ? String(Cause.squash(exit.cause)) : ""))
    // What ccxt answers is the bot's own, with all that the venue has said.
    const thrown = results.filter(({ kind }) => kind === "threw")
    return {
      all,
      shown: inspect([messages, all.map(({ exit }) => exit), thrown], { depth: 9, showHidden: true }),
    }
  }).pipe((effect) => {
    const takeBack = setUp(world, variant)
    return Effect.runPromise(Effect.ensuring(effect, Effect.sync(takeBack)))
  })

/** `accepted`, `never-sent`, `unknown`, or the reason of a refusal. */
const outcomeOf = ({ exit }: Told): string => {
  if (Exit.isSuccess(exit)) return "accepted"
  const error = Cause.squash(exit.cause)
  if (!isSubmitError(error)) return "unknown"
  const verdict = verdictOf(error)
  return verdict.kind === "refused" ? verdict.reason : verdict.kind
}

const law = (says: string, check: (played: Played) => void, broken: Readonly<Record<string, Variant>>) =>
  tryLaw({ law: says, worlds, check: async (world, variant) => check(await play(world, variant)), broken })

describe("an exchange of ccxt, whatever it is answered and whatever it does then", () => {
  law(
    "never tells an order that may have been executed as failed",
    ({ all }) => {
      for (const told of all)
        if (told.order.fate.truth.kind === "may-be") assert.include(["accepted", "unknown"], outcomeOf(told))
    },
    {
      "a timeout that is told as never sent": {
        ending: (ending) => (ending.kind === "timeout" ? { kind: "never-sent", code: "ETIMEDOUT" } : ending),
      },
      "a failing server's words that are believed": {
        ending: (ending) =>
          ending.kind === "answered" && ending.answer.status >= 500
            ? { ...ending, answer: { ...ending.answer, status: 400 } }
            : ending,
      },
      "an error that ccxt throws on what it has read, and that is believed": { believesAll: true },
    },
  )

  law(
    "tells a definite refusal as what ccxt takes it for",
    ({ all }) => {
      for (const told of all) {
        const { truth } = told.order.fate
        if (truth.kind === "refused") assert.strictEqual(outcomeOf(told), truth.reason)
        if (truth.kind === "never") assert.strictEqual(outcomeOf(told), "never-sent")
      }
    },
    {
      "a client to which every failure is unknown": {
        submit: (submit) => (order, key, nonce, watch) =>
          Effect.catch(submit(order, key, nonce, watch), ({ key, orderId }) =>
            Effect.fail(new RequestTimeout({ key, orderId })),
          ),
      },
    },
  )

  law(
    "sends every order once",
    ({ all }) => {
      for (const { sent } of all) assert.strictEqual(sent, 1)
    },
    {
      "a client that tries again what failed": {
        submit: (submit) => (order, key, nonce, watch) =>
          Effect.retry(submit(order, key, nonce, watch), { times: 1 }),
      },
    },
  )

  law(
    "tells no credentials",
    ({ shown }) => {
      assert.notMatch(shown, LEAKS)
    },
    { "a client that hides the secret alone": { key: { label: KEY.label, secret: KEY.secret } } },
  )
})
