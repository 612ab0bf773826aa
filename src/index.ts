/**
 * Paceline as a library: a dispatcher that gets orders to an exchange as fast as its rate limits safely allow.
 */
// oxlint-disable-next-line import/no-unassigned-import -- what it does must happen before the others are loaded
import "./platform/requireNode.ts"

export {
  Dispatcher,
  type DispatchSnapshot,
  layer as layerDispatcher,
  make as makeDispatcher,
} from "./dispatch/Dispatcher.ts"
export type { DispatcherOptions } from "./dispatch/DispatcherOptions.ts"
export type { EnqueueFailure, QueuedOrder } from "./dispatch/Admission.ts"
export type { Outage } from "./dispatch/Circuit.ts"
export { type HttpDispatcherOptions, layerHttp } from "./dispatch/HttpDispatcher.ts"
export { layerVenue, type VenueDispatcherOptions } from "./dispatch/VenueDispatcher.ts"
export {
  type DispatchEvent,
  DispatchLog,
  type OrderEnd,
  type OutcomeEvent,
  type ParkReason,
  type RequestTrace,
  type Retirement,
} from "./domain/DispatchEvent.ts"
export { LiveReach, type ReachChange, type ReachOptions } from "./limits/LiveReach.ts"
export type { Gate, GateFactory, Passage } from "./limits/Gate.ts"
export type { KeyMemory, Recall } from "./keys/KeyMemory.ts"
export type { Limit } from "./limits/Limit.ts"
export type { ScopedLimit } from "./limits/JoinedLimits.ts"
export { ExchangeClock } from "./limits/ExchangeClock.ts"
export type { ExchangeTime } from "./domain/Transit.ts"
export { scopedLimits } from "./limits/scopedLimits.ts"
export { ackWindow, type AckWindowOptions, defaultMargin, defaultPace } from "./limits/AckWindow.ts"
export { InvalidOptions } from "./dispatch/InvalidOptions.ts"
export { OutcomesOverrun } from "./dispatch/Ledger.ts"
export {
  type DispatchFailure,
  DuplicateOrder,
  EverythingRefused,
  ExchangeUnreachable,
  LogFailed,
  NoUsableKey,
  OrderCancelled,
  OrderExpired,
  type SubmitFailure,
} from "./dispatch/SubmitFailure.ts"
export type { Advice } from "./http/advice.ts"
export type { ApiKey, Credentials } from "./domain/ApiKey.ts"
export { exerciseKeys } from "./venues/exercise/exercise.ts"
export {
  Acceptance,
  ExchangeClient,
  PingFailed,
  type Pong,
  type TransitWatch,
} from "./venues/ExchangeClient.ts"
export { type HttpExchangeOptions, layer as layerHttpExchange } from "./venues/exercise/HttpExchangeClient.ts"
export { type HttpVenueOptions, layer as layerHttpVenue, type VenueClock } from "./venues/HttpVenueClient.ts"
export type {
  Meaning,
  Reading,
  Stamp,
  Venue,
  VenueCount,
  VenueData,
  VenueHold,
  VenueOrder,
  VenueRequests,
} from "./venues/Venue.ts"
export type { VenueLimit } from "./venues/VenueLimit.ts"
export { venueLimits } from "./venues/venueLimits.ts"
export { kraken, type KrakenOptions } from "./venues/kraken/kraken.ts"
export { krakenLimits, type KrakenTier } from "./venues/kraken/limits.ts"
export { binance, type BinanceOptions } from "./venues/binance/binance.ts"
export { coinbaseexchange, type CoinbaseExchangeOptions } from "./venues/coinbaseexchange/coinbaseexchange.ts"
export {
  KeyAndBase64Secret,
  KeyAndSecret,
  KeyBase64SecretAndPassphrase,
  plainOf,
  SecretAlone,
} from "./venues/credentials.ts"
export {
  actionOf,
  encodeFields,
  type FieldRules,
  jsonReader,
  problemOfFields,
  sentFields,
} from "./venues/fields.ts"
export { meaningOfStatus } from "./venues/statuses.ts"
export type { HttpMessage } from "./http/Connection.ts"
export type { Answer as HttpAnswer } from "./http/HttpRequest.ts"
export * from "./domain/SubmitError.ts"
export type { Action } from "./domain/Action.ts"
export type { NonceUnit } from "./domain/NonceUnit.ts"
export type { BucketSpec, LimitSpec, Nonces, WindowSpec } from "./domain/LimitSpec.ts"
export { InvalidOrder, type MadeOrder, type Order, type OrderParams } from "./domain/Order.ts"
export { Outcome } from "./domain/Outcome.ts"
export { KeyInUse, type StateError, StateUnusable, StateUnwritable } from "./keys/StateError.ts"
