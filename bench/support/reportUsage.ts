/** Loaded into a measured process before its program: tells on file descriptor 3, at its end, what it has used. */
import { writeSync } from "node:fs"
import process from "node:process"

process.once("exit", () => {
  const { maxRSS, systemCPUTime, userCPUTime } = process.resourceUsage()
  writeSync(3, JSON.stringify({ peakKib: maxRSS, cpuMicros: systemCPUTime + userCPUTime }))
})
