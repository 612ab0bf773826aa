#!/usr/bin/env node
/**
 * The entry. Paceline needs Node 24; this file and what it imports of `platform/` load on Node 20 too, so that an older Node can
 * hand over to the pinned runtime instead of failing on syntax or interfaces it does not know. Hence nothing
 * but Node's own modules is imported here before the check.
 */
import process from "node:process"
import { fileURLToPath } from "node:url"
import { handOver, takeHandOverMark } from "./platform/handOver.ts"
import { isSupportedNode } from "./platform/nodeVersion.ts"

const handedOver = takeHandOverMark()

if (isSupportedNode(process.versions.node)) {
  const { app } = await import("./cli/App.ts")
  const { start } = await import("./cli/shell.ts")
  start(app, { handedOver })
} else {
  handOver({ main: fileURLToPath(import.meta.url), alreadyHandedOver: handedOver })
}
