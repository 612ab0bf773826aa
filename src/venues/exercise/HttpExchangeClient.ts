/** The exercise's exchange over HTTP. */
import type { Layer } from "effect"
import type { ExchangeClient } from "../ExchangeClient.ts"
import { type HttpVenueOptions, layer as venueLayer } from "../HttpVenueClient.ts"
import { exercise } from "./venue.ts"

/** Its address is such as `http://127.0.0.1:9999/api/request`. */
export type HttpExchangeOptions = Omit<HttpVenueOptions, "venue" | "clock">

/** An {@link ExchangeClient} of the exercise. Its connections close with the layer's scope. */
export const layer = (options: HttpExchangeOptions): Layer.Layer<ExchangeClient> =>
  venueLayer({ ...options, venue: exercise })
