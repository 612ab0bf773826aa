/** What keys have sent that a run does not claim, and that its folder knows: limits may count them together. */
import { Clock, Effect, Exit, Result, Scope } from "effect"
import { nowMsUnsafe } from "../platform/Monotonic.ts"
import { isOfKey, type LimitSpec, showLimit } from "../domain/LimitSpec.ts"
import { Boot } from "./Boot.ts"
import { type Beliefs, inherit } from "./coldStart.ts"
import { KeyLocks } from "./KeyLocks.ts"
import { decodeKeyRecord, encodeKeyRecord, type KeyRecord } from "./KeyRecord.ts"
import {
  type FormerTimes,
  lastLevelMs,
  LimitCosts,
  type LimitCostsRecord,
  settledTimes,
} from "./LimitCosts.ts"
import { StateFiles } from "./StateFiles.ts"

/** The names of keys' state files. */
const KEY_FILE = /^([0-9a-f]{32})\.json$/

interface OtherKey {
  readonly file: string
  readonly record: KeyRecord
  /** Another run has it. What all others have sent is counted with one of our keys from now on. */
  readonly isRunning: boolean
}

const isOfBoot = ({ bootId }: KeyRecord, { id }: Boot["Service"]): boolean =>
  id !== undefined && bootId === id

const isShared = (limits: ReadonlyArray<LimitSpec>, { limit }: LimitCostsRecord): boolean =>
  limits.some((spec) => !isOfKey(spec) && showLimit(spec) === limit)

const read = Effect.fnUntraced(function* (file: string) {
  const store = yield* StateFiles
  const text = yield* Effect.orElseSucceed(store.get(file), () => undefined)
  const record = text === undefined ? undefined : decodeKeyRecord(text)
  return record !== undefined && Result.isSuccess(record) ? record.success : undefined
})

/**
 * What the folder remembers of keys that are not claimed. What cannot be read is not ours, and its own run says so.
 *
 * What nobody has is taken over under the key's lock: there it would never grow old where another boot has left it, and of a
 * bucket nobody would know what has drained.
 */
const readOthers = Effect.fnUntraced(function* (
  files: ReadonlyArray<string>,
  limits: ReadonlyArray<LimitSpec>,
  taking: Scope.Scope,
) {
  const store = yield* StateFiles
  const locks = yield* KeyLocks
  const names = yield* Effect.orElseSucceed(store.list, () => [])
  const counts = (one: LimitCostsRecord) => isShared(limits, one) && one.ahead + one.scopes.length > 0
  const found = yield* Effect.forEach(
    names.filter((file) => !files.includes(file)),
    Effect.fnUntraced(function* (file): Effect.fn.Return<ReadonlyArray<OtherKey>, never, StateFiles> {
      const [, name] = KEY_FILE.exec(file) ?? []
      const record = name === undefined ? undefined : yield* read(file)
      if (name === undefined || record?.limits?.some(counts) !== true) return []
      const isRunning = Exit.isFailure(yield* Effect.exit(Scope.provide(locks.lock(name), taking)))
      // Whoever had it until now may have written more.
      return [{ file, record: (yield* read(file)) ?? record, isRunning }]
    }),
    { concurrency: 8 },
  )
  return found.flat()
})

/** What was taken over stands in a record of ours: now it is forgotten in the other's. */
const forget = ({ file, record }: OtherKey, limits: ReadonlyArray<LimitSpec>) =>
  Effect.flatMap(StateFiles, (store) => {
    const left = record.limits?.map((one) => (isShared(limits, one) ? { ...one, ahead: 0, scopes: [] } : one))
    return store.set(file, encodeKeyRecord({ ...record, ...(left && { limits: left }) }))
  })

/** What other keys have sent counts in limits that all share; and which of these another run is using now. */
export const otherKeys = Effect.fnUntraced(function* (
  formers: ReadonlyArray<KeyRecord | undefined>,
  files: ReadonlyArray<string>,
  /** Those of the run, and those that it carries on. */
  {
    carried,
    own: limits,
  }: { readonly own: ReadonlyArray<LimitSpec>; readonly carried: ReadonlyArray<LimitSpec> },
  own: Beliefs,
) {
  const all = [...limits, ...carried]
  const boot = yield* Boot
  const taking = yield* Scope.fork(yield* Effect.scope)
  const others = all.every(isOfKey) ? [] : yield* readOthers(files, all, taking)
  const nowMs = nowMsUnsafe(yield* Clock.Clock)
  const sinceBootMs = nowMs + boot.offsetMs
  const levels = [...formers, ...others.map(({ record }) => record)].map((record) =>
    record !== undefined && isOfBoot(record, boot) ? record.limits : undefined,
  )
  const levelMs = (limit: string) => lastLevelMs(levels, limit)
  const timesOf = (record: KeyRecord): FormerTimes => {
    const moment = { bootId: boot.id, nowMs: sinceBootMs, doubtMs: boot.doubtMs }
    const arrivedByMs = inherit(record, own, moment).arrivedByMs - boot.offsetMs
    const settledMs = settledTimes(isOfBoot(record, boot), arrivedByMs, boot)
    // Time alone tells: no lane is there that would ask.
    return { settledMs, levelMs, arrivedByMs, isUnanswered: false }
  }
  const taken = others.filter(({ isRunning }) => !isRunning)
  const running = others.filter(({ isRunning }) => isRunning)
  const shared = running.flatMap(({ record }) =>
    limits.flatMap((spec, index) => {
      const costs = new LimitCosts(spec, 1)
      return costs.share(record.limits, timesOf(record)) ? [{ spec, former: costs.former(index) }] : []
    }),
  )
  return {
    levelMs,
    taken: taken.map(({ record }) => ({ limits: record.limits, times: timesOf(record) })),
    former: shared.flatMap(({ former }) => former),
    inUse: [...new Set(shared.map(({ spec }) => spec))],
    /** Once what was taken over is written down. */
    forgetTaken: Effect.andThen(
      Effect.forEach(taken, (one) => forget(one, all), { discard: true }),
      Scope.close(taking, Exit.void),
    ),
  }
})
