/** Journals of generated worlds, as the run would have written them, and what certifies them. */
import { Duration, Option, Result } from "effect"
import { assert } from "vitest"
import type { JournalRecord } from "../../src/journal/JournalRecord.ts"
import { makeSeal } from "../../src/journal/Seal.ts"
import { makeToRecord } from "../../src/journal/toRecord.ts"
import { runFooter, runHeader } from "../../src/run/runRecords.ts"
import { parseDesign } from "../../src/simulation/baselines/designs.ts"
import { readJournalLine } from "../../src/journal/journalLine.ts"
import type { Certificate } from "../../src/certificate/Certificate.ts"
import { ByteCertifier } from "../../src/certificate/ByteCertifier.ts"
import { Certifier } from "../../src/certificate/Certifier.ts"
import { FileDigest } from "../../src/journal/FileDigest.ts"
import { makeKeys } from "../../test/support/rig.ts"
import type { Observation } from "./play.ts"
import type { Scenario } from "./scenario.ts"

/** The journal of a run that was seen. */
export const journalOf = (
  scenario: Scenario,
  seen: Pick<Observation, "events" | "startMs">,
): ReadonlyArray<JournalRecord> => {
  const { boundMs, gate, keys, limit, requestTimeoutMs, stopAtMs, ttlMs, windowMs } = scenario
  const header = runHeader(
    {
      exchange: "simulated",
      keys: makeKeys(keys),
      seed: 1,
      design: Result.getOrThrow(parseDesign(gate)),
      limit,
      window: Duration.millis(windowMs),
      bound: boundMs === undefined ? undefined : Duration.millis(boundMs),
      ttl: ttlMs === undefined ? undefined : Duration.millis(ttlMs),
      requestTimeout: Duration.millis(requestTimeoutMs),
    },
    { name: "random", duration: undefined, load: undefined },
    "2026-11-24T09:30:00.000Z",
  )
  const toRecord = makeToRecord(seen.startMs)
  const footer = runFooter()
  const records = [header, ...seen.events.map(toRecord)]
  for (const record of records) footer.count(record)
  const endMs = records.at(-1)?.t ?? 0
  return [...records, footer.record(endMs, { end: stopAtMs === undefined ? "done" : "stopped" }, 0)]
}

/** The file that the journal's writer makes of it, with its digest. */
export const sealed = (journal: ReadonlyArray<JournalRecord>): string => makeSeal()(journal)

/** Its certificate, by the records alone: without a digest. */
export const certificateOf = (journal: ReadonlyArray<JournalRecord>): Certificate => {
  const certifier = new Certifier()
  for (const record of journal) certifier.line(record)
  return certifier.finish({ isTerminated: true, sha256: "" })
}

/** The certificate of a file's bytes, which come in pieces of so many, one size after the other and again. */
export const certificateOfFile = (
  bytes: Uint8Array,
  sizes: ReadonlyArray<number> = [bytes.length],
): Certificate => {
  const certifier = new ByteCertifier()
  let from = 0
  for (let piece = 0; from < bytes.length; piece += 1) {
    const to = from + Math.max(1, sizes[piece % sizes.length] ?? 1)
    certifier.add(bytes.subarray(from, to))
    from = to
  }
  return Result.getOrElse(certifier.end(), ({ type }) => assert.fail(`nothing to certify: ${type}`))
}

/** The same with every line read as text, by the Schema. */
export const certificateByText = (bytes: Uint8Array): Certificate => {
  const certifier = new Certifier()
  const digest = new FileDigest()
  digest.add(bytes)
  // A carriage return before the newline is no part of a line.
  const lines = new TextDecoder().decode(bytes).split(/\r?\n/)
  const isTerminated = lines.at(-1) === ""
  if (isTerminated) lines.pop()
  for (const line of lines) {
    certifier.line(Option.getOrElse(readJournalLine(line), () => line))
  }
  return certifier.finish({ isTerminated, sha256: digest.end() })
}
