/**
 * How the journals of several runs become one: whose clock is ahead by how much, which keys are the same, whose orders.
 */
import { Result } from "effect"
import { quote } from "../../platform/quote.ts"
import { fromHeader, type Settings } from "../../journal/LogEvent.ts"
import { nameOfRun, type Run } from "./groupRuns.ts"
import { type KeyOwner, makeKeyNames } from "./keyNames.ts"
import { lineagesOf } from "./lineages.ts"

/** A run among others. */
export interface PlannedRun extends Run {
  /** From the first run's beginning to its own, in milliseconds. */
  readonly offsetMs: number
  /** What sets its orders' ids apart from those of others. */
  readonly idPrefix: string
  readonly keyName: (label: string) => string
}

export interface RunsPlan {
  /** What all of them ran with. */
  readonly settings: Settings
  /** By their beginnings. */
  readonly runs: ReadonlyArray<PlannedRun>
}

/** When a run was, by the clock, in milliseconds since 1970. */
interface Placed extends Run {
  readonly beginMs: number
  readonly endMs: number
  readonly settings: Settings
}

const place = (run: Run): Result.Result<Placed, string> => {
  const settings = fromHeader(run.header)
  const beginMs = settings.startedAtMs
  return beginMs === undefined
    ? Result.fail(
        `${quote(nameOfRun(run))} does not say when its run began ("startedAt" in its header), so its records have no place among those of others; leave it out`,
      )
    : Result.succeed({ ...run, settings, beginMs, endMs: beginMs + (run.pieces.at(-1)?.lastMs ?? 0) })
}

const overlap = (one: Placed, other: Placed): boolean =>
  one.beginMs < other.endMs && other.beginMs < one.endMs

const ownerOf = (runs: ReadonlyArray<Placed>): KeyOwner => ({
  file: runs[0] === undefined ? "" : nameOfRun(runs[0]),
  labels: new Set(runs.flatMap(({ header }) => header.keys)),
})

const rulesOf = ({ limit, windowMs }: Settings): string => `${limit} requests of a key in ${windowMs} ms`

/** The widest of what is known. */
const widest = (values: ReadonlyArray<number | undefined>): number | undefined => {
  const known = values.filter((value) => value !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}

const commonSettings = (
  runs: ReadonlyArray<Settings>,
): Pick<Settings, "boundMs" | "marginMs" | "requestTimeoutMs"> => ({
  boundMs: runs.some(({ boundMs }) => boundMs === undefined)
    ? undefined
    : widest(runs.map(({ boundMs }) => boundMs)),
  marginMs: widest(runs.map(({ marginMs }) => marginMs)),
  requestTimeoutMs: Math.max(...runs.map(({ requestTimeoutMs }) => requestTimeoutMs)),
})

/** The plan, or in a line for the user why these runs cannot be one. */
export const planRuns = (runs: ReadonlyArray<Run>): Result.Result<RunsPlan, string> =>
  Result.gen(function* () {
    const placed: Array<Placed> = []
    for (const run of runs) placed.push(yield* place(run))
    placed.sort((one, other) => one.beginMs - other.beginMs || (nameOfRun(one) < nameOfRun(other) ? -1 : 1))
    const [first] = placed
    if (first === undefined) return yield* Result.fail("there is no run")
    const other = placed.find(({ settings }) => rulesOf(settings) !== rulesOf(first.settings))
    if (other !== undefined)
      return yield* Result.fail(
        `${quote(nameOfRun(first))} and ${quote(nameOfRun(other))} ran by different rules: ${rulesOf(first.settings)}, and ${rulesOf(other.settings)}; summarise them side by side, without --merge`,
      )
    const lineages = lineagesOf(placed.map(({ header }) => header))
    const groups = [...new Set(lineages)].map((lineage) =>
      placed.filter((_, index) => lineages[index] === lineage),
    )
    // A key serves one run at a time.
    const areKeysApart = placed.some((one, index) =>
      placed.some((other, at) => at > index && lineages[at] !== lineages[index] && overlap(one, other)),
    )
    const owners = areKeysApart ? groups.map(ownerOf) : [ownerOf(placed)]
    const names = makeKeyNames(owners)
    const plan = (run: Placed, index: number): PlannedRun => {
      const lineage = lineages[index] ?? 0
      const owner = owners[areKeysApart ? lineage : 0] ?? ownerOf([run])
      const known = new Map(run.header.keys.map((label) => [label, names.nameOf(owner, label)]))
      return {
        header: run.header,
        pieces: run.pieces,
        offsetMs: run.beginMs - first.beginMs,
        idPrefix: groups.length === 1 ? "" : `${lineage}:`,
        keyName: (label) => known.get(label) ?? names.nameOf(owner, label),
      }
    }
    const planned = placed.map(plan)
    return {
      settings: {
        ...first.settings,
        ...commonSettings(placed.map(({ settings }) => settings)),
        gate: placed.every(({ settings }) => settings.gate === first.settings.gate)
          ? first.settings.gate
          : undefined,
        labels: names.all,
        keys: names.all.length,
        runs: placed.map(({ settings }, index) => ({
          ...settings,
          labels: settings.labels.map((label) => planned[index]?.keyName(label) ?? label),
        })),
      },
      runs: planned,
    }
  })
