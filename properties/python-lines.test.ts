/**
 * The law of the fast way to read a Python client's lines: it reads a line as the regular expressions do, or leaves it to
 * them.
 */
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { scanPythonLine } from "../src/journal/fast/pythonScanner.ts"
import { readPythonLine } from "../src/journal/PythonLog.ts"
import { lineText } from "../src/summary/Writer.ts"
import { asOften } from "./support/law.ts"

/** What is read from a line's bytes, followed by its newline and whatever comes after, and where the next one begins. */
type Scan = (bytes: Buffer) => { readonly event: unknown; readonly next: number } | undefined

/** Somewhere in a file: what stands before a line must not matter. */
const BEFORE = Buffer.from("ignoring request 1\n")

const scan: Scan = (bytes) => {
  const cursor = { at: BEFORE.length }
  const event = scanPythonLine(Buffer.concat([BEFORE, bytes]), BEFORE.length, cursor)
  if (event !== undefined) return { event, next: cursor.at - BEFORE.length }
  assert.strictEqual(cursor.at, BEFORE.length)
  return undefined
}

const two = (value: number): string => String(value).padStart(2, "0")
/** Numbers in their range, and just beyond it. */
const upTo = (max: number) => fc.integer({ min: 0, max: max + 2 }).map(two)

const stamp = fc
  .record({
    year: fc.constantFrom("2026", "2026", "2025", "1970", "0001", "0099", "9999"),
    month: upTo(12),
    day: upTo(31),
    hour: upTo(23),
    minute: upTo(59),
    second: upTo(59),
    millis: fc.nat({ max: 999 }),
  })
  .map(
    ({ year, month, day, hour, minute, second, millis }) =>
      `${year}-${month}-${day} ${hour}:${minute}:${second},${String(millis).padStart(3, "0")}`,
  )
const usualStamp = fc
  .nat({ max: 10 * 365 * 86_400_000 })
  .map((ms) => new Date(Date.UTC(2020, 0, 1) + ms).toISOString().replace("T", " ").replace(".", ","))
  .map((text) => text.slice(0, 23))

const usualId = fc.nat({ max: 10 ** 9 }).map(String)
const oddId = fc.constantFrom(
  "",
  "-1",
  "1.5",
  "abc",
  "7 8",
  "7,8",
  "0000000000000012",
  "999999999999999",
  "9999999999999999",
  "550e8400-e29b-41d4-a716-446655440000",
  "'",
  "ü",
)
const id = fc.oneof({ weight: 4, arbitrary: usualId }, { weight: 1, arbitrary: oddId })

const messages = [
  "exceeded rate limit",
  "too many rate limit errors: blocked",
  "BLOCKED",
  "invalid nonce",
  "Nonce too low",
  "invalid api key",
  "",
  "it's over",
  "{'req_id': '5'}",
  "error_msg",
  "req_id",
]
const fieldOf = (quote: string) =>
  fc.oneof(
    id.map((value) => `${quote}req_id${quote}: ${quote}${value}${quote}`),
    usualId.map((value) => `${quote}req_id${quote}: ${value}`),
    fc.constantFrom(...messages).map((text) => `${quote}error_msg${quote}: ${quote}${text}${quote}`),
    fc.constantFrom("OK", "error").map((text) => `${quote}status${quote}: ${quote}${text}${quote}`),
    fc.constantFrom("'code': 7", "'more': None", "'req_ids': '4'", "'req_id' : '4'", ""),
  )
const oddResp = fc
  .tuple(
    fc.array(fc.oneof({ weight: 4, arbitrary: fieldOf("'") }, fieldOf('"')), { maxLength: 4 }),
    fc.constantFrom(", ", ", ", ", ", ","),
  )
  .map(([fields, comma]) => `{${fields.join(comma)}}`)

/** As these clients write them. */
const usualMessage = fc.oneof(
  usualId.map((id) => `API response: status 200, resp {'req_id': '${id}', 'status': 'OK'}`),
  usualId.map((id) => `API response: status 200, resp {'status': 'OK', 'req_id': '${id}'}`),
  fc
    .tuple(fc.constantFrom(400, 401, 403, 429, 500, 502), fc.constantFrom(...messages.slice(0, 7)))
    .map(
      ([status, text]) => `API response: status ${status}, resp {'error_msg': '${text}', 'status': 'error'}`,
    ),
  fc
    .tuple(usualId, fc.constantFrom("from queue", "in limiter"))
    .map(([id, place]) => `ignoring request ${id} ${place} due to TTL`),
  usualId.map((count) => `Requests ${count}`),
)
const oddMessage = fc.oneof(
  fc
    .tuple(fc.nat({ max: 699 }), oddResp)
    .map(([status, resp]) => `API response: status ${status}, resp ${resp}`),
  fc
    .tuple(id, fc.constantFrom("from queue", "in limiter", "from limiter", "in queue"))
    .map(([id, place]) => `ignoring request ${id} ${place} due to TTL`),
  id.map((count) => `Requests ${count}`),
  fc.constantFrom(
    "Throughput: 87 requests made / second",
    "",
    "Requests",
    "API response: status 200, resp {}",
  ),
)

const start = fc
  .tuple(
    fc.constantFrom("root", "client", "a.b", "-", "ü", "two words", ""),
    fc.constantFrom("INFO", "WARNING", "E", "info", "W1", ""),
  )
  .map(([name, level]) => ` - ${name} - ${level} - `)

