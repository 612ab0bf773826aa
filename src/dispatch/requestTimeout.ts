/** How long a request is awaited. */
import { Duration } from "effect"

/** Unless said otherwise. */
export const DEFAULT_REQUEST_TIMEOUT = Duration.seconds(5)

/** How much longer the dispatcher waits for a client that does not keep to the request timeout by itself. */
export const TIMEOUT_SLACK = Duration.seconds(1)
