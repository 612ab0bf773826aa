/** Who holds a key, written down for the message that another run gets. The lock decides, not this. */
import process from "node:process"
import { DateTime, Effect, Option, Schema } from "effect"
import { StateFiles } from "./StateFiles.ts"

const Owner = Schema.fromJsonString(
  Schema.Struct({ pid: Schema.Int, label: Schema.String, since: Schema.String }),
)

const fileOf = (name: string): string => `${name}.owner.json`

/** Names this process as the owner, for as long as the scope. */
export const signAsOwner = Effect.fnUntraced(function* (name: string, label: string) {
  const store = yield* StateFiles
  const since = DateTime.formatIso(DateTime.startOf(yield* DateTime.now, "second")).replace(".000Z", "Z")
  const text = yield* Effect.orDie(Schema.encodeEffect(Owner)({ pid: process.pid, label, since }))
  yield* Effect.acquireRelease(
    store.set(fileOf(name), text),
    // A file that is left over names the last owner, which does no harm.
    () => Effect.ignore(store.remove(fileOf(name))),
  )
})

/** Reads who the owner is, if a file says so. */
export const readOwner = Effect.fnUntraced(function* (name: string) {
  const store = yield* StateFiles
  const text = yield* Effect.option(store.get(fileOf(name)))
  return Option.flatMap(text, Schema.decodeUnknownOption(Owner))
})
