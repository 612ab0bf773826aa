/** Certificates as text to be read as a proof, or as JSON. */
import { showLimit } from "../domain/LimitSpec.ts"
import { alignColumns } from "../platform/alignColumns.ts"
import { counted, inEnglish } from "../platform/counted.ts"
import type { Certificate, Closest, NamedCertificate, Rule, Violation } from "./Certificate.ts"
import { rules } from "./Certificate.ts"
import { reachText } from "../summary/ReachTally.ts"
import { spareText } from "../summary/renderLimits.ts"
import { refusalText } from "./Refusals.ts"
import { NEVER_MS } from "./SpareTime.ts"

/** A journal may come from anywhere: what would steer a terminal is not passed on to it. */
const printable = (text: string): string => text.replaceAll(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\uFFFD")

const ms = (time: number): string => `${Number(time.toFixed(3))} ms`

/** What it means that the exchange refused requests of a run that is certified; undefined where it refused none, or the run is not. */
const refusedOf = ({ certified, refusals, settings }: Certificate): string | undefined =>
  certified && settings !== null ? refusalText("The client kept its rules", refusals, settings) : undefined

/** What each rule says, where it holds. */
const meaning = ({ cutOff, digest, settings }: Certificate): Readonly<Record<Rule, string>> => ({
  form: cutOff
    ? "every line is a record, in the order of their times, from the header on"
    : "every line is a record, in the order of their times, from the header to the footer",
  window:
    settings?.limits === undefined
      ? `at no send could ${counted(settings?.limit ?? 0, "earlier request")} of its key still be in the window`
      : "at no send could a limit be exceeded by all that might be counted then",
  nonces:
    settings?.nonces === "none"
      ? "each key's nonces rise; the exchange takes them in any order"
      : "each key's nonces rise, and each request left when the one before had certainly arrived",
  once: "no order was sent again unless its former request was refused, or had not left",
  accounts: cutOff
    ? "every end is that of one request that was sent, and no order has two outcomes"
    : "every request has one end, every order one outcome, and the footer counted them all",
  digest:
    digest === "verified"
      ? "the file is, byte for byte, what the footer's SHA-256 was made of"
      : "not checked: there is none, as in journals that were cut off or that older versions wrote",
})

const closest = (one: Closest | null): string =>
  one === null
    ? "-"
    : `${one.spareMs === NEVER_MS ? "none" : ms(one.spareMs)} (line ${one.line} after ${one.afterLine})`

const table = (rows: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> =>
  alignColumns(rows, "left", "   ")

const LISTED = 10

/** What else its reader must know. */
const remarks = (certificate: Certificate): ReadonlyArray<string> => {
  const { cutOff, forgottenIds, inFlight, settings, unshownPairs, waiting } = certificate
  const ids = `${inFlight.first.slice(0, LISTED).join(", ")}${inFlight.count > LISTED ? ", ..." : ""}`
  const all: ReadonlyArray<readonly [boolean, string]> = [
    [settings?.checkOnly === true, "Orders were only checked: none was executed."],
    [cutOff, "The journal was cut off: the run was killed, or is not over. This holds for what is there."],
    [
      inFlight.count > 0,
      `${counted(inFlight.count, "order was", "orders were")} in flight${settings?.checkOnly === true ? "" : ", and may have been executed"}: ${ids}.`,
    ],
    [cutOff && waiting > 0, `${counted(waiting, "order")} had gone back to the line.`],
    [
      unshownPairs > 0,
      `Of ${counted(unshownPairs, "request")} in flight it is not known when they were written: that the next one could not overtake them is not shown.`,
    ],
    [
      forgottenIds > 0,
      `${counted(forgottenIds, "order's id", "orders' ids")} could not be kept in mind: that one of these came again after its end would not have been noticed.`,
    ],
  ]
  return all.flatMap(([holds, said]) => (holds ? [said] : []))
}

/** Where a line stands: in a file, and which of its lines it is. */
const placeOf = ({ name }: NamedCertificate, line: number): string => `${name}:${line}`

const violation = (named: NamedCertificate, found: Violation, index: number): ReadonlyArray<string> => [
  "",
  index === 0
    ? `The first counterexample breaks the rule "${found.rule}": ${found.problem}.`
    : `The rule "${found.rule}" is first broken here: ${found.problem}.`,
  ...found.lines.map(({ line, text }) => `  ${placeOf(named, line)}: ${text}`),
]

const whatRan = ({ keys, settings, startedAt }: Certificate): ReadonlyArray<string> =>
  settings === null
    ? []
    : [
        `gate ${settings.gate}, ${
          settings.limits === undefined
            ? `${counted(settings.limit, "request")} of a key in ${ms(settings.windowMs)}`
            : `limits ${settings.limits.map(showLimit).join(", ")}`
        }, ` +
          `${settings.boundMs === null ? "no bound" : `bound ${ms(settings.boundMs)}`}, ${counted(keys.length, "key")}, begun ${startedAt ?? ""}`,
      ]

const whatHappened = ({ lines, outcomes, requests }: Certificate): string => {
  const said = (["accepted", "rejected", "expired", "unknown", "cancelled"] as const)
    .filter((name) => outcomes[name] > 0)
    .map((name) => `${inEnglish.format(outcomes[name])} ${name}`)
  const orders = said.length === 0 ? "no order ended" : `orders: ${said.join(", ")}`
  return `${counted(lines, "line")}, ${counted(requests, "request")}; ${orders}`
}

const keyTable = ({ keys, limits }: Certificate): ReadonlyArray<string> => {
  // Of limits there is a table of its own.
  const windows = limits === undefined
  const rows = keys.map(({ key, order, requests, window }) => [
    key,
    inEnglish.format(requests),
    ...(windows ? [closest(window)] : []),
    closest(order),
  ])
  const titles = [
    "key",
    "requests",
    ...(windows ? ["spare time of the window"] : []),
    "spare time of the order",
  ]
  return rows.length === 0 ? [] : table([titles, ...rows])
}

/** What was left of each limit at the least, in its own unit. */
const limitTable = ({ limits = [] }: Certificate): ReadonlyArray<string> =>
  limits.length === 0
    ? []
    : [
        "",
        ...table([
          ["limit", "least spare"],
          ...limits.map(({ line, ...least }) => [
            least.limit,
            `${spareText(least)}${line === null ? "" : ` (line ${line})`}`,
          ]),
        ]),
      ]

const renderText = (named: NamedCertificate): string => {
  const { certificate, name } = named
  const { certified, counterexamples, digest, settings, violations } = certificate
  const means = meaning(certificate)
  const checks = table(
    rules.map((rule) => {
      const found = violations[rule]
      if (found > 0) return ["BROKEN", rule, `in ${counted(found, "place")}`]
      if (rule === "digest") return [digest === "absent" ? "-" : "holds", rule, means[rule]]
      return settings === null
        ? ["-", rule, "not judged: without a header it is not known"]
        : ["holds", rule, means[rule]]
    }),
  )
  const refused = refusedOf(certificate)
  return [
    `${name}: ${certified ? "certified" : "NOT certified"}${refused === undefined ? "" : ", yet the exchange refused"}`,
    ...(refused === undefined ? [] : ["", refused]),
    "",
    ...whatRan(certificate),
    ...(certificate.reach === null ? [] : [reachText(certificate.reach)]),
    whatHappened(certificate),
    "",
    ...checks,
    "",
    ...keyTable(certificate),
    ...limitTable(certificate),
    ...counterexamples.flatMap((found, index) => violation(named, found, index)),
    ...remarks(certificate).flatMap((remark) => ["", remark]),
    "",
  ].join("\n")
}

/** No spare time at all is no number. */
const spareOrNull = (name: string, value: unknown): unknown =>
  name === "spareMs" && value === NEVER_MS ? null : value

/** Certificates as text, one after the other, or as JSON: one is an object, several are an array with `file`. */
export const renderCertificates = (
  format: "text" | "json",
  certificates: ReadonlyArray<NamedCertificate>,
): string => {
  if (format === "text") return printable(certificates.map(renderText).join("\n"))
  const [first, ...others] = certificates
  const value =
    first !== undefined && others.length === 0
      ? first.certificate
      : certificates.map(({ certificate, name }) => ({ file: name, ...certificate }))
  return `${JSON.stringify(value, spareOrNull, 2)}\n`
}

/** The one line that says which journals are not certified, and why; undefined where all are. */
export const refusalOf = (certificates: ReadonlyArray<NamedCertificate>): string | undefined => {
  const refused = certificates.flatMap((named) => {
    const { counterexample } = named.certificate
    return counterexample === null
      ? []
      : [`${placeOf(named, counterexample.line)}: ${counterexample.problem}`]
  })
  return refused.length === 0 ? undefined : printable(`not certified: ${refused.join("; ")}`)
}

/** The one line that says which certified journals tell of refusals all the same, and what that means; undefined where none does. */
export const doubtOf = (certificates: ReadonlyArray<NamedCertificate>): string | undefined => {
  const doubts = certificates.flatMap(({ certificate, name }) => {
    const refused = refusedOf(certificate)
    return refused === undefined ? [] : [`${name}: ${refused}`]
  })
  return doubts.length === 0
    ? undefined
    : printable(`certified, yet the exchange refused: ${doubts.join(" ")}`)
}
