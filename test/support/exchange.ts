/** The exercise's exchange, served on this machine until the scope closes. */
import { Duration } from "effect"
import * as ExchangeServer from "../../src/exchange/ExchangeServer.ts"
import { exerciseKeys } from "../../src/venues/exercise/exercise.ts"
import { makeKeys } from "./rig.ts"

type Options = Partial<ExchangeServer.ExchangeOptions>

/** With the exercise's rules; one key and short delays unless said otherwise. */
export const serve = (options: Options = {}) =>
  ExchangeServer.make({
    keys: makeKeys(1),
    limit: 20,
    window: Duration.seconds(1),
    maxDelay: Duration.millis(5),
    seed: 1,
    host: "127.0.0.1",
    port: 0,
    ...options,
  })

/** With the exercise's keys and delays, too. */
export const serveExercise = (options: Options = {}) =>
  serve({ keys: exerciseKeys, maxDelay: Duration.millis(50), ...options })
