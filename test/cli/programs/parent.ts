/** Hands over to the Node and the program that the arguments name, as the entry does on an older Node. */
import process from "node:process"
import { handOver } from "../../../src/platform/handOver.ts"

const [runtime, main, again] = process.argv.splice(2, 3)

handOver({
  main: main ?? "",
  alreadyHandedOver: again === "again",
  ...(runtime === "" ? {} : { runtime: runtime ?? "" }),
})
