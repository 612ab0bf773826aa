/** A venue's protocol, as its emulated side judges it. */
import { Clock, Effect } from "effect"
import { nowMsUnsafe } from "../platform/Monotonic.ts"
import { seededRandom } from "../platform/Random.ts"
import type { EmulatedRequest, EmulatedVenue } from "../venues/Emulated.ts"
import { noRecord } from "./ExchangeRecord.ts"
import { garbledText } from "./faults/wrongAnswer.ts"
import type { EmulatorSettings } from "./Judge.ts"
import type { Protocol } from "./Protocol.ts"
import { type ShownCounter, VenueDesk } from "./VenueDesk.ts"
import type { makeVenueTally } from "./VenueTally.ts"

export interface VenueProtocolOptions extends EmulatorSettings {
  readonly venue: EmulatedVenue
  readonly tally: ReturnType<typeof makeVenueTally>
}

/** A venue's protocol, and a look at its counters. */
export interface VenueProtocol extends Protocol<EmulatedRequest> {
  readonly counters: () => ReadonlyArray<ShownCounter>
}

export const makeVenueProtocol = Effect.fnUntraced(function* (options: VenueProtocolOptions) {
  const { keys, record = noRecord, tally, venue } = options
  const clock = yield* Clock.Clock
  const luck = yield* seededRandom(options.seed, "fault block-key whom")
  /** What the wall clock shows when the monotonic one shows 0. */
  const sinceMs = clock.currentTimeMillisUnsafe() - nowMsUnsafe(clock)
  let clockStepMs = 0
  const open = () => {
    const desk = new VenueDesk(venue.limits, keys, clock.currentTimeMillisUnsafe() + clockStepMs)
    return { desk, emulation: venue.open(desk) }
  }
  let life = open()
  const protocol: VenueProtocol = {
    unjudged: () => undefined,
    judge: (request, atMs, faults) => {
      const { desk, emulation } = life
      desk.setClock(sinceMs + atMs + clockStepMs)
      desk.begin(faults.blocks ? () => tally.played("block") : undefined)
      const { body, headers = {}, refused, status } = emulation.answer(request)
      const order = venue.orderOf(request)
      const verdict = refused ?? "accepted"
      const key = refused === "api-key" ? undefined : desk.named()
      tally.answered(status, order && { key, verdict })
      if (order !== undefined) {
        const { id, nonce = null } = order
        record.add({ key: key ?? "", id, nonce, verdict, atEpochMs: sinceMs + atMs })
      }
      return { type: "answer", answer: { status, body }, headers }
    },
    play: (fault) => {
      if (fault.kind === "restart") life = open()
      if (fault.kind === "clock") clockStepMs += fault.byMs
      if (fault.kind !== "block-key") return true
      const healthy = life.desk.healthy()
      const key = healthy[Math.floor(luck.nextDoubleUnsafe() * healthy.length)]
      if (key !== undefined) life.desk.block(key)
      return key !== undefined
    },
    failure: venue.failure,
    garbled: (garbling, request, { body }) =>
      garbledText(garbling, body, mistaken(body, venue.orderOf(request)?.id ?? "")),
    counters: () => {
      life.desk.setClock(sinceMs + nowMsUnsafe(clock) + clockStepMs)
      return life.desk.show()
    },
  }
  return protocol
})

/** The same answer about another order: of another id, and where it names none, of other ids of the venue's own. */
const mistaken = (body: string, id: string): string =>
  id !== "" && body.includes(`"${id}"`)
    ? body.replaceAll(`"${id}"`, `"not-${id}"`)
    : body.replaceAll(/(?<=:\s*\[?")[^"]{6,}(?=")/g, (text) => `not-${text}`)
