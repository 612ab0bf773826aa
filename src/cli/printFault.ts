/** Writes a fault as the command line takes it: the inverse of `parseFault`. */
import type { Fault } from "../exchange/faults/Fault.ts"
import type { When } from "../exchange/faults/When.ts"

const timesOf = ({ everyMs, firstMs, forMs }: When): ReadonlyArray<string> => [
  ...(firstMs === (everyMs ?? 0) ? [] : [`at=${firstMs}ms`]),
  ...(everyMs === undefined ? [] : [`every=${everyMs}ms`]),
  ...(forMs === undefined ? [] : [`for=${forMs}ms`]),
]

/** A moment that is the exchange's start must be said; a span that begins there need not be. */
const momentsOf = (when: When): ReadonlyArray<string> =>
  when.firstMs === 0 && when.everyMs === undefined ? ["at=0ms", ...timesOf(when)] : timesOf(when)

const detailsOf = (fault: Fault): ReadonlyArray<string> => {
  const given = <A>(name: string, value: A | undefined, otherwise?: A): ReadonlyArray<string> =>
    value === undefined || value === otherwise ? [] : [`${name}=${String(value)}`]
  const givenMs = (name: string, value: number | undefined) =>
    given(name, value === undefined ? undefined : `${value}ms`)
  switch (fault.kind) {
    case "spike":
      return [`${fault.chance}`, `${fault.byMs}ms`]
    case "lost-request":
    case "lost-answer":
      return [`${fault.chance}`, ...given("then", fault.aftermath, "silence")]
    case "reset":
    case "truncated":
    case "block":
      return [`${fault.chance}`]
    case "garbled":
      return [`${fault.chance}`, ...given("as", fault.garbling)]
    case "status":
      return [
        `${fault.chance}`,
        `${fault.code}`,
        ...(fault.judged ? [] : ["judged=no"]),
        ...givenMs("retry-after", fault.retryAfterMs),
        ...given("as", fault.retryAs, "seconds"),
      ]
    case "quota":
      return [
        `${fault.chance}`,
        ...given("remaining", fault.remaining),
        ...givenMs("reset", fault.resetMs),
        ...given("as", fault.retryAs, "seconds"),
      ]
    case "stall":
      return fault.judged ? ["judged=yes"] : []
    case "clock":
      return [`${fault.byMs}ms`]
    case "restart":
    case "block-key":
      return []
  }
}

/** Writes a fault so that `parseFault` reads the same. */
export const printFault = (fault: Fault): string =>
  [
    fault.kind,
    ...detailsOf(fault),
    ...("chance" in fault ? timesOf(fault.when) : momentsOf(fault.when)),
    ...("times" in fault && fault.times !== undefined ? [`times=${fault.times}`] : []),
  ].join(":")
