/** Certifies a journal from a file, or from standard input, in one pass. */
import { Effect, type FileSystem, type Stdio, Stream } from "effect"
import { LogUnusable, nameOf, nothingReadable, tooNew } from "../summary/logProblems.ts"
import { logBytes } from "../summary/summariseFile.ts"
import { ByteCertifier, type Refusal } from "./ByteCertifier.ts"
import type { NamedCertificate } from "./Certificate.ts"

const refusalOf = (name: string, refusal: Refusal): LogUnusable => {
  switch (refusal.type) {
    case "python-log":
      return new LogUnusable({
        reason: "python-log",
        file: name,
        message: `${nameOf(name)} is a Python client's log, which does not say when requests left and with which nonces`,
      })
    case "newer":
      return tooNew(name, refusal.version)
    case "nothing":
      return nothingReadable(name, refusal.lines)
  }
}

/**
 * Certifies the journal in `file`, or what comes on standard input where that is `-`. Either may be packed by gzip.
 *
 * Fails where the file cannot be read, holds not a single record, is a Python client's log or
 * a journal of a newer version. A journal that breaks a rule is no failure: the certificate says so.
 */
export const certifyFile = Effect.fn("certifyFile")(function* (
  file: string,
): Effect.fn.Return<NamedCertificate, LogUnusable, FileSystem.FileSystem | Stdio.Stdio> {
  const certifier = new ByteCertifier()
  yield* Stream.runForEachArray(logBytes(file), (chunks) =>
    Effect.suspend(() => {
      for (const chunk of chunks) {
        const refusal = certifier.add(chunk)
        if (refusal !== undefined) return Effect.fail(refusalOf(file, refusal))
      }
      return Effect.void
    }),
  )
  const certificate = yield* Effect.mapError(Effect.fromResult(certifier.end()), (refusal) =>
    refusalOf(file, refusal),
  )
  return { name: file, certificate }
})
