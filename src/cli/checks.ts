/** What a command checks of its flags, and of what surrounds it, before it begins anything. */
import { fstatSync } from "node:fs"
import { dirname, resolve } from "node:path"
import process from "node:process"
import { Console, Duration, Effect, FileSystem, Option, Result } from "effect"
import { NetAddress } from "effect/net"
import { counted } from "../platform/counted.ts"
import { refuse, UsageError } from "./errors.ts"
import { quote } from "../platform/quote.ts"
import { isFolder } from "../recovery/readJournals.ts"
import { meanGapMs, type RandomSourceRate } from "../run/sources/RandomSource.ts"
import { isSameFile } from "./files.ts"

export const LONGEST_WINDOW = Duration.hours(1)
export const LONGEST_DELAY = Duration.minutes(1)

/** Fails with what to write instead where the exchange cannot keep a flag's duration. */
export const exchangeMillis = (
  flag: string,
  value: Duration.Duration,
  longest: Duration.Duration,
): Effect.Effect<void, UsageError> => {
  if (!Number.isInteger(Duration.toMillis(value))) {
    const message = `${flag}: the exchange counts in whole milliseconds; write 1ms, not ${Duration.toMillis(value)}ms`
    return refuse(message)
  }
  return Duration.isGreaterThan(value, longest)
    ? refuse(
        `${flag}: ${Duration.format(value)} is more than the exchange can keep; at most ${Duration.format(longest)}`,
      )
    : Effect.void
}

/** No exchange counts in less; a longer window has the wrong unit: it would let one order pass in hours. */
const SHORTEST_WINDOW = Duration.millis(1)
const LONGEST_FOREIGN_WINDOW = Duration.days(1)

/** Fails where a window cannot be that of any exchange. */
export const checkWindow = (window: Duration.Duration) =>
  Duration.between(window, { minimum: SHORTEST_WINDOW, maximum: LONGEST_FOREIGN_WINDOW })
    ? Effect.void
    : refuse("--window: from 1ms to 1d")

/** The journal must not be written into what the run reads. */
export const checkLog = Effect.fnUntraced(function* (
  log: Option.Option<string>,
  read: ReadonlyArray<readonly [flag: string, file: Option.Option<string>]>,
) {
  if (Option.isNone(log)) return
  for (const [flag, name] of read) {
    if (Option.isSome(name) && (yield* isSameFile(log.value, name.value))) {
      return yield* refuse(
        `--log and ${flag} name the same file, ${quote(name.value)}; write the journal to another`,
      )
    }
  }
})

/** More orders cannot be made in time and would only fill the queue. A thousand times the exercise's load is below it. */
const MOST_ORDERS_PER_SECOND = 100_000

/** A journal that the next run with the same flags would not find is worth nothing to it: everything would be sent again. */
export const checkFound = Effect.fnUntraced(function* (
  log: Option.Option<string>,
  former: ReadonlyArray<string>,
) {
  const fs = yield* FileSystem.FileSystem
  const folders = yield* Effect.filter(former, isFolder)
  if (Option.isNone(log) || folders[0] === undefined) return
  const real = (path: string) => Effect.orElseSucceed(fs.realPath(path), () => resolve(path))
  const found = yield* Effect.forEach([...folders, ...former], real)
  const file = yield* real(log.value)
  const isFound = found.includes(file) || found.includes(yield* real(dirname(log.value)))
  if (isFound) return
  return yield* new UsageError({
    message: `--log ${quote(log.value)}: the next run with the same --resume would not find it, and would send its orders again. Name a file in ${quote(folders[0])}, or leave out --log`,
  })
})

/** Fails where these flags ask for no orders at all, or for more than can be made. */
export const checkOrderRate = (rate: RandomSourceRate): Effect.Effect<void, UsageError> => {
  if (rate.load === 0) {
    return refuse("--load: 0 makes no orders; write a number above 0")
  }
  const perSecond = 1000 / meanGapMs(rate)
  if (perSecond <= MOST_ORDERS_PER_SECOND) return Effect.void
  return refuse(
    `--load, --limit, --window and ${counted(rate.keys, "key")} ask for ${Math.round(perSecond).toLocaleString("en")} orders a second; at most ${MOST_ORDERS_PER_SECOND.toLocaleString("en")} are made: write a smaller --load or --limit, or a longer --window`,
  )
}

/** Whether a host is this machine, and traffic to it stays here. */
export const isLoopback = (host: string): boolean => {
  // A URL writes an IPv6 address in brackets.
  const bare = host.replace(/^\[(.*)\]$/, "$1")
  return (
    bare === "localhost" ||
    Result.match(NetAddress.ipFromString(bare), { onFailure: () => false, onSuccess: NetAddress.isLoopback })
  )
}

const isDirectory = Effect.orElseSucceed(
  Effect.try(() => fstatSync(process.stdin.fd).isDirectory()),
  () => false,
)

/**
 * Fails if standard input is a directory, which would read as if it were empty. Says what the run waits for if it is a
 * terminal.
 */
export const expectOrdersOnStandardInput = Effect.gen(function* () {
  if (yield* isDirectory) {
    return yield* refuse("--orders -: standard input is a directory; give it a file or a pipe")
  }
  if (process.stdin.isTTY) {
    yield* Console.error(
      "reading orders from this terminal, one a line; Ctrl-D ends them, Ctrl-C stops the run",
    )
  }
})
