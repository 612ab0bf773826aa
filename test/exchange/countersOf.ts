/** What an emulated venue says that it has counted. */
import { Effect, Schema } from "effect"

const Counters = Schema.fromJsonString(
  Schema.Struct({
    counters: Schema.Array(
      Schema.Struct({ limit: Schema.String, scope: Schema.String, used: Schema.Number, of: Schema.Number }),
    ),
  }),
)

export const countersOf = (origin: string) =>
  Effect.promise(async () => {
    const answer = await fetch(`${origin}/__paceline/counters`)
    return Schema.decodeSync(Counters)(await answer.text()).counters
  })
