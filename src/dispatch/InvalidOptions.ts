/**
 * Options that no dispatcher can work with: a mistake of the program that gives them, and found before anything is
 * sent. A layer dies of it, so that its type promises no failure that a correct program would have to handle.
 */
import { Duration, Redacted, Schema } from "effect"
import type { ApiKey } from "../domain/ApiKey.ts"

/** Names the option, what is wrong with it, and what it must be. Never holds a key. */
export class InvalidOptions extends Schema.TaggedError<InvalidOptions>()("InvalidOptions", {
  option: Schema.String,
  problem: Schema.String,
}) {
  override get message() {
    return `the dispatcher's option "${this.option}": ${this.problem}`
  }
}

/** Dies of an option: layers that are being built say so. */
export const refuse = (option: string, problem: string): never => {
  throw new InvalidOptions({ option, problem })
}

/** A whole number from `min` on; with `endless`, Infinity too. */
export const checkCount = (option: string, value: number, min: number, endless = false): void => {
  if (Number.isSafeInteger(value) && value >= min) return
  if (endless && value === Number.POSITIVE_INFINITY) return
  refuse(option, `${value} is not a whole number from ${min} on`)
}

/** A finite time, longer than 0 unless `zero` says otherwise. */
export const checkTime = (option: string, value: Duration.Duration | undefined, zero = false): void => {
  if (value === undefined) return
  const ms = Duration.toMillis(value)
  if (Number.isFinite(ms) && (zero ? ms >= 0 : ms > 0)) return
  refuse(option, `${Duration.format(value)} is not a finite time${zero ? "" : " longer than 0"}`)
}

/**
 * At least one key; labels and secrets all different, and none empty. Two lanes with one secret would exceed its
 * limit, each for its own part within it.
 */
export const checkKeys = (keys: ReadonlyArray<ApiKey>): void => {
  if (keys.length === 0) refuse("keys", "there is none: give at least one")
  const labels = new Set<string>()
  const labelOf = new Map<string, string>()
  for (const { label, secret } of keys) {
    if (label === "") refuse("keys", "a label is empty: give each key a name that may be shown")
    if (labels.has(label)) refuse("keys", `two keys have the label ${label}: give each its own`)
    const plain = Redacted.value(secret)
    if (plain === "") refuse("keys", `the secret of ${label} is empty`)
    const twin = labelOf.get(plain)
    if (twin !== undefined) refuse("keys", `${twin} and ${label} have the same secret: leave one out`)
    labels.add(label)
    labelOf.set(plain, label)
  }
}

/** An http or https address without credentials: they would be dropped on the way, or shown. */
export const checkUrl = (option: string, url: URL): void => {
  if (url.protocol !== "http:" && url.protocol !== "https:") refuse(option, "it is neither http nor https")
  if (url.username !== "" || url.password !== "")
    refuse(option, "it holds a user name or a password: leave them out")
}
