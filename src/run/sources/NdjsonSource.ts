/**
 * Orders from NDJSON: one JSON object a line (see `OrderJson.readOrder`), from a file or standard input.
 */
import { isUtf8 } from "node:buffer"
import { Clock, Effect, FileSystem, Option, type PlatformError, Result, Stdio, Stream } from "effect"
import { counted } from "../../platform/counted.ts"
import { fileProblem } from "../../platform/FileProblem.ts"
import { nowMsUnsafe } from "../../platform/Monotonic.ts"
import { boundedLines, type RawLine } from "../../platform/Lines.ts"
import type { MadeOrder, Moment } from "../../domain/Order.ts"
import { OrdersUnreadable } from "../RunFailure.ts"
import { readOrder } from "./OrderJson.ts"

/** A line that holds no order. */
export interface BadLine {
  /** The file's name, or `standard input`. */
  readonly where: string
  /** Counted from 1. */
  readonly line: number
  /** What is wrong, as a sentence. */
  readonly problem: string
}

/** One line for a user: where, and what is wrong. */
export const showBadLine = (bad: BadLine): string => `${bad.where}, line ${bad.line}: ${bad.problem}`

/** Why an order can never be sent, whatever the time; undefined where it can. */
export type Misfit = (order: MadeOrder) => string | undefined
const fits: Misfit = () => undefined

const MAX_LINE_BYTES = 64 * 1024
/** Their ids are kept to find repeated ones: about a gigabyte of them. */
const MAX_ORDERS = 10_000_000
/** Bad lines that are told one by one: more make a message that nobody reads. */
const MAX_SHOWN = 3

const BLANK = /^\s*$/

const tooManyOrders = (where: string) =>
  new OrdersUnreadable({
    reason: "too-many",
    message: `${where} holds more than ${MAX_ORDERS.toLocaleString("en")} orders`,
  })

const readText = (raw: RawLine): Result.Result<string, string> => {
  if (raw.bytes === undefined) return Result.fail(`the line is longer than ${MAX_LINE_BYTES / 1024} KiB`)
  if (!isUtf8(raw.bytes)) return Result.fail("the line is not UTF-8")
  return Result.succeed(new TextDecoder().decode(raw.bytes))
}

/** Reads lines of one source; knows the ids it has seen. `none` for a blank line. */
const makeLineReader = (where: string, misfit: Misfit) => {
  const ids = new Set<string>()
  const readLine = (raw: RawLine, now: Moment): Result.Result<Option.Option<MadeOrder>, string> =>
    Result.gen(function* () {
      const text = yield* readText(raw)
      if (BLANK.test(text)) return Option.none()
      const order = yield* readOrder(text, now)
      if (ids.has(order.id)) {
        return yield* Result.fail(
          `the id ${JSON.stringify(order.id)} was there before: ids must be unique in a run`,
        )
      }
      const problem = misfit(order)
      if (problem !== undefined) return yield* Result.fail(`"params": ${problem}`)
      ids.add(order.id)
      return Option.some(order)
    })
  return {
    isFull: () => ids.size >= MAX_ORDERS,
    read: (raw: RawLine, now: Moment): Option.Option<Result.Result<MadeOrder, BadLine>> =>
      Result.match(readLine(raw, now), {
        onFailure: (problem) => Option.some(Result.fail({ where, line: raw.number, problem })),
        onSuccess: Option.map(Result.succeed),
      }),
  }
}

const now: Effect.Effect<Moment> = Clock.clockWith((clock) =>
  Effect.sync(() => ({ wallMs: clock.currentTimeMillisUnsafe(), monotonicMs: nowMsUnsafe(clock) })),
)

const unreadable = (where: string) => (error: PlatformError.PlatformError) =>
  new OrdersUnreadable({ reason: "unreadable", message: `cannot read ${where}: ${fileProblem(error)}` })

/** Every line that is not blank: its order, or what is wrong with it. */
const readLines = <R>(
  bytes: Stream.Stream<Uint8Array, PlatformError.PlatformError, R>,
  where: string,
  misfit: Misfit,
): Stream.Stream<Result.Result<MadeOrder, BadLine>, OrdersUnreadable, R> =>
  Stream.suspend(() => {
    const reader = makeLineReader(where, misfit)
    return bytes.pipe(
      Stream.mapError(unreadable(where)),
      boundedLines(MAX_LINE_BYTES),
      Stream.mapEffect((raw) =>
        reader.isFull()
          ? Effect.fail(tooManyOrders(where))
          : Effect.map(now, (moment) => reader.read(raw, moment)),
      ),
      Stream.filterMap(Result.fromOption(() => undefined)),
    )
  })

const fileBytes = (path: string) => Stream.unwrap(Effect.map(FileSystem.FileSystem, (fs) => fs.stream(path)))

const badLinesMessage = (path: string, shown: ReadonlyArray<BadLine>, count: number): string => {
  const problems = shown.map((bad) => `line ${bad.line}: ${bad.problem}`)
  const more = count > shown.length ? [`and ${count - shown.length} more`] : []
  return `${path} has ${counted(count, "bad line")}, nothing was sent: ${[...problems, ...more].join("; ")}`
}

/**
 * Reads a whole file of orders, in constant memory apart from its ids, and gives the number of orders in it.
 * Fails with one line that names its first bad lines, or says why it cannot be read: a run starts on a good
 * file only.
 */
export const validateFile = Effect.fnUntraced(function* (path: string, misfit: Misfit = fits) {
  const fs = yield* FileSystem.FileSystem
  const info = yield* Effect.mapError(fs.stat(path), unreadable(path))
  // A pipe could not be read a second time.
  if (info.type !== "File" && info.type !== "Directory") {
    return yield* new OrdersUnreadable({ reason: "not-a-file", message: `${path} is not a regular file` })
  }
  const shown: Array<BadLine> = []
  let bad = 0
  let orders = 0
  yield* Stream.runForEach(readLines(fileBytes(path), path, misfit), (line) =>
    Effect.sync(() =>
      Result.match(line, {
        onSuccess: () => (orders += 1),
        onFailure: (badLine) => {
          bad += 1
          if (shown.length < MAX_SHOWN) shown.push(badLine)
        },
      }),
    ),
  )
  if (bad > 0) {
    return yield* new OrdersUnreadable({ reason: "bad-lines", message: badLinesMessage(path, shown, bad) })
  }
  return orders
})

/** The orders of a file that {@link validateFile} has found good. Fails at a bad line: the file has changed since. */
export const fromFile = (
  path: string,
  misfit: Misfit = fits,
): Stream.Stream<MadeOrder, OrdersUnreadable, FileSystem.FileSystem> =>
  Stream.mapEffect(readLines(fileBytes(path), path, misfit), (line) =>
    Effect.fromResult(
      Result.mapError(
        line,
        (bad) =>
          new OrdersUnreadable({
            reason: "changed",
            message: `${showBadLine(bad)} (the file has changed since it was checked)`,
          }),
      ),
    ),
  )

/** The orders of standard input, as they come, and its bad lines. Fails where more orders come than ids can be kept of. */
export const fromStdin = (
  misfit: Misfit = fits,
): Stream.Stream<Result.Result<MadeOrder, BadLine>, OrdersUnreadable, Stdio.Stdio> =>
  Stream.unwrap(Effect.map(Stdio.Stdio, (stdio) => readLines(stdio.stdin, "standard input", misfit)))
