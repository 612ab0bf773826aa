/** What `--help` shows of a command's use: command lines, and what each is for. */
import { Command } from "effect/cli"

export const examples = (lines: Readonly<Record<string, string>>) =>
  Command.withExamples(Object.entries(lines).map(([command, description]) => ({ command, description })))
