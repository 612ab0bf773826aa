/**
 * This boot of the machine. The monotonic clock runs from it, the same for all processes: within one boot a process can
 * tell how long ago another one did something, whatever the wall clock shows.
 */
import { Context, Effect, FileSystem, Layer } from "effect"
import { bootDoubtMs } from "../platform/BootTime.ts"

export class Boot extends Context.Service<
  Boot,
  {
    /** Names this boot; undefined if the machine does not tell one boot from another. */
    readonly id: string | undefined
    /** What to add to the Clock's monotonic time to get the time since the boot, in milliseconds. */
    readonly offsetMs: number
    /** By how much what another process called the time since the boot may differ from that. */
    readonly doubtMs: number
  }
>()("paceline/keys/Boot") {}

/** Linux names every boot here. */
const BOOT_ID_FILE = "/proc/sys/kernel/random/boot_id"

/** This machine's boot. The monotonic clock runs from it, the time slept included: see `BootTime.ts`. */
export const layerBoot: Layer.Layer<Boot, never, FileSystem.FileSystem> = Layer.effect(
  Boot,
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const text = yield* Effect.option(fs.readFileString(BOOT_ID_FILE))
    const id = text._tag === "Some" ? text.value.trim() : ""
    return Boot.of({ id: id === "" ? undefined : id, offsetMs: 0, doubtMs: bootDoubtMs() })
  }),
)
