/** The shell around the commands of the tests. */
import { start } from "../../../src/cli/shell.ts"
import { takeHandOverMark } from "../../../src/platform/handOver.ts"
import { root } from "./commands.ts"

start(root, { handedOver: takeHandOverMark() })
