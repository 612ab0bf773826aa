/** What keys have sent that a run does not claim, and that its folder knows: limits may count them together. */
import { Effect, Result } from "effect"
import { isOfKey, type LimitSpec, showLimit } from "../domain/LimitSpec.ts"
import type { Boot } from "./Boot.ts"
import { type Beliefs, inherit } from "./coldStart.ts"
import { decodeKeyRecord, type KeyRecord } from "./KeyRecord.ts"
import { type FormerTimes, LimitCosts, settledTimes } from "./LimitCosts.ts"
import { StateFiles } from "./StateFiles.ts"

/** The names of keys' state files. */
const KEY_FILE = /^[0-9a-f]{32}\.json$/

/** What the folder remembers of keys that are not claimed. What cannot be read is not ours, and its own run says so. */
export const otherRecords = Effect.fnUntraced(function* (files: ReadonlyArray<string>) {
  const store = yield* StateFiles
  const names = yield* Effect.orElseSucceed(store.list, () => [])
  const records = yield* Effect.forEach(
    names.filter((name) => KEY_FILE.test(name) && !files.includes(name)),
    (name) => Effect.orElseSucceed(store.get(name), () => undefined),
    { concurrency: 8 },
  )
  return records.flatMap((text) => {
    const record = text === undefined ? undefined : decodeKeyRecord(text)
    return record !== undefined && Result.isSuccess(record) ? [record.success] : []
  })
})

/** What other keys have sent counts in limits that all share, and which of them another run is using now. */
export const othersOf = (
  records: ReadonlyArray<KeyRecord>,
  limits: ReadonlyArray<LimitSpec>,
  levelMs: FormerTimes["levelMs"],
  own: Beliefs,
  nowMs: number,
  boot: Boot["Service"],
) => {
  const sinceBootMs = nowMs + boot.offsetMs
  const each = records.map((record) => {
    const moment = { bootId: boot.id, nowMs: sinceBootMs, doubtMs: boot.doubtMs }
    const sameBoot = boot.id !== undefined && record.bootId === boot.id
    const arrivedByMs = inherit(record, own, moment).arrivedByMs - boot.offsetMs
    const times = {
      settledMs: settledTimes(sameBoot, arrivedByMs, boot),
      levelMs,
      arrivedByMs,
      // Time alone tells: no lane is there that would ask.
      isUnanswered: false,
    }
    const isRunning = sameBoot && !record.stopped && (record.unansweredUntilMs ?? 0) > sinceBootMs
    const shared = limits.flatMap((spec, index) => {
      if (isOfKey(spec) || !record.limits?.some(({ limit }) => limit === showLimit(spec))) return []
      const costs = new LimitCosts(spec, 1)
      costs.inherit(record.limits, times)
      return [{ spec, former: costs.former(index) }]
    })
    return { shared, isRunning }
  })
  return {
    former: each.flatMap(({ shared }) => shared.flatMap(({ former }) => former)),
    inUse: new Set(
      each.flatMap(({ isRunning, shared }) => (isRunning ? shared.map(({ spec }) => spec) : [])),
    ),
  }
}
