/**
 * Gives memory back before a large file is read, and keeps it from being taken again: loading a program leaves as much
 * garbage as it keeps, and V8 would hold on to the room for it, in every thread.
 */
import v8 from "node:v8"
import vm from "node:vm"
import { Effect } from "effect"
import { steadyYoungHeap } from "../../platform/steadyYoungHeap.ts"

type Collect = (options: { readonly type: "major"; readonly flavor: "last-resort" }) => void

const isCollect = (value: unknown): value is Collect => typeof value === "function"

const collect: Effect.Effect<void> = Effect.sync(() => {
  v8.setFlagsFromString("--expose-gc")
  const gc: unknown = vm.runInNewContext("globalThis.gc")
  if (isCollect(gc)) gc({ type: "major", flavor: "last-resort" })
})

/** Collects all garbage of this thread, once: takes some 50 ms. From then on the room for new objects does not grow. */
export const collectGarbage: Effect.Effect<void> = Effect.andThen(steadyYoungHeap, collect)
