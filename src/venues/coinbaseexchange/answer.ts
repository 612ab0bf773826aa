/** Reads Coinbase Exchange's answers. Pure. */
import { Schema } from "effect"
import type { Answer } from "../../http/HttpRequest.ts"
import { jsonReader } from "../fields.ts"
import { meaningOfStatus } from "../statuses.ts"
import type { Meaning, Reading, VenueOrder } from "../Venue.ts"
import { actionOf } from "../fields.ts"

const readRefusal = jsonReader(Schema.Struct({ message: Schema.String }))
const readPlaced = jsonReader(
  Schema.Struct({
    id: Schema.String,
    client_oid: Schema.optionalKey(Schema.String),
    status: Schema.optionalKey(Schema.String),
  }),
)
const readCancelled = jsonReader(Schema.String)
const readTime = jsonReader(Schema.Struct({ iso: Schema.String, epoch: Schema.Finite }))

const ABOUT_TIME = /timestamp expired|invalid timestamp|server time/i

const refusalOf = (status: number, body: string): Meaning => {
  const said = readRefusal(body)?.message ?? ""
  return (status === 400 || status === 401) && ABOUT_TIME.test(said)
    ? { kind: "refused", reason: "clock", said }
    : meaningOfStatus(status, said, body)
}

const acceptanceOf = (body: string, order: VenueOrder): Meaning => {
  if (actionOf(order) === "cancel") {
    const id = readCancelled(body)
    return id === undefined ? { kind: "unknown", cause: "undecodable" } : { kind: "accepted", data: { id } }
  }
  const placed = readPlaced(body)
  if (placed === undefined || (placed.client_oid ?? order.id).toLowerCase() !== order.id.toLowerCase())
    return { kind: "unknown", cause: "undecodable" }
  const { id, status } = placed
  return { kind: "accepted", data: { id, ...(status === undefined ? {} : { status }) } }
}

/** An answer that says which order it is about. */
export const namesOrder = ({ body, status }: Answer): boolean =>
  status === 200 && readPlaced(body)?.client_oid !== undefined

/** Whether it is Coinbase that says what its clock shows. */
export const tellsTime = ({ body, status }: Answer): boolean => status === 200 && readTime(body) !== undefined

export const readCoinbaseExchange = ({ body, status }: Answer, order: VenueOrder): Reading => {
  if (status !== 200) return { meaning: refusalOf(status, body) }
  const time = readTime(body)
  return {
    meaning: acceptanceOf(body, order),
    time: time && { atMs: Math.floor(time.epoch * 1000), resolutionMs: 2 },
  }
}
