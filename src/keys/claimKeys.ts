/**
 * Claims keys for a run: locks each against every other run of this machine, and reads what is remembered of it. All of
 * them or none.
 */
import { createHash } from "node:crypto"
import { Clock, Effect, Option, Redacted, Schedule } from "effect"
import type { Recall } from "./KeyMemory.ts"
import type { ReachTerms } from "./KeyState.ts"
import type { FormerCost } from "./LimitCosts.ts"
import { isOfKey, type LimitSpec } from "../domain/LimitSpec.ts"
import type { ApiKey, Credentials } from "../domain/ApiKey.ts"
import { nonceIn, type NonceUnit } from "../domain/NonceUnit.ts"
import { invariant } from "../platform/invariant.ts"
import { nowMsUnsafe } from "../platform/Monotonic.ts"
import { KeyLocks } from "./KeyLocks.ts"
import { noExchangeHold, openExchangeHold } from "./ExchangeHold.ts"
import { decodeKeyRecord, type KeyRecord } from "./KeyRecord.ts"
import { carriedLimits } from "./KeyCosts.ts"
import { type KeptKey, openKeyState } from "./KeyState.ts"
import { readOwner, signAsOwner } from "./Owner.ts"
import { otherKeys } from "./otherKeys.ts"
import { KeyInUse, StateUnusable, StateUnwritable } from "./StateError.ts"
import { readState, stateProblem } from "./StateFiles.ts"

/** Makes the hash useless to those who have hashed keys for another purpose. */
const PURPOSE = "paceline state of the API key "

/** A key's name in its state files: half of a SHA-256 in hex, the same on every exchange, as one may have two addresses. */
export const keyName = ({ key, secret }: Credentials): string =>
  createHash("sha256")
    .update(PURPOSE)
    .update(Redacted.value(key ?? secret))
    .digest("hex")
    .slice(0, 32)

export interface ClaimOptions {
  readonly keys: ReadonlyArray<ApiKey>
  /** The directory as messages name it. */
  readonly directory: string
  /** The exchange whose rate-limit errors are counted, as an address without its query; undefined if none are. */
  readonly exchange: string | undefined
  /** Requests that a key may have in the exchange's window. */
  readonly limit: number
  /** The exchange's window with a margin. */
  readonly windowMs: number
  /** All limits, where that is not all. */
  readonly limits?: ReadonlyArray<LimitSpec> | undefined
  readonly reach: ReachTerms
  /** What the keys' nonces count. Default `ms`. */
  readonly nonceUnit?: NonceUnit | undefined
}

/** What is remembered of a key, to show it. */
export interface Remembered {
  readonly label: string
  /** How long the key must keep quiet from now on, in milliseconds. */
  readonly quietMs: number
  /** How long the exchange wants nothing of it, as a former run was told, in milliseconds. */
  readonly heldMs: number
  /** Errors that the exchange has counted in former runs. */
  readonly rateLimitErrors: number
  /** Limits of which former runs have kept nothing, and for how many milliseconds it keeps quiet for each. */
  readonly unknownLimits: ReadonlyArray<{ readonly spec: LimitSpec; readonly quietMs: number }>
}

export interface ClaimedKeys {
  readonly recall: Recall
  readonly remembered: ReadonlyArray<Remembered>
  /** Limits that are not of each key for itself, and that another run counts for itself alone with other keys. */
  readonly inUse: ReadonlyArray<LimitSpec>
}

/** Files that are written or read at the same time. */
const CONCURRENCY = 8

/** Another run that begins has the lock while it takes over what limits count of the key. */
const LOCK_TRIES = Schedule.spaced("20 millis").pipe(Schedule.upTo({ times: 50 }))

/** Locks a key, or says who holds it. */
const lock = Effect.fnUntraced(function* (key: ApiKey, name: string, directory: string) {
  const locks = yield* KeyLocks
  const locked = Effect.retry(locks.lock(name), {
    while: ({ _tag }) => _tag === "Locked",
    schedule: LOCK_TRIES,
  })
  yield* Effect.catchTag(
    locked,
    "Locked",
    Effect.fnUntraced(function* () {
      const owner = Option.map(yield* readOwner(name), ({ pid, since }) => ({ pid, since }))
      return yield* new KeyInUse({
        label: key.label,
        directory,
        ...(Option.isSome(owner) ? { owner: owner.value } : {}),
      })
    }),
  )
})

