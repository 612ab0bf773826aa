/**
 * Paceline for exchanges of ccxt: ccxt signs and reads, Paceline sends, as fast as the venue's limits safely allow.
 */
// oxlint-disable-next-line import/no-unassigned-import -- what it does must happen before the others are loaded
import "./platform/requireNode.ts"

export { type CcxtOptions, layerCcxt } from "./dispatch/CcxtDispatcher.ts"
export { pace, type Paced } from "./dispatch/pace.ts"
export type { CcxtExchange } from "./venues/ccxt/CcxtExchange.ts"
export { cancelling, type CancelArguments, type PlaceArguments, placing } from "./venues/ccxt/orders.ts"
