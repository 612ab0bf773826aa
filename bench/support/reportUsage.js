/**
 * Loaded into a measured process before its program: tells on file descriptor 3, at its end, what it has used. JavaScript
 * as it is: to have TypeScript read costs memory, which would be taken for the program's.
 */
/* oxlint-disable typescript/no-unsafe-assignment, typescript/no-unsafe-call, typescript/no-unsafe-member-access, typescript/no-unsafe-argument -- plain JavaScript outside the compiler's reach */
import { writeSync } from "node:fs"
import process from "node:process"
import { isMainThread } from "node:worker_threads"

// Its threads load this, too; what they use is the process's.
if (isMainThread) {
  process.once("exit", () => {
    const { maxRSS, systemCPUTime, userCPUTime } = process.resourceUsage()
    writeSync(3, JSON.stringify({ peakKib: maxRSS, cpuMicros: systemCPUTime + userCPUTime }))
  })
}
