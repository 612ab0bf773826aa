/**
 * Paceline as a library: a dispatcher that gets orders to an exchange as fast as its rate limits safely allow.
 */
// oxlint-disable-next-line import/no-unassigned-import -- what it does must happen before the others are loaded
import "./runtime/requireNode.ts"

export {
  Dispatcher,
  type DispatcherOptions,
  type DispatchSnapshot,
  layer as layerDispatcher,
  make as makeDispatcher,
} from "./dispatch/Dispatcher.ts"
export type { Outage } from "./dispatch/Circuit.ts"
export { type HttpDispatcherOptions, layerHttp } from "./dispatch/HttpDispatcher.ts"
export {
  type DispatchEvent,
  DispatchLog,
  type OrderEnd,
  type OutcomeEvent,
  type ParkReason,
  type RequestTrace,
  type Retirement,
} from "./dispatch/DispatchEvent.ts"
export type { Gate, GateFactory, Passage, Place } from "./dispatch/Gate.ts"
export type { KeyMemory, Recall } from "./dispatch/KeyMemory.ts"
export { ackWindow, type AckWindowOptions, defaultMargin, defaultPace } from "./dispatch/gates/AckWindow.ts"
export { InvalidOptions } from "./dispatch/InvalidOptions.ts"
export { OutcomesOverrun } from "./dispatch/Ledger.ts"
export {
  type DispatchFailure,
  DuplicateOrder,
  ExchangeUnreachable,
  NoUsableKey,
  OrderCancelled,
  OrderExpired,
  type SubmitFailure,
} from "./dispatch/SubmitFailure.ts"
export type { Advice } from "./exchange/advice.ts"
export { type ApiKey, exerciseKeys } from "./exchange/ApiKeys.ts"
export { Acceptance, ExchangeClient, type TransitWatch } from "./exchange/ExchangeClient.ts"
export {
  arrive,
  emptyKey,
  type ExchangeConfig,
  exerciseConfig,
  type KeyState,
} from "./exchange/ExchangeModel.ts"
export { type HttpExchangeOptions, layer as layerHttpExchange } from "./exchange/HttpExchangeClient.ts"
export * from "./exchange/SubmitError.ts"
export type { Order, OrderParams } from "./orders/Order.ts"
export { Outcome } from "./orders/Outcome.ts"
export { KeyInUse, type StateError, StateUnusable, StateUnwritable } from "./state/StateError.ts"
