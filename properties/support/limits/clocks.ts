/** Clocks of exchanges: how far ahead of ours, and how much faster. */
export interface DriftingClock {
  readonly offsetMs: number
  /** How much faster it is, one after the other, each for as long. */
  readonly drifts: ReadonlyArray<number>
  readonly regimeMs: number
}

/** What it shows at a moment of ours, steps apart. */
export const showing = ({ drifts, offsetMs, regimeMs }: DriftingClock, atMs: number): number => {
  let shows = offsetMs + atMs
  for (let begin = 0, index = 0; begin < atMs; begin += regimeMs, index += 1)
    shows += (drifts[index % drifts.length] ?? 0) * Math.min(regimeMs, atMs - begin)
  return shows
}
