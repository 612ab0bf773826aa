/**
 * Gives memory back before a large file is read, and keeps it from being taken again: loading a program leaves as much
 * garbage as it keeps, and V8 would hold on to the room for it, in every thread. And as objects come and go faster and
 * faster, it would give them more and more room, where a line's are garbage when the next line is read.
 */
import v8 from "node:v8"
import vm from "node:vm"
import { Effect } from "effect"

type Collect = (options: { readonly type: "major"; readonly flavor: "last-resort" }) => void

const isCollect = (value: unknown): value is Collect => typeof value === "function"

/** Collects all garbage of this thread, once: takes some 50 ms. From then on the room for new objects does not grow. */
export const collectGarbage: Effect.Effect<void> = Effect.sync(() => {
  v8.setFlagsFromString("--semi-space-growth-factor=1")
  v8.setFlagsFromString("--expose-gc")
  const collect: unknown = vm.runInNewContext("globalThis.gc")
  if (isCollect(collect)) collect({ type: "major", flavor: "last-resort" })
})