const usual = fc
  .tuple(
    usualStamp,
    fc.constantFrom(" - root - INFO - ", " - root - WARNING - ", " - a.b - ERROR - "),
    usualMessage,
  )
  .map((parts) => parts.join(""))
const odd = fc
  .tuple(
    fc.oneof(stamp, usualStamp),
    fc.oneof(fc.constant(" - root - INFO - "), start),
    fc.oneof(usualMessage, oddMessage),
  )
  .map((parts) => parts.join(""))

const spliced = (line: Buffer, at: number, remove: number, insert: Uint8Array): Buffer => {
  const from = at % (line.length + 1)
  return Buffer.concat([line.subarray(0, from), insert, line.subarray(from + remove)])
}
const asBytes = (lines: fc.Arbitrary<string>): fc.Arbitrary<Buffer> => lines.map((line) => Buffer.from(line))
const place = fc.nat({ max: 150 })

const anyLine: fc.Arbitrary<Buffer> = fc.oneof(
  asBytes(usual),
  asBytes(odd),
  // Bytes flipped, cut out or put in, hardly ever UTF-8 afterwards.
  fc
    .tuple(asBytes(usual), place, fc.nat({ max: 3 }), fc.uint8Array({ maxLength: 3 }))
    .map(([line, at, remove, insert]) => spliced(line, at, remove, insert)),
  fc
    .tuple(asBytes(usual), place, fc.constantFrom(...Array.from("{}',\"\\: -\t\r0919aZ"), "ü"))
    .map(([line, at, char]) => spliced(line, at, 1, Buffer.from(char))),
  fc.tuple(asBytes(usual), place).map(([line, at]) => line.subarray(0, at % (line.length + 1))),
  asBytes(usual.map((line) => `\uFEFF${line}`)),
  asBytes(fc.tuple(usual, usual).map(([one, other]) => `${one}${other}`)),
)

const NEWLINE = 0x0a

/** A line, and what may come after it in a file. */
const lineInFile = fc.record({
  line: anyLine.filter((line) => !line.includes(NEWLINE)),
  end: fc.constantFrom("\n", "\n", "\r\n", "\r\r\n"),
  after: fc.constantFrom("", "2026-11-23 16:24:05,711", "\n"),
})
type LineInFile = typeof lineInFile extends fc.Arbitrary<infer A> ? A : never

const isReadTheSame =
  (scan: Scan) =>
  ({ line, end, after }: LineInFile): void => {
    const scanned = scan(Buffer.concat([line, Buffer.from(end + after)]))
    if (scanned === undefined) return
    const read = readPythonLine(lineText(Buffer.concat([line, Buffer.from(end.slice(0, -1))])))
    assert.deepStrictEqual(scanned.event, read)
    assert.strictEqual(scanned.next, line.length + end.length)
  }

/** A line as these clients write it is scanned: else the law would hold for a scanner that reads nothing. */
const isScanned = (line: string): void => {
  assert.isDefined(scan(Buffer.from(`${line}\n`)), line)
  assert.isDefined(scan(Buffer.from(`${line}\r\n`)), line)
}

const replaced = (bytes: Buffer, pattern: RegExp, by: string): Buffer =>
  Buffer.from(bytes.toString("latin1").replace(pattern, by), "latin1")

describe("a Python client's line", () => {
  it("is read from its bytes as the regular expressions read it, or left to them", () => {
    fc.assert(fc.property(lineInFile, isReadTheSame(scan)), asOften(20))
  })

  it("is read from its bytes where it is as these clients write it", () => {
    fc.assert(fc.property(usual, isScanned), asOften(5))
  })

  /** Each reads another line than the one that is there, in its length: what it gets wrong is what it says. */
  const broken: ReadonlyArray<readonly [string, Scan]> = [
    ["there were a month 13", (bytes) => scan(replaced(bytes, /^(\d{4}-)1[34]/, "$112"))],
    [
      "every month had as many days as the one before",
      (bytes) => scan(replaced(bytes, /^(\d{4}-)02/, "$101")),
    ],
    ["hours were looked at for their digits alone", (bytes) => scan(replaced(bytes, / 2[45]:/, " 23:"))],
    [
      "an order in the limiter were one in the queue",
      (bytes) => scan(replaced(bytes, /in limiter/, "from queue")),
    ],
    ["a message were read in lower case", (bytes) => scan(replaced(bytes, /BLOCKED/, "unknown"))],
    [
      "a status beyond 599 were a server's error, too",
      (bytes) => scan(replaced(bytes, /status 6/, "status 5")),
    ],
    [
      "bytes beyond ASCII were taken for ASCII",
      (bytes) => scan(Buffer.from(bytes.map((byte) => byte & 0x7f))),
    ],
    [
      "a line might go on behind its message",
      (bytes) => {
        const end = bytes.indexOf("}")
        return end === -1 ? undefined : scan(Buffer.concat([bytes.subarray(0, end + 1), Buffer.from("\n")]))
      },
    ],
  ]
  it.each(broken)("would not be, if %s", (_, scan) => {
    const { failed, errorInstance } = fc.check(fc.property(lineInFile, isReadTheSame(scan)), {
      ...asOften(20),
      endOnFailure: true,
    })
    assert.isTrue(failed, "the broken variant passed: the law does not catch it")
    assert.match(String(errorInstance), /AssertionError/)
  })
})
