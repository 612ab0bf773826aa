/**
 * What an answer means for its order, by what ccxt makes of it. Pure.
 *
 * ccxt sorts a venue's words into classes of errors. A class is believed where it says that the venue itself refused the order;
 * what it has no class for, and whatever a failing server says, leaves it open whether the order was executed.
 */
import { Option, Predicate } from "effect"
import type { Nonces } from "../../domain/LimitSpec.ts"
import type { Answer } from "../../http/HttpRequest.ts"
import { parseJson } from "../../platform/parseJson.ts"
import { actionOf } from "../fields.ts"
import { isJson, turnsAway } from "../statuses.ts"
import type { Meaning, VenueOrder } from "../Venue.ts"
import { idsOf, paramsOf } from "./orders.ts"

/** What ccxt makes of an answer. */
export type CcxtResult<A> =
  { readonly kind: "returned"; readonly value: A } | { readonly kind: "threw"; readonly error: unknown }

/** Names of an error's classes, its own first. Several copies of ccxt may be loaded, so classes are known by name. */
export const classesOf = (error: unknown): ReadonlyArray<string> => {
  const names: Array<string> = []
  let prototype: unknown = Predicate.isObject(error) ? Object.getPrototypeOf(error) : undefined
  while (Predicate.hasProperty(prototype, "constructor")) {
    if (typeof prototype.constructor === "function") names.push(prototype.constructor.name)
    prototype = Object.getPrototypeOf(prototype)
  }
  return names
}

type Sense = "over-limit" | "nonce" | "api-key" | "blocked" | "order" | "unknown"

/** An error's first class that is listed here says what it means; `ExchangeError` itself is what ccxt has no class for. */
const SENSES: ReadonlyMap<string, Sense> = new Map([
  ["RateLimitExceeded", "over-limit"],
  ["DDoSProtection", "over-limit"],
  ["InvalidNonce", "nonce"],
  // A key that may not trade one thing may trade another.
  ["PermissionDenied", "order"],
  ["AccountSuspended", "blocked"],
  ["AuthenticationError", "api-key"],
  ["InsufficientFunds", "order"],
  ["InvalidOrder", "order"],
  ["BadRequest", "order"],
  ["OperationRejected", "order"],
  ["ArgumentsRequired", "order"],
  ["NotSupported", "order"],
  ["ExchangeError", "unknown"],
  ["OperationFailed", "unknown"],
])

const senseOf = (error: unknown): Sense =>
  classesOf(error)
    .map((name) => SENSES.get(name))
    .find((sense) => sense !== undefined) ?? "unknown"

const said = (error: unknown): string => (error instanceof Error ? error.message : "")

const refusalOf = (sense: Sense, error: unknown, nonces: Nonces): Meaning | undefined => {
  switch (sense) {
    case "over-limit":
      return { kind: "refused", reason: "rate-limit" }
    case "nonce":
      return { kind: "refused", reason: nonces === "rising" ? "nonce" : "clock", said: said(error) }
    case "api-key":
      return { kind: "refused", reason: "api-key" }
    case "blocked":
      return { kind: "refused", reason: "blocked" }
    case "order":
      return { kind: "refused", reason: "exchange", said: said(error) }
    case "unknown":
      return undefined
  }
}

const isOk = (status: number): boolean => status >= 200 && status < 300

/** The venue was only asked to check the order: it then has no id. */
const isCheck = (order: VenueOrder): boolean => {
  const { test, validate } = paramsOf(order)
  return test === true || validate === true
}

const acceptanceOf = (order: VenueOrder, value: unknown): Option.Option<Meaning> => {
  const { clientOrderId, id } = idsOf(value)
  const data = id === "" ? {} : { data: { id } }
  if (actionOf(order) === "cancel") return Option.some({ kind: "accepted", ...data })
  const { clientOrderId: named = order.id } = paramsOf(order)
  const isOther = clientOrderId !== "" && clientOrderId !== named
  return isOther || (id === "" && !isCheck(order))
    ? Option.none()
    : Option.some({ kind: "accepted", ...data })
}

/** @param nonces whether the venue wants nonces: without, it is the time of a request that is refused */
export const meaningOfCcxt = (
  { body, status }: Pick<Answer, "body" | "status">,
  order: VenueOrder,
  result: CcxtResult<unknown>,
  nonces: Nonces,
): Meaning => {
  if (status >= 500) return { kind: "unknown", cause: "server-error" }
  if (result.kind === "threw") {
    const sense = senseOf(result.error)
    // A page says nothing of a key: ccxt takes its status for the venue's word.
    const isOfPage = (sense === "api-key" || sense === "blocked") && !isJson(body)
    const refusal = isOfPage ? undefined : refusalOf(sense, result.error, nonces)
    if ((refusal === undefined || sense === "over-limit") && turnsAway(status, body))
      return { kind: "turned-away" }
    return refusal ?? { kind: "unknown", cause: "undecodable", said: said(result.error) }
  }
  // A cancel may be answered by a word alone, such as the order's id.
  const isSaid = actionOf(order) === "cancel" ? Option.isSome(parseJson(body)) : isJson(body)
  const acceptance = isOk(status) && isSaid ? acceptanceOf(order, result.value) : Option.none()
  return Option.getOrElse(acceptance, () => ({ kind: "unknown", cause: "undecodable" }))
}
