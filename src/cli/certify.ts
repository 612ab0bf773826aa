/** What `summarise --certify` does: prints certificates instead of figures. */
import { Console, Effect } from "effect"
import { CommandFailed, UsageError } from "./errors.ts"
import { certifyFile } from "../certificate/certifyFile.ts"
import { refusalOf, renderCertificates } from "../certificate/renderCertificate.ts"
import type { NamedCertificate } from "../certificate/Certificate.ts"
import type { SummaryFormat } from "../summary/render.ts"

const refuseForm = (format: SummaryFormat): Effect.Effect<"text" | "json", UsageError> =>
  format === "classic" || format === "csv"
    ? Effect.fail(
        new UsageError({
          message: `--certify: the form ${format} has no room for a certificate; use --format text or json`,
        }),
      )
    : Effect.succeed(format)

const conclude = Effect.fnUntraced(function* (
  certificates: ReadonlyArray<NamedCertificate>,
  format: "text" | "json",
) {
  yield* Console.log(renderCertificates(format, certificates).trimEnd())
  const message = refusalOf(certificates)
  if (message !== undefined) return yield* new CommandFailed({ message })
})

/** Prints the certificates of journals. Fails where one is not certified. */
export const certify = Effect.fnUntraced(function* (logs: ReadonlyArray<string>, format: SummaryFormat) {
  const form = yield* refuseForm(format)
  yield* conclude(yield* Effect.forEach(logs, certifyFile), form)
})
