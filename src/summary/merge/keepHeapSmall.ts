/**
 * Keeps memory small while several logs are read. Events that wait for each other grow older than those of one log: V8 would make
 * more and more room for young objects, three times 16 MB, and let what the old ones leave behind pile up.
 */
import v8 from "node:v8"
import { Effect } from "effect"
import { thriftyHeap } from "../../cli/thriftyHeap.ts"

/** From here on. Young objects keep the room that they have. */
export const keepHeapSmall: Effect.Effect<void> = Effect.andThen(
  thriftyHeap,
  Effect.sync(() => v8.setFlagsFromString("--semi-space-growth-factor=1")),
)
