/** A thread that summarises the later part of a log, sends what it knows, and ends. */
import { parentPort } from "node:worker_threads"
import { laterPart } from "../twoParts.ts"

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, not a browser's window
parentPort?.postMessage(laterPart())
