/**
 * The command line: which commands there are.
 *
 * A command is a file of its own. It fails with typed errors, which `advice.ts` turns into the one line that its user
 * gets and an exit status; it writes its result to standard output and everything else to standard error; and to be stopped
 * is to be interrupted (see `Signals.ts`). Where it fails while it is brought to an end after that, it dies of
 * its error (`Effect.orDie`): an expected failure does not outlast an interruption.
 */
import { Command } from "effect/cli"
import { compare } from "./compare.ts"
import { exchange } from "./exchange.ts"
import { reconcile } from "./reconcile.ts"
import { run } from "./run.ts"
import { simulate } from "./simulate.ts"
import { summarise } from "./summarise.ts"

/** Every command, under the program's name. */
export const app = Command.make("paceline").pipe(
  Command.withDescription(
    'Gets orders to an exchange as fast as its rate limits safely allow. Without a command it does what "run" does.',
  ),
  Command.withSubcommands([run, exchange, summarise, reconcile, simulate, compare]),
  Command.withExamples([
    { command: "paceline", description: "30 seconds against an exchange of our own, then a summary" },
    { command: "paceline run --help", description: "The flags of a command" },
  ]),
)
