/** How long a request is awaited, unless said otherwise. */
import { Duration } from "effect"

export const DEFAULT_REQUEST_TIMEOUT = Duration.seconds(5)
