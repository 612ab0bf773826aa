/**
 * The law of the fast way to read a journal's lines: it accepts, refuses and reads every line as the Schema does.
 */
import { Arbitrary, Effect, Option, Schema } from "effect"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { scanRecord } from "../src/journal/fast/recordScanner.ts"
import { readJournalLine } from "../src/journal/journalLine.ts"
import { JournalLine, JournalRecord } from "../src/journal/JournalRecord.ts"
import { lineText } from "../src/journal/LogReader.ts"
import { asOften } from "./support/law.ts"

/** A line's bytes as a fast reader takes them: the line, its newline, and whatever comes after. */
type Scan = (bytes: Buffer) => { readonly record: unknown; readonly next: number } | undefined

const scan: Scan = (bytes) => {
  const cursor = { at: 0 }
  const record = scanRecord(bytes, 0, cursor)
  if (record !== undefined) return { record, next: cursor.at }
  assert.strictEqual(cursor.at, 0)
  return undefined
}

const encode = Schema.encodeSync(JournalLine)
const anyRecord = Arbitrary.schema(JournalRecord)
/** Whatever the Schema allows. */
const records: fc.Arbitrary<JournalRecord> = fc
  .nat()
  .map((seed) => Effect.runSync(Arbitrary.sampleEffect(anyRecord, { seed, count: 1 })))
  .map(([record]) => record ?? assert.fail("the Schema allows no record"))

/** Times and names as they mostly are, in place of those that are merely possible. */
const micros = fc.integer({ min: 0, max: 90_000_000_000 }).map((value) => value / 1000)
const lifelike = fc
  .record({
    record: records,
    times: fc.array(micros, { minLength: 5, maxLength: 5 }),
    nonce: fc.integer({ min: 1_700_000_000_000, max: 1_800_000_000_000 }),
    id: fc.oneof(fc.nat().map(String), fc.uuid(), fc.string({ minLength: 1, maxLength: 64 })),
  })
  .map(({ record, times, nonce, id }) => {
    const [t = 0, createdAt = 0, sent = 0, written = 0, settled = 0] = times
    const usual = { t, createdAt, sent, written, settled, nonce, id, key: "key-1" }
    const fields = Object.entries(record).map(([name, value]): [string, unknown] => [
      name,
      Object.entries(usual).find(([field]) => field === name)?.[1] ?? value,
    ])
    return encode(Option.getOrThrow(readJournalLine(JSON.stringify(Object.fromEntries(fields)))))
  })

const valid = fc.oneof({ weight: 3, arbitrary: lifelike }, { weight: 1, arbitrary: records.map(encode) })

const numbers = fc.oneof(
  fc.constantFrom("-0", "0", "-1", "1e3", "1E-2", "1.0", "01", "-", "1.", ".5", "+1", "0.1e1", "00", "1e999"),
  fc.constantFrom(
    "9007199254740993",
    "9007199254740991",
    "123456789012345678901234567890",
    "NaN",
    "null",
    '"1"',
  ),
  fc.constantFrom("999999999999999", "0.000000000000001", "1767225600000.0005", "-123.456", "0.1", "1.5"),
  fc.double().map(String),
  fc.bigInt({ min: 0n, max: 10n ** 18n }).map(String),
  fc.tuple(fc.nat({ max: 10 ** 9 }), fc.nat({ max: 10 ** 9 })).map(([whole, rest]) => `${whole}.${rest}`),
)
const texts = fc.oneof(
  fc.constantFrom(
    '"\\u0061"',
    '"a\\"b"',
    '"\\n"',
    '"\\\\"',
    '"\\x"',
    '""',
    '"ü"',
    '"🚀"',
    '"\u007f"',
    "1",
    "null",
  ),
  fc.constantFrom(
    `"${"a".repeat(64)}"`,
    `"${"a".repeat(65)}"`,
    '"accepted"',
    '"sent"',
    '"nonce"',
    '"not-sent"',
  ),
  fc.string().map((text) => JSON.stringify(text)),
)

/** Where JSON's values lie in a line, roughly: what a mutation puts another in the place of. */
const VALUES = /:("(?:[^"\\]|\\.)*"|[-0-9.eE+]+)/g

/** Puts another value in the place of the n-th. */
const withValue = (line: string, nth: number, value: string): string => {
  const found = [...line.matchAll(VALUES)]
  const match = found[nth % Math.max(1, found.length)]
  if (match === undefined) return line
  return `${line.slice(0, match.index + 1)}${value}${line.slice(match.index + match[0].length)}`
}

/** The line's fields, as text, in another order, or with one twice, missing, or more. */
const withFields = (line: string, change: (fields: ReadonlyArray<string>) => ReadonlyArray<string>): string =>
  `{${change(line.slice(1, -1).split(/,(?=")/)).join(",")}}`

const spliced = (line: Buffer, at: number, remove: number, insert: Uint8Array): Buffer => {
  const from = at % (line.length + 1)
  return Buffer.concat([line.subarray(0, from), insert, line.subarray(from + remove)])
}

const asBytes = (lines: fc.Arbitrary<string>): fc.Arbitrary<Buffer> => lines.map((line) => Buffer.from(line))
const place = fc.nat({ max: 400 })

