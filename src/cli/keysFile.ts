/** The flag of every command that needs API keys. What it names is read by `ApiKeys.resolveKeys`. */
import { API_KEYS_VARIABLE } from "../domain/ApiKeys.ts"
import { file } from "./files.ts"

export const keysFileFlag = file(
  "keys-file",
  `A file with one API key a line (default: those of ${API_KEYS_VARIABLE}, separated by commas, or else the exercise's five)`,
)
