/** The exercise's exchange over HTTP. */
import type { Layer } from "effect"
import type { NonceUnit } from "../../domain/NonceUnit.ts"
import type { ExchangeClient } from "../ExchangeClient.ts"
import { type HttpVenueOptions, layer as venueLayer } from "../HttpVenueClient.ts"
import { exercise } from "./venue.ts"

/** Its address is such as `http://127.0.0.1:9999/api/request`. */
export interface HttpExchangeOptions extends Omit<HttpVenueOptions, "venue" | "clock"> {
  /** What nonces count. Default `ms`. */
  readonly nonceUnit?: NonceUnit | undefined
}

/** An {@link ExchangeClient} of the exercise. Its connections close with the layer's scope. */
export const layer = ({ nonceUnit, ...options }: HttpExchangeOptions): Layer.Layer<ExchangeClient> =>
  venueLayer({ ...options, venue: { ...exercise, nonceUnit } })
