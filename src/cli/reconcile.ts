/** The command `reconcile`: the orders of journals that may have been executed. */
import { Console, Effect } from "effect"
import { Argument, Command } from "effect/cli"
import { readJournals } from "../recovery/readJournals.ts"
import { renderUnknown } from "./renderUnknown.ts"
import { examples } from "./examples.ts"
import * as Flags from "./Flags.ts"

export const reconcile = Command.make(
  "reconcile",
  {
    journals: Argument.String("journal").pipe(
      Argument.withDescription(
        "Journals of paceline; a folder stands for every file in it. Give the journals of all runs of the same orders at once: one may have settled what another left unknown",
      ),
      Argument.variadic({ min: 1 }),
    ),
    format: Flags.format(["text", "json", "ndjson"], {
      description: "How to print: a table, one JSON value, or one JSON object a line for every unknown order",
      default: "text",
    }),
  },
  Effect.fnUntraced(function* ({ format, journals }) {
    const text = renderUnknown(format, yield* readJournals(journals))
    if (text !== "") yield* Console.log(text)
  }),
).pipe(
  Command.withDescription(
    "Lists the orders that were sent and got no usable answer: each may have been executed, and only the exchange can tell. Paceline never sends them again by itself. The exit status is 0 whether there are any or not, and 2 if a journal cannot be read.",
  ),
  Command.withShortDescription("List the orders whose outcome is unknown"),
  examples({
    "paceline reconcile journals": "The unknown orders of all runs in a folder",
    "paceline reconcile --format ndjson run.ndjson": "The same for another program, an order a line",
  }),
)
