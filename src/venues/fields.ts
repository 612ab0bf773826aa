/** An order's fields: those that a venue is sent, and what is wrong with them. Pure. */
import { Option, Schema } from "effect"
import { parseJson } from "../platform/parseJson.ts"
import { ACTION, type Action, actionNamed, isAction } from "../domain/Action.ts"
import type { VenueOrder } from "./Venue.ts"

/** An order's field that says what it takes of the limits. Like its action, it is not sent. */
const COST = "cost"

/** What an order asks for; `place` where it says nothing, or nothing known. */
export const actionOf = ({ params }: VenueOrder): Action => actionNamed(params?.[ACTION])

/** An order's fields in their order, without what is not sent. */
export const sentFields = (
  { params = {} }: VenueOrder,
  notSent: ReadonlyArray<string> = [],
): ReadonlyArray<readonly [name: string, text: string]> =>
  Object.entries(params).filter(([name]) => name !== ACTION && name !== COST && !notSent.includes(name))

/** As RFC 3986 writes what is not reserved, and nothing else: what is signed is what arrives, whoever writes it anew on the way. */
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)

/** Fields as a query or a form writes them. */
export const encodeFields = (fields: ReadonlyArray<readonly [name: string, text: string]>): string =>
  fields.map(([name, text]) => `${encode(name)}=${encode(text)}`).join("&")

/** What a venue wants of an order. */
export interface FieldRules {
  /** Fields that the request has of its own. */
  readonly own: Readonly<Record<Action, ReadonlyArray<string>>>
  /** Fields that an order must have; of those in one list, any one. */
  readonly needed: Readonly<Record<Action, ReadonlyArray<string | ReadonlyArray<string>>>>
  /** What an order's id must look like where it travels, and that in words. */
  readonly id: RegExp
  readonly idInWords: string
}

/** Why a venue cannot take an order: in words that follow the order's id. Undefined where it can. */
export const problemOfFields = (
  order: VenueOrder,
  { id, idInWords, needed, own }: FieldRules,
): string | undefined => {
  const { params = {} } = order
  const said = params[ACTION]
  if (said !== undefined && !isAction(said))
    return `has the action ${JSON.stringify(said)}: place (the default) and cancel are known`
  const action = actionOf(order)
  const taken = own[action].find((name) => params[name] !== undefined)
  if (taken !== undefined) return `must not hold ${taken}: the request has its own`
  for (const need of needed[action]) {
    const names = typeof need === "string" ? [need] : need
    if (names.every((name) => (params[name] ?? "") === ""))
      return `needs ${names.join(" or ")} to ${action} an order`
  }
  return id.test(order.id) ? undefined : `has an id that the venue cannot take: it must be ${idInWords}`
}

/** Reads JSON by a schema. */
export const jsonReader = <A>(schema: Schema.Codec<A, unknown>): ((body: string) => A | undefined) => {
  const decode = Schema.decodeUnknownOption(schema)
  return (body) => Option.getOrUndefined(Option.flatMap(parseJson(body), decode))
}
