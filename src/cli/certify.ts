/** What `summarise --certify` does: prints certificates instead of figures. */
import { Console, Effect } from "effect"
import { CommandFailed, UsageError } from "../errors.ts"
import { certifyFile } from "../summary/certificate/certifyFile.ts"
import { refusalOf, renderCertificates } from "../summary/certificate/renderCertificate.ts"
import type { SummaryFormat } from "../summary/render.ts"

/** Prints the certificates of journals. Fails where one is not certified. */
export const certify = Effect.fnUntraced(function* (logs: ReadonlyArray<string>, format: SummaryFormat) {
  if (format === "classic" || format === "csv") {
    return yield* new UsageError({
      message: `--certify: the form ${format} has no room for a certificate; use --format text or json`,
    })
  }
  const certificates = yield* Effect.forEach(logs, (name) =>
    Effect.map(certifyFile(name), (certificate) => ({ name, certificate })),
  )
  yield* Console.log(renderCertificates(format, certificates).trimEnd())
  const message = refusalOf(certificates)
  if (message !== undefined) return yield* new CommandFailed({ message })
})
