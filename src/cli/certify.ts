/** What `summarise --certify` does: prints certificates instead of figures. */
import { Console, Effect } from "effect"
import { CommandFailed, UsageError } from "../platform/errors.ts"
import { thriftyHeap } from "../platform/thriftyHeap.ts"
import { certifyFile } from "../certificate/certifyFile.ts"
import { refusalOf, renderCertificates } from "../certificate/renderCertificate.ts"
import type { NamedCertificate } from "../certificate/Certificate.ts"
import { certifyPieces } from "../summary/merge/certifyPieces.ts"
import { openMerge } from "../summary/merge/openMerge.ts"
import { nameOfMerged } from "../summary/merge/planMerge.ts"
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

/** Prints the certificate of one run, whose journal is in pieces. */
export const certifyMerged = Effect.fnUntraced(function* (
  files: ReadonlyArray<string>,
  format: SummaryFormat,
) {
  const form = yield* refuseForm(format)
  yield* thriftyHeap
  const plan = yield* openMerge(files)
  if (plan.type === "runs") {
    return yield* new UsageError({
      message: `--certify: these are the journals of ${plan.runs.length} runs, and each proves its own; leave out --merge, and each is certified`,
    })
  }
  const name = nameOfMerged(plan)
  const pieces = plan.type === "run" ? plan.run.pieces : plan.logs
  yield* conclude([yield* certifyPieces(name, pieces)], form)
})
