/**
 * For tests of programs that send orders: the exercise's exchange as a pure model of its rules, and served over HTTP; venues, served
 * over HTTP.
 */
// oxlint-disable-next-line import/no-unassigned-import -- what it does must happen before the others are loaded
import "./platform/requireNode.ts"

export {
  type Arrival,
  arrive,
  emptyKey,
  type KeyUsage,
  parseNonce,
  type Ruling,
} from "./exchange/ExchangeModel.ts"
export {
  type Exchange,
  ExchangeNotServed,
  type ExchangeOptions,
  make as makeExchange,
} from "./exchange/ExchangeServer.ts"
export type { ExchangeTally, KeyTally } from "./exchange/ArrivalTally.ts"
export { demoCredentials, demoKeys } from "./exchange/demoKeys.ts"
export {
  EmulatedExchange,
  type EmulatedName,
  type EmulateOptions,
  emulateVenue,
  layerEmulated,
} from "./exchange/emulatedVenues.ts"
export type { VenueKeyTally, VenueTally } from "./exchange/VenueTally.ts"
export type { Fault } from "./exchange/faults/Fault.ts"
export { always, type When } from "./exchange/faults/When.ts"
export { type ExchangeRules, exerciseKeys, exerciseRules } from "./venues/exercise/exercise.ts"
