/**
 * This boot of the machine. The monotonic clock runs from it, the same for all processes: within one boot a process can
 * tell how long ago another one did something, whatever the wall clock shows.
 */
import { Context, Effect, FileSystem, Layer } from "effect"

export class Boot extends Context.Service<
  Boot,
  {
    /** Names this boot; undefined if the machine does not tell one boot from another. */
    readonly id: string | undefined
    /** What to add to the Clock's monotonic time to get the time since the boot, in milliseconds. */
    readonly offsetMs: number
  }
>()("paceline/keys/Boot") {}

/** Linux names every boot here. */
const BOOT_ID_FILE = "/proc/sys/kernel/random/boot_id"

/** This machine's boot. Effect's Clock reads the same clock on Node (`process.hrtime`), so it adds nothing. */
export const layerBoot: Layer.Layer<Boot, never, FileSystem.FileSystem> = Layer.effect(
  Boot,
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const text = yield* Effect.option(fs.readFileString(BOOT_ID_FILE))
    const id = text._tag === "Some" ? text.value.trim() : ""
    return Boot.of({ id: id === "" ? undefined : id, offsetMs: 0 })
  }),
)
