/**
 * For tests of programs that use Paceline: the exercise's exchange as a pure model of its rules, and served over HTTP.
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
export type { Fault } from "./exchange/faults/Fault.ts"
export { type ExchangeRules, exerciseKeys, exerciseRules } from "./venues/exercise/exercise.ts"
