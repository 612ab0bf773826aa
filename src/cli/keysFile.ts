/** The flag of every command that needs API keys. What it names is read by `ApiKeys.resolveKeys`. */
import { Flag } from "effect/cli"
import { API_KEYS_VARIABLE } from "../exchange/ApiKeys.ts"

export const keysFileFlag = Flag.String("keys-file").pipe(
  Flag.withMetavar("FILE"),
  Flag.withDescription(
    `A file with one API key a line (default: those of ${API_KEYS_VARIABLE}, separated by commas, or else the exercise's five)`,
  ),
  Flag.optional,
)
