/** Why state cannot be used. Each message says what is wrong and where; none holds more of a key than its label. */
import { Schema } from "effect"

/** Another run, or this one, holds the key. */
export class KeyInUse extends Schema.TaggedError<KeyInUse>()("KeyInUse", {
  label: Schema.String,
  /** Who holds it and since when (ISO 8601), if that could be read. */
  owner: Schema.optionalKey(Schema.Struct({ pid: Schema.Int, since: Schema.String })),
  directory: Schema.String,
}) {
  override get message() {
    const who =
      this.owner === undefined ? "another process" : `process ${this.owner.pid} since ${this.owner.since}`
    return `${this.label} is in use by ${who} (state in ${this.directory})`
  }
}

/** A state file or directory cannot be read, or is not what it should be. Nothing was sent, nothing changed. */
export class StateUnusable extends Schema.TaggedError<StateUnusable>()("StateUnusable", {
  reason: Schema.Literals([
    "no-home",
    "no-directory",
    "no-lock",
    "not-a-lock",
    "unreadable",
    "newer",
    "damaged",
    "nonce-unit",
  ]),
  /** The key that it is about, if any. */
  label: Schema.optionalKey(Schema.String),
  message: Schema.String,
}) {}

/** State could not be written: from then on the run could not remember what it sends. */
export class StateUnwritable extends Schema.TaggedError<StateUnwritable>()("StateUnwritable", {
  directory: Schema.String,
  problem: Schema.String,
}) {
  override get message() {
    return `the state in ${this.directory} cannot be written: ${this.problem}`
  }
}

export type StateError = KeyInUse | StateUnusable | StateUnwritable
