/** Unknown orders, as an operator or a program reads them. */
import { DateTime, Option } from "effect"
import { counted } from "../platform/counted.ts"
import { alignColumns } from "../platform/alignColumns.ts"
import { quote } from "../platform/quote.ts"
import type { UnknownRequest } from "../recovery/FormerOutcomes.ts"
import type { FormerLives } from "../recovery/readJournals.ts"

/** In which form unknown orders are printed. */
export type UnknownFormat = "text" | "json" | "ndjson"

const WHY: Readonly<Record<UnknownRequest["why"], string>> = {
  "no-outcome": "the run ended before an answer came",
  timeout: "no answer in time",
  "broken-connection": "the connection broke",
  undecodable: "the answer made no sense",
  "server-error": "the exchange failed (5xx)",
}

/** ISO 8601 in UTC; null where the journal does not say. */
const isoOf = (ms: number): string | null =>
  Option.getOrNull(Option.map(DateTime.make(ms), DateTime.formatIso))

const objectOf = ({ id, journal, key, nonce, sentAtMs, why }: UnknownRequest) => ({
  id,
  key,
  nonce,
  sentAt: isoOf(sentAtMs),
  why,
  journal,
})

/** An id may hold anything: one that is not plain is shown in quotes, so that it cannot break the table. */
const plain = (text: string): string => (/^[\w.:@/+-]+$/.test(text) ? text : quote(text))

const columns: ReadonlyArray<readonly [string, (request: UnknownRequest) => string]> = [
  ["order", (_) => plain(_.id)],
  ["key", (_) => plain(_.key)],
  ["nonce", (_) => String(_.nonce)],
  ["sent at", (_) => isoOf(_.sentAtMs) ?? "-"],
  ["why", (_) => WHY[_.why]],
  ["journal", (_) => plain(_.journal)],
]

/** What a journal without an end may mean; nothing where it has one. */
const remarkOn = ({ file, header, isEnded }: FormerLives["journals"][number]): ReadonlyArray<string> => {
  if (header === undefined) return [`${quote(file)} holds no record: its run ended before it sent anything`]
  if (isEnded) return []
  return [
    `${quote(file)} has no end: its run was killed, or is still under way; if it is, what is in flight shows as unknown here`,
  ]
}

const renderText = ({ outcomes, journals }: FormerLives): string => {
  const { unknown } = outcomes
  const orders = new Set(unknown.map(({ id }) => id)).size
  const head =
    orders === 0
      ? ["no order is unknown"]
      : [
          `${counted(orders, "order")} unknown: ${orders === 1 ? "it" : "each"} may have been executed; ask the exchange`,
          ...alignColumns(
            [
              columns.map(([title]) => title),
              ...unknown.map((request) => columns.map(([, cell]) => cell(request))),
            ],
            "left",
          ),
        ]
  return [...head, ...journals.flatMap(remarkOn)].join("\n")
}

const renderJson = ({ outcomes, journals }: FormerLives): string =>
  JSON.stringify({
    unknown: outcomes.unknown.map(objectOf),
    journals: journals.map(({ file, header, isEnded }) => ({
      file,
      startedAt: header?.startedAt ?? null,
      ended: isEnded,
    })),
  })

/** What is printed, without a newline at its end; empty for no unknown order as `ndjson`. */
export const renderUnknown = (format: UnknownFormat, lives: FormerLives): string => {
  switch (format) {
    case "text":
      return renderText(lives)
    case "json":
      return renderJson(lives)
    case "ndjson":
      return lives.outcomes.unknown.map((request) => JSON.stringify(objectOf(request))).join("\n")
  }
}
