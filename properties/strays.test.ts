/**
 * The law of answers that come at the wrong moment, over real sockets: no order that the exchange has executed counts as
 * refused. Its own answer comes within 10 ms here; refusals that belong to nothing come at any time.
 */
import type { Socket } from "node:net"
import { Effect, Exit, Redacted, Result } from "effect"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import type { SubmitError } from "../src/domain/SubmitError.ts"
import { verdictOf } from "../src/domain/SubmitError.ts"
import { makeHttpTransport } from "../src/http/HttpTransport.ts"
import type { Acceptance } from "../src/venues/ExchangeClient.ts"
import { readAnswer } from "../src/venues/exercise/answer.ts"
import { acceptance, answerText, hostileServer } from "../test/support/hostileServer.ts"
import { RUNS, SEED } from "./support/law.ts"

interface Turn {
  readonly isExecuted: boolean
  readonly answerMs: number
  /** A refusal that answers nothing, this long after the answer. */
  readonly stray: { readonly afterMs: number; readonly status: number } | undefined
  /** Until the next order is sent. */
  readonly pauseMs: number
}

const ms = (max: number) => fc.integer({ min: 0, max })
const turn: fc.Arbitrary<Turn> = fc.record({
  isExecuted: fc.boolean(),
  answerMs: ms(10),
  stray: fc.option(fc.record({ afterMs: ms(40), status: fc.constantFrom(429, 408, 400, 401) }), {
    nil: undefined,
  }),
  pauseMs: ms(15),
})
const worlds = fc.array(turn, { minLength: 2, maxLength: 8 })

const later = (atMs: number, socket: Socket, text: string) =>
  setTimeout(() => {
    if (socket.writable) socket.write(text)
  }, atMs)

/** Sends an order a turn, and gives those that were executed and yet count as refused. */
const denied = (turns: ReadonlyArray<Turn>, doubts: boolean) =>
  Effect.scoped(
    Effect.gen(function* () {
      const server = yield* hostileServer((socket, { id }) => {
        const { answerMs, isExecuted, stray } = turns[Number(id)] ?? assert.fail("an order of nobody")
        later(answerMs, socket, isExecuted ? acceptance(id) : answerText(429, ""))
        if (stray !== undefined) later(answerMs + stray.afterMs, socket, answerText(stray.status, ""))
      })
      const http = yield* makeHttpTransport({ url: server.url, requestTimeoutMs: 2000, maxInFlight: 2 })
      const submit = (id: string) =>
        http.send<Acceptance, SubmitError | undefined>({
          message: () => ({ method: "GET", path: `/?req_id=${id}` }),
          watch: { onWritten: () => {}, onSettled: () => {} },
          isAnonymous: ({ status }) => doubts && status >= 400 && status < 500,
          conclude: (ending) =>
            ending.kind === "answered"
              ? Result.match(
                  readAnswer(
                    { orderId: id, key: "key-1" },
                    ending.answer.status,
                    ending.answer.body,
                    Redacted.make("k"),
                  ),
                  { onFailure: Exit.fail, onSuccess: Exit.succeed },
                )
              : Exit.fail(undefined),
        })
      const refused: Array<string> = []
      for (const [index, { isExecuted, pauseMs }] of turns.entries()) {
        const id = String(index)
        const result = yield* Effect.result(submit(id))
        const error = Result.isFailure(result) ? result.failure : undefined
        if (isExecuted && error !== undefined && verdictOf(error).kind === "refused") refused.push(id)
        yield* Effect.sleep(pauseMs)
      }
      return refused
    }),
  )

const noneIsDenied = (doubts: boolean) =>
  fc.asyncProperty(worlds, async (turns) => {
    assert.deepStrictEqual(await Effect.runPromise(denied(turns, doubts)), [])
  })

const settings = { seed: SEED, numRuns: Math.ceil(Math.max(RUNS, 1000) / 25) }

describe("an order that was executed", () => {
  it("does not count as refused, whatever comes behind other answers", () =>
    fc.assert(noneIsDenied(true), settings))

  it("does where every refusal is believed at once", async () => {
    const { failed } = await fc.check(noneIsDenied(false), { ...settings, endOnFailure: true })
    assert.isTrue(failed)
  })
})