const anyLine: fc.Arbitrary<Buffer> = fc.oneof(
  asBytes(valid),
  asBytes(
    fc
      .tuple(valid, fc.nat({ max: 12 }), fc.oneof(numbers, texts))
      .map(([line, nth, value]) => withValue(line, nth, value)),
  ),
  asBytes(
    fc.tuple(valid, fc.nat({ max: 12 }), fc.nat({ max: 12 })).map(([line, from, to]) =>
      withFields(line, (fields) => {
        const rest = fields.filter((_, index) => index !== from % fields.length)
        return rest.toSpliced(to, 0, fields[from % fields.length] ?? "")
      }),
    ),
  ),
  asBytes(
    fc
      .tuple(valid, fc.nat({ max: 12 }))
      .map(([line, nth]) =>
        withFields(line, (fields) => fields.filter((_, index) => index !== nth % fields.length)),
      ),
  ),
  asBytes(
    fc
      .tuple(
        valid,
        fc.nat({ max: 12 }),
        fc.constantFrom('"more":1', '"t":1', '"type":"sent"', '"__proto__":1', '"written":2'),
      )
      .map(([line, nth, field]) => withFields(line, (fields) => fields.toSpliced(nth, 0, field))),
  ),
  // Bytes flipped, cut out or put in, hardly ever UTF-8 afterwards.
  fc
    .tuple(asBytes(valid), place, fc.nat({ max: 3 }), fc.uint8Array({ maxLength: 3 }))
    .map(([line, at, remove, insert]) => spliced(line, at, remove, insert)),
  fc
    .tuple(asBytes(valid), place, fc.constantFrom(...Array.from('{}[]",:\\ \t\r.-+eE0919', (char) => char)))
    .map(([line, at, char]) => spliced(line, at, 1, Buffer.from(char))),
  fc.tuple(asBytes(valid), place).map(([line, at]) => line.subarray(0, at % (line.length + 1))),
  asBytes(valid.map((line) => `\uFEFF${line}`)),
  asBytes(fc.tuple(valid, valid).map(([one, other]) => `${one}${other}`)),
)

const NEWLINE = 0x0a

/** A line, and what may come after it in a file. */
const lineInFile = fc.record({
  line: anyLine.filter((line) => !line.includes(NEWLINE)),
  end: fc.constantFrom("\n", "\n", "\r\n", "\r\r\n"),
  after: fc.constantFrom("", '{"type":"sent"', "\n"),
})
type LineInFile = typeof lineInFile extends fc.Arbitrary<infer A> ? A : never

/** A line that is scanned is a record to the Schema, and the same one, to the last bit of its numbers. */
const isReadTheSame =
  (scan: Scan) =>
  ({ line, end, after }: LineInFile): void => {
    const bytes = Buffer.concat([line, Buffer.from(end + after)])
    const scanned = scan(bytes)
    if (scanned === undefined) return
    const read = readJournalLine(lineText(bytes.subarray(0, line.length + end.length - 1)))
    assert.deepStrictEqual(scanned.record, Option.getOrUndefined(read))
    assert.strictEqual(scanned.next, line.length + end.length)
  }

/** A line in our own form is scanned: else the law would hold for a scanner that reads nothing. */
const isScanned = (line: string): void => {
  const isOurs = !line.startsWith('{"type":"header"') && /^[\x20-\x7e]*$/.test(line) && !line.includes("\\")
  const isPlain = !/[0-9]e|[0-9.]{16}/.test(line)
  if (isOurs && isPlain) assert.isDefined(scan(Buffer.from(`${line}\n`)), line)
}

const found = (bytes: string): LineInFile => ({ line: Buffer.from(bytes), end: "\n", after: "" })
const sent = (t: string, id = '"a"') =>
  `{"type":"sent","t":${t},"id":${id},"key":"key-1","nonce":1,"createdAt":0,"attempt":1}`

describe("a journal's line", () => {
  it("is read from its bytes as the Schema reads it, or left to the Schema", () => {
    fc.assert(fc.property(lineInFile, isReadTheSame(scan)), {
      ...asOften(20),
      examples: [sent("-0"), sent("0.1"), sent("9007199254740993"), sent("1", '""'), sent("01")].map(
        (line): [LineInFile] => [found(line)],
      ),
    })
  })

  it("is read from its bytes where it is as we write it", () => {
    fc.assert(fc.property(records.map(encode), isScanned), asOften(5))
    fc.assert(fc.property(lifelike, isScanned), asOften(5))
  })

  const broken: ReadonlyArray<readonly [string, Scan]> = [
    [
      "numbers are put together from their decimals",
      (bytes) => {
        const line = scan(bytes)
        if (line === undefined || typeof line.record !== "object") return line
        const shifted = Object.entries(line.record ?? {}).map(([name, value]): [string, unknown] => [
          name,
          typeof value === "number" ? Math.trunc(value) + (value % 1) * 10 * 0.1 : value,
        ])
        return { ...line, record: Object.fromEntries(shifted) }
      },
    ],
    [
      "escapes are taken as they stand",
      (bytes) => {
        const plain = Buffer.from(bytes.map((byte) => (byte === 0x5c ? 0x2d : byte)))
        return scan(plain)
      },
    ],
    [
      "bytes beyond ASCII are taken for ASCII",
      (bytes) => scan(Buffer.from(bytes.map((byte) => (byte > 0x7f ? byte & 0x7f : byte)))),
    ],
    [
      "a line may go on behind its record",
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
