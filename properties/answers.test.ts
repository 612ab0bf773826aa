/**
 * The laws of reading the exercise's answers: the fast way takes for an acceptance exactly what the Schema takes for one,
 * and nothing that an exchange answers, whatever the order is called, keeps its request from settling.
 */
import { Option, Redacted, Result } from "effect"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { acceptanceBySchema, acceptanceOf, answersPing, readAnswer } from "../src/venues/exercise/answer.ts"
import { verdictOf } from "../src/domain/SubmitError.ts"
import { asOften } from "./support/law.ts"

const hostileId = fc
  .array(
    fc.constantFrom('"', "\\", ",", ":", "req_id", "a", "\u0000", "\u001f", "\u007f", "\ud800", "\u2028"),
  )
  .map((parts) => parts.join(""))
const ids = fc.oneof(
  fc.nat().map((n) => `o-${n}`),
  fc.string({ maxLength: 64 }),
  fc.string({ unit: "binary", maxLength: 64 }),
  hostileId,
)

const written = (id: string): string => `{"status":"OK","req_id":"${id}"}`

/** An answer's body for an order: right, in another form, another's, damaged, or anything at all. */
const bodyFor = (id: string): fc.Arbitrary<string> => {
  const right = fc.oneof(
    fc.constant(written(id)),
    fc.constant(JSON.stringify({ status: "OK", req_id: id })),
    fc.constant(JSON.stringify({ req_id: id, more: 1, status: "OK" })),
    fc.constant(JSON.stringify({ status: "OK", req_id: id }, undefined, 2)),
  )
  const damaged = fc
    .tuple(right, fc.nat(), fc.string({ maxLength: 3 }), fc.nat({ max: 3 }))
    .map(([text, place, patch, removed]) => {
      const at = place % (text.length + 1)
      return text.slice(0, at) + patch + text.slice(at + removed)
    })
  return fc.oneof(right, damaged, ids.map(written), fc.json(), fc.string())
}

const orderAndBody = ids.chain((id) => fc.tuple(fc.constant(id), bodyFor(id)))

type Read = (orderId: string, body: string) => Option.Option<{ readonly req_id: string }>

const sameAsSchema = (read: Read) =>
  fc.property(orderAndBody, ([id, body]) => {
    assert.deepStrictEqual(read(id, body), acceptanceBySchema(id, body))
  })

const brokenReads: ReadonlyArray<{ readonly what: string; readonly read: Read }> = [
  {
    what: "believes the letters alone, also of an id that JSON would write otherwise",
    read: (id, body) =>
      body === written(id) ? Option.some({ status: "OK", req_id: id }) : acceptanceBySchema(id, body),
  },
  {
    what: "is content with the beginning",
    read: (id, body) =>
      body.startsWith(`{"status":"OK","req_id":"${id}`) && /^\w+$/.test(id)
        ? Option.some({ status: "OK", req_id: id })
        : acceptanceBySchema(id, body),
  },
]

describe("an acceptance", () => {
  it("is read as the Schema reads it", () => {
    fc.assert(sameAsSchema(acceptanceOf), asOften(30))
  })

  it.each(brokenReads)("is not read so by one that $what", ({ read }) => {
    assert.isTrue(fc.check(sameAsSchema(read), { ...asOften(30), endOnFailure: true }).failed)
  })
})

describe("whatever an exchange answers", () => {
  const statuses = fc.oneof(fc.constantFrom(200, 400, 401, 408, 429, 500), fc.integer({ min: 0, max: 999 }))
  const answers = fc.tuple(statuses, orderAndBody, fc.string(), fc.boolean())
  const settles = (read: typeof readAnswer) =>
    fc.property(answers, ([status, [orderId, body], secret, isRefusal]) => {
      const said = isRefusal ? JSON.stringify({ status: "error", error_msg: body }) : body
      const result = read({ orderId, key: "key-1" }, status, said, Redacted.make(secret))
      assert.isBoolean(answersPing(status, said))
      if (Result.isFailure(result)) assert.isString(verdictOf(result.failure).kind)
    })

  it("settles its request", () => {
    fc.assert(settles(readAnswer), asOften(10))
  })

  it("is caught where it throws on some", () => {
    const throws: typeof readAnswer = (about, status, body, secret) => {
      if (status === 200) JSON.parse(body)
      return readAnswer(about, status, body, secret)
    }
    assert.isTrue(fc.check(settles(throws), { ...asOften(10), endOnFailure: true }).failed)
  })
})
