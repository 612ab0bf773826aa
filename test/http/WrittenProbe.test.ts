import type * as Undici from "@effect/platform-node/Undici"
import { expect, it } from "vitest"
import { type ProbedOptions, probing, WrittenProbe } from "../../src/http/WrittenProbe.ts"

const makeController = () => {
  const aborted: Array<string> = []
  const controller: Undici.Dispatcher.DispatchController = {
    aborted: false,
    paused: false,
    reason: null,
    rawHeaders: null,
    rawTrailers: null,
    abort: (reason) => aborted.push(reason.message),
    pause: () => {},
    resume: () => {},
  }
  return { controller, aborted }
}

const dispatchWith = (starts: number) => {
  const { aborted, controller } = makeController()
  const told: Array<string> = []
  const probe = new WrittenProbe(() => told.push("written"))
  const options: ProbedOptions & Undici.Dispatcher.DispatchOptions = { probe, path: "/", method: "GET" }
  probing((_, handler) => {
    for (let start = 0; start < starts; start += 1) handler.onRequestStart?.(controller, null)
    if (starts > 0) handler.onRequestSent?.()
    return true
  })(options, { onRequestStart: () => told.push("started"), onRequestSent: () => told.push("sent") })
  return { probe, told, aborted }
}

it("has not begun as long as the request waits", () => {
  expect(dispatchWith(0)).toMatchObject({ probe: { begun: false }, told: [] })
})

it("says when a request was begun and when it was written, and passes both on", () => {
  expect(dispatchWith(1)).toMatchObject({
    probe: { begun: true },
    told: ["started", "written", "sent"],
    aborted: [],
  })
})

it("cuts off a request that is started a second time, before any of it can leave again", () => {
  const { aborted, told } = dispatchWith(2)
  expect(aborted).toEqual(["a request is never sent twice"])
  expect(told.filter((what) => what === "started")).toEqual(["started"])
})
