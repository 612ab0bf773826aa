/**
 * The laws of reading venues' answers: whatever comes back is read, an acceptance is one that the venue itself has written, a
 * failing server refuses nothing, and what is told of an answer shows no credentials that it repeats.
 */
import { Redacted, Result } from "effect"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { lakeside } from "../docs/lakeside.ts"
import { type ApiKey, withoutCredentials } from "../src/domain/ApiKey.ts"
import { resultOf } from "../src/venues/submitResult.ts"
import type { Reading, Venue } from "../src/venues/Venue.ts"
import { venues } from "../src/venues/venues.ts"
import { asOften } from "./support/law.ts"

const all: ReadonlyArray<Venue> = Object.values(venues)
  .flatMap((make) => [make({ isLive: true }), make({ isLive: false })])
  .concat(lakeside())

const KEY: ApiKey = {
  label: "key-1",
  key: Redacted.make("MARK-key/1"),
  secret: Redacted.make("MARK-secret+2"),
  passphrase: Redacted.make("MARK pass&3"),
}
const marks = fc.constantFrom("MARK-key/1", "MARK-secret+2", "MARK pass&3", encodeURIComponent("MARK pass&3"))

/** Words of the venues, put together anyhow. */
const words = fc.constantFrom(
  ..."error result EAPI:Invalid nonce EOrder:Rate limit exceeded count descr order txid unixtime code msg message".split(
    " ",
  ),
  ..."orderId clientOrderId serverTime transactTime status id client_oid iso epoch error_msg req_id OK o-1".split(
    " ",
  ),
)
const leaf = fc.oneof(
  words,
  marks,
  fc.string(),
  fc.integer(),
  fc.constant(-1007),
  fc.boolean(),
  fc.constant(null),
)
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small" },
    leaf,
    fc.array(tie("tree"), { maxLength: 3 }),
    fc.dictionary(words, tie("tree"), { maxKeys: 5 }),
  ),
}))
/** Answers as the venues write them, or nearly. */
const near = fc.oneof(
  fc.record({
    error: fc.array(
      fc.oneof(
        words,
        marks.map((mark) => `EOrder:${mark}`),
      ),
    ),
    result: tree,
  }),
  fc.record({ code: fc.constantFrom(-1007, -1021, -1022, -2010, -1), msg: fc.oneof(words, marks) }),
  fc.record({ orderId: fc.integer(), clientOrderId: fc.constantFrom("o-1", "o-2"), status: marks }),
  fc.record({ message: fc.oneof(words, marks) }),
  fc.record({ id: fc.oneof(words, marks), client_oid: fc.constantFrom("o-1", "o-2") }),
  fc.record({ status: fc.constant("error"), error_msg: fc.oneof(words, marks) }),
)
const html = fc.oneof(words, marks).map((word) => `<html>${word}</html>`)
const bodies = fc.oneof(
  tree.map((value) => JSON.stringify(value)),
  near.map((value) => JSON.stringify(value)),
  html,
  fc.string(),
)
const statuses = fc.oneof(
  fc.constantFrom(200, 200, 400, 401, 403, 408, 418, 429, 500, 503),
  fc.integer({ min: 100, max: 999 }),
)
const orders = fc.constantFrom({ id: "o-1" }, { id: "o-1", params: { action: "cancel" } })
const answers = fc.record({
  venue: fc.constantFrom(...all),
  order: orders,
  status: statuses,
  headers: fc.dictionary(fc.constantFrom("x-mbx-used-weight-1m", "retry-after"), fc.string()),
  body: bodies,
})

interface Client {
  readonly read: (venue: Venue, ...asked: Parameters<Venue["read"]>) => Reading
  readonly hide: (text: string) => string
}
const right: Client = {
  read: (venue, ...asked) => venue.read(...asked),
  hide: (text) => withoutCredentials(text, KEY),
}

const isHtml = (body: string) => body.startsWith("<")

const law = ({ hide, read }: Client) =>
  fc.property(answers, ({ order, venue, ...answer }) => {
    const { body, status } = answer
    const reading = read(venue, answer, order, 0)
    const { meaning } = reading
    assert.isBoolean(venue.isAnonymous(answer))
    assert.isBoolean(venue.answersPing(answer))
    if (meaning.kind === "accepted") assert.isTrue(status === 200 && !isHtml(body), "a stranger's acceptance")
    if (status >= 500 || (status < 400 && isHtml(body))) assert.strictEqual(meaning.kind, "unknown")
    const told = resultOf({ orderId: order.id, key: KEY.label }, status, meaning, hide)
    const shown = JSON.stringify(told) + (Result.isFailure(told) ? told.failure.message : "")
    assert.notInclude(shown, "MARK", "credentials are shown")
    const other = /"clientOrderId":"o-2"|"client_oid":"o-2"/.test(body) && !body.includes("o-1")
    if (
      other &&
      (venue.name === "binance" || venue.name === "coinbaseexchange") &&
      order.params === undefined
    )
      assert.notStrictEqual(meaning.kind, "accepted", "another order's acceptance")
  })

const BROKEN: ReadonlyArray<{ readonly what: string; readonly client: Client }> = [
  {
    what: "takes a status 200 for an acceptance",
    client: {
      ...right,
      read: (venue, ...asked) =>
        asked[0].status === 200 ? { meaning: { kind: "accepted" } } : venue.read(...asked),
    },
  },
  {
    what: "believes a failing server's words",
    client: {
      ...right,
      read: (venue, answer, ...rest) =>
        venue.read({ ...answer, status: answer.status >= 500 ? 400 : answer.status }, ...rest),
    },
  },
  { what: "shows what an answer says as it came", client: { ...right, hide: (text) => text } },
  {
    what: "hides the secret alone",
    client: { ...right, hide: (text) => withoutCredentials(text, { label: KEY.label, secret: KEY.secret }) },
  },
]

describe("whatever venues answer", () => {
  it("is read for no more than it says", () => {
    fc.assert(law(right), asOften(30))
  })

  it.each(BROKEN)("is not by a client that $what", ({ client }) => {
    assert.isTrue(fc.check(law(client), { ...asOften(30), endOnFailure: true }).failed)
  })
})
