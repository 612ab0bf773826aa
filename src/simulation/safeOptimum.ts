/**
 * The safe optimum of a scenario: a {@link SafeClient} on the same orders and with the same delays as the gates that are
 * compared.
 */
import { latestOnceAnswered, slackMs } from "../domain/Transit.ts"
import { type Passage, SafeClient, type SafeRules } from "../summary/SafeClient.ts"
import { type Journey, USUAL_PING_MS } from "./SimulatedExchange.ts"

/** All in milliseconds, but for the counts. */
export interface OptimumRules extends SafeRules {
  /** The longest incoming delay, or undefined where it is not known. */
  readonly boundMs: number | undefined
  readonly requestTimeoutMs: number
  /** When the run is over: nothing is created from then on, nor counted as accepted. */
  readonly durationMs: number
}

/** What the rules see of journeys: of one that was lost, the answer to a ping that is begun when it must be there. */
const seenBy = ({ boundMs, requestTimeoutMs }: OptimumRules) => {
  let longestMs = 0
  const lost = (): number => {
    const begunMs = requestTimeoutMs + (boundMs ?? Math.min(longestMs, requestTimeoutMs))
    return begunMs + USUAL_PING_MS + slackMs(boundMs, longestMs, requestTimeoutMs)
  }
  return ({ fate, incomingMs, outgoingMs, writeMs = 0 }: Journey): Passage => {
    const roundTripMs = writeMs + incomingMs + outgoingMs
    const isAccepted = fate === undefined && roundTripMs < requestTimeoutMs
    const boundedMs = boundMs === undefined ? Number.POSITIVE_INFINITY : writeMs + boundMs
    if (isAccepted) longestMs = Math.max(longestMs, incomingMs + outgoingMs)
    const latestMs = isAccepted ? latestOnceAnswered(roundTripMs, writeMs, boundMs) : lost()
    return {
      settledMs: isAccepted ? roundTripMs : requestTimeoutMs,
      latestMs,
      // Its successor need not wait where the bound says that it must have arrived.
      nextMs: Math.min(latestMs, boundedMs),
      isAccepted,
    }
  }
}

/**
 * Plays the rules. `offsets` are the orders' times of creation in rising order (it may go on for ever);
 * `nextJourney` is asked once for each request, in the order of sending.
 */
export const safeOptimum = (rules: OptimumRules, offsets: Iterable<number>, nextJourney: () => Journey) => {
  const client = new SafeClient(rules)
  const passageOf = seenBy(rules)
  let created = 0
  /** Orders whose answer was there before the run was over. */
  let accepted = 0
  let expired = 0
  for (const createdMs of offsets) {
    if (createdMs >= rules.durationMs) break
    created += 1
    const sentMs = client.sendsAt(createdMs)
    if (sentMs === undefined) {
      expired += 1
      continue
    }
    const passage = passageOf(nextJourney())
    client.send(sentMs, passage)
    if (passage.isAccepted && sentMs + passage.settledMs < rules.durationMs) accepted += 1
  }
  return { created, accepted, expired }
}
