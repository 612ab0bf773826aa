/** Why journals cannot be recovered from. Each message is one line that says what is wrong, and where. */
import { Schema } from "effect"

/** A journal cannot be read as what it should be: what it says of an order cannot be known. */
export class FormerJournalUnreadable extends Schema.TaggedError<FormerJournalUnreadable>()(
  "FormerJournalUnreadable",
  {
    reason: Schema.Literals([
      "unreadable",
      "no-journal",
      "newer",
      "damaged",
      "changed",
      "two-journals",
      "too-many",
    ]),
    message: Schema.String,
  },
) {}

/** Journals that are readable, and yet nothing to go on from: orders would be sent again. */
export class NotResumable extends Schema.TaggedError<NotResumable>()("NotResumable", {
  /** `random`: a run of orders made at random has none to go on with; `incomplete`: another journal is needed; `checked`: none of its orders was executed. */
  reason: Schema.Literals(["random", "incomplete", "checked"]),
  message: Schema.String,
}) {}

export type RecoveryError = FormerJournalUnreadable | NotResumable
