import { describe, expect, it } from "vitest"
import { decide, SAME_SIGNAL_MS } from "../../src/cli/Signals.ts"

describe("a signal", () => {
  const first = { signal: "SIGINT", atMs: 1000 } as const

  it("stops the program when it is the first", () => {
    expect(decide(undefined, 1000)).toBe("stop")
  })

  it("is the same as the first when it follows within half a second", () => {
    expect(decide(first, 1000)).toBe("nothing")
    expect(decide(first, 1000 + SAME_SIGNAL_MS - 1)).toBe("nothing")
  })

  it("ends the program at once when it comes later", () => {
    expect(decide(first, 1000 + SAME_SIGNAL_MS)).toBe("exit")
  })
})
