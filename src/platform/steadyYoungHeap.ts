/**
 * Keeps the room for new objects as it is. As they come and go faster and faster, V8 would give them more and more,
 * up to three times 16 MB, where a line's are garbage when the next line is read.
 */
import v8 from "node:v8"
import { Effect } from "effect"

/** From here on the room for new objects does not grow. */
export const steadyYoungHeap: Effect.Effect<void> = Effect.sync(() =>
  v8.setFlagsFromString("--semi-space-growth-factor=1"),
)
