/**
 * The command line: which commands there are.
 *
 * Each command is a file. It fails with typed errors, which `advice.ts` turns into one line for the user and an exit status.
 * It writes its result to standard output and everything else to standard error. A signal interrupts it (see `Signals.ts`);
 * if it then fails on its way out, it dies of the error (`Effect.orDie`), because an interruption swallows a typed one.
 */
import { Command } from "effect/cli"
import { compare } from "./compare.ts"
import { exchange } from "./exchange.ts"
import { reconcile } from "./reconcile.ts"
import { run } from "./run.ts"
import { simulate } from "./simulate.ts"
import { summarise } from "./summarise.ts"
import { examples } from "./examples.ts"

/** Every command, under the program's name. */
export const app = Command.make("paceline").pipe(
  Command.withDescription(
    'Gets orders to an exchange as fast as its rate limits safely allow. Without a command it runs "run".',
  ),
  Command.withSubcommands([run, exchange, summarise, reconcile, simulate, compare]),
  examples({
    paceline: "30 seconds against an exchange that it starts itself, then a summary",
    "paceline run --help": "The flags of a command",
  }),
)