/** The last nonce of former runs in this one's unit, or that no nonce in it is greater. */
const lastNonceOf = (former: KeyRecord | undefined, label: string, unit: NonceUnit) => {
  const last = nonceIn(former?.lastNonce ?? 0, former?.nonceUnit ?? "ms", unit)
  return last === undefined
    ? Effect.fail(
        new StateUnusable({
          reason: "nonce-unit",
          label,
          message: `${label} was used with nonces in ns, and one in ${unit} would be refused for ever`,
        }),
      )
    : Effect.succeed(last)
}

/** Each keeps as quiet as all of them must, and waits for a ping where one of them must. */
const asOne = (
  memories: ReadonlyArray<readonly [label: string, memory: KeptKey]>,
  others: ReadonlyArray<FormerCost>,
): ReadonlyArray<readonly [string, KeptKey]> => {
  const quietUntilMs = Math.max(...memories.map(([, memory]) => memory.quietUntilMs))
  const windows = memories.flatMap(([, { unansweredWindowMs }]) => unansweredWindowMs ?? [])
  const unansweredWindowMs = windows.length === 0 ? undefined : Math.max(...windows)
  return memories.map(([label, memory], n) => {
    const formerCosts = n === 0 ? [...memory.formerCosts, ...others] : memory.formerCosts
    return [label, { ...memory, formerCosts, quietUntilMs, unansweredWindowMs }]
  })
}

const rememberedOf = (label: string, memory: KeptKey, nowMs: number): Remembered => {
  const left = (untilMs: number) => Math.max(0, untilMs - nowMs)
  return {
    label,
    quietMs: left(memory.quietUntilMs),
    heldMs: left(Math.max(memory.held.key, memory.held.all)),
    rateLimitErrors: memory.rateLimitErrors,
    unknownLimits: memory.unknownLimits.map(({ spec, untilMs }) => ({ spec, quietMs: left(untilMs) })),
  }
}

/** Claims the keys for as long as the scope, and remembers from then on what they did. */
export const claimKeys = Effect.fnUntraced(function* (options: ClaimOptions) {
  const { directory, nonceUnit = "ms" } = options
  const clock = yield* Clock.Clock
  const keys = options.keys.map((key) => ({ key, name: keyName(key), file: `${keyName(key)}.json` }))
  yield* Effect.forEach(keys, ({ key, name }) => lock(key, name, directory), { discard: true })
  const known = yield* Effect.forEach(
    keys,
    (one) => {
      const { label } = one.key
      return Effect.flatMap(
        readState({ directory, file: one.file, of: label, label }, decodeKeyRecord),
        (former) =>
          Effect.map(lastNonceOf(former, label, nonceUnit), (lastNonce) => ({ ...one, former, lastNonce })),
      )
    },
    { concurrency: CONCURRENCY },
  )
  const { exchange, limits = [], reach, windowMs } = options
  const carried = carriedLimits(
    limits,
    known.map(({ former }) => former?.limits),
  )
  const others = yield* otherKeys(
    known.map(({ former }) => former),
    known.map(({ file }) => file),
    { own: limits, carried },
    { windowMs, reachMs: reach.boundMs ?? reach.requestTimeoutMs },
  )
  const exchangeHold = exchange === undefined ? noExchangeHold : yield* openExchangeHold(exchange, directory)
  // Writes nothing before every key is ours and readable.
  const opened = yield* Effect.forEach(
    known,
    Effect.fnUntraced(function* ({ key, name, file, former, lastNonce }, n) {
      yield* Effect.mapError(
        signAsOwner(name, key.label),
        (error) => new StateUnwritable({ directory, problem: stateProblem(error) }),
      )
      const sharing = {
        carried,
        sharers: keys.length,
        levelMs: others.levelMs,
        taken: n === 0 ? others.taken : [],
      }
      const settings = { ...options, ...sharing, exchangeHold, file, former, lastNonce }
      return { label: key.label, memory: yield* openKeyState(settings) }
    }),
    { concurrency: CONCURRENCY },
  )
  yield* Effect.mapError(
    others.forgetTaken,
    (error) => new StateUnwritable({ directory, problem: stateProblem(error) }),
  )
  const all = opened.map(({ label, memory }) => [label, memory] as const)
  const nowMs = nowMsUnsafe(clock)
  const memories = new Map<string, KeptKey>(limits.every(isOfKey) ? all : asOne(all, others.former))
  return {
    recall: ({ label }) =>
      Effect.sync(() => {
        const memory = memories.get(label)
        invariant(memory !== undefined, `${label} was not claimed`)
        return memory
      }),
    remembered: Array.from(memories, ([label, memory]) => rememberedOf(label, memory, nowMs)),
    inUse: others.inUse,
  } satisfies ClaimedKeys
})
