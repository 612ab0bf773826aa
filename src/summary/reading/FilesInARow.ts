/**
 * Files as one, whose bytes follow one another. No more than one of them is open at a time.
 */
import { Effect, Exit, FileSystem, PlatformError, Scope } from "effect"
import type { BytesAt } from "./readFile.ts"

/** A file, and where in all bytes it begins and the next one does. */
interface Place {
  readonly path: string
  readonly from: number
  readonly to: number
}

/** Something has taken bytes of a file away since it was looked at. */
const cutShort = (path: string): PlatformError.PlatformError =>
  PlatformError.systemError({
    _tag: "UnexpectedEof",
    module: "FilesInARow",
    method: "read",
    pathOrDescriptor: path,
  })

/**
 * Opens files by their paths, to be read from any place, though in a row is faster. The last one may grow meanwhile. What is
 * open is closed with the scope.
 */
export const openInARow = Effect.fnUntraced(function* (
  paths: ReadonlyArray<string>,
): Effect.fn.Return<
  BytesAt & { readonly size: number },
  PlatformError.PlatformError,
  FileSystem.FileSystem | Scope.Scope
> {
  const fileSystem = yield* FileSystem.FileSystem
  const outer = yield* Effect.scope
  const places: Array<Place> = []
  let size = 0
  for (const [index, path] of paths.entries()) {
    const from = size
    size += Number((yield* fileSystem.stat(path)).size)
    places.push({ path, from, to: index === paths.length - 1 ? Infinity : size })
  }
  let open:
    { readonly place: Place; readonly file: FileSystem.File; readonly scope: Scope.Closeable } | undefined

  const fileAt = Effect.fnUntraced(function* (place: Place) {
    if (open?.place === place) return open.file
    if (open !== undefined) yield* Scope.close(open.scope, Exit.void)
    open = undefined
    const scope = yield* Scope.fork(outer)
    const file = yield* Scope.provide(fileSystem.open(place.path), scope)
    open = { place, file, scope }
    return file
  })

  return {
    size,
    read: Effect.fnUntraced(function* (buffer, { position }) {
      const at = Number(position)
      const place = places.find(({ from, to }) => from <= at && at < to)
      if (place === undefined) return 0
      const file = yield* fileAt(place)
      const count = yield* file.read(buffer.subarray(0, Math.min(buffer.length, place.to - at)), {
        position: BigInt(at - place.from),
      })
      if (count === 0 && place.to !== Infinity) return yield* cutShort(place.path)
      return count
    }),
  }
})
