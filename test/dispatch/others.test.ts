/** Requests of somebody else that the exchange has counted. */
import { assert, it } from "@effect/vitest"
import { tellingOfOthers } from "../../src/dispatch/others.ts"
import type { DispatchEvent } from "../../src/domain/DispatchEvent.ts"
import type { LimitSpec } from "../../src/domain/LimitSpec.ts"

it("are told of once a minute, all since the last time, but for those that an address may send", () => {
  const events: Array<DispatchEvent> = []
  const tell = tellingOfOthers((event) => void events.push(event))
  const limit: LimitSpec = { rule: "fixed", limit: 100, windowMs: 10_000, scope: "account" }
  tell({ limit, cost: 3 }, 0)
  tell({ limit, cost: 2 }, 10_000)
  tell({ limit, cost: 1 }, 59_999)
  tell({ limit: { ...limit, scope: "ip" }, cost: 5 }, 60_000)
  tell({ limit, cost: 4 }, 60_000)
  assert.deepStrictEqual(events, [
    { type: "others", atMs: 0, limit: "fixed:100/10s@account", cost: 3 },
    { type: "others", atMs: 60_000, limit: "fixed:100/10s@account", cost: 7 },
  ])
})
