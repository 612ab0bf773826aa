import { Effect, Exit } from "effect"
import type { Dispatcher } from "undici"
import { expect, it } from "vitest"
import { type Carrier, type HttpEnding, HttpRequest, type RequestOwner } from "../../src/http/HttpRequest.ts"

const owner: RequestOwner = {
  nowMs: () => 0,
  onTurnedBack: () => {},
  onWithdrawn: () => {},
  onRoundTrip: () => {},
  silenceMs: () => 0,
  onFree: () => {},
  onSpent: () => {},
}

/** A request on a connection that never does anything by itself; `told` is what happens to both. */
const makeRequest = ({ conclude, mayStart }: { mayStart?: () => boolean; conclude?: () => never } = {}) => {
  const told: Array<string> = []
  const endings: Array<HttpEnding> = []
  const carrier: Carrier = {
    isOpen: true,
    isQuiet: true,
    uses: 0,
    dispatch: () => told.push("dispatched"),
    begin: () => told.push("begun"),
    end: () => told.push("ended"),
    close: () => told.push("closed"),
    reset: () => told.push("reset"),
    watchSilence: () => {},
  }
  const controller: Dispatcher.DispatchController = {
    aborted: false,
    paused: false,
    reason: null,
    rawHeaders: null,
    rawTrailers: null,
    abort: () => told.push("aborted"),
    pause: () => {},
    resume: () => {},
  }
  const results: Array<Exit.Exit<string, string>> = []
  const request = new HttpRequest<string, string>(
    {
      message: () => ({ method: "GET", path: "/" }),
      watch: {
        ...(mayStart === undefined ? {} : { mayStart }),
        onWritten: () => told.push("written"),
        onSettled: () => told.push("settled"),
      },
      conclude: (ending) => {
        endings.push(ending)
        if (ending.kind === "answered") conclude?.()
        return Exit.fail(ending.kind)
      },
    },
    60_000,
    owner,
    (result) => results.push(Effect.runSyncExit(result)),
  )
  return { request, carrier, controller, told, endings, results }
}

const microtasks = () => new Promise<void>((resolve) => setImmediate(resolve))

it("has not begun as long as it waits, and says so when it is failed", async () => {
  const { endings, request, told } = makeRequest()
  request.fail("ECONNREFUSED")
  await microtasks()
  expect(endings).toEqual([{ kind: "never-sent", code: "ECONNREFUSED" }])
  expect(told).toEqual(["settled"])
})

it("says when it was begun and when it was written", () => {
  const { carrier, controller, request, told } = makeRequest()
  request.start(carrier)
  request.onRequestStart(controller)
  request.onRequestSent()
  request.abandon()
  expect(told).toEqual(["dispatched", "begun", "written", "reset", "settled"])
})

it("cuts off a second start before any of it can leave again", () => {
  const { carrier, controller, request, told } = makeRequest()
  request.start(carrier)
  request.onRequestStart(controller)
  request.onRequestStart(controller)
  request.abandon()
  expect(told.filter((what) => what === "begun")).toEqual(["begun"])
  expect(told).toContain("aborted")
})

it.each([
  { what: "was given up", isGivenUp: true, expected: [] },
  { what: "is not wanted any more", isGivenUp: false, expected: [{ kind: "never-sent", code: "withheld" }] },
])("does not begin where it $what", async ({ expected, isGivenUp }) => {
  const { carrier, controller, endings, request, told } = makeRequest({ mayStart: () => isGivenUp })
  request.start(carrier)
  if (isGivenUp) request.abandon()
  request.onRequestStart(controller)
  await microtasks()
  expect(told).not.toContain("begun")
  expect(told).toContain("aborted")
  expect(endings).toEqual(expected)
})

it("does not begin on a connection on which something came unasked", () => {
  const { carrier, controller, request, told } = makeRequest()
  request.start({ ...carrier, isQuiet: false })
  request.onRequestStart(controller)
  request.abandon()
  expect(told).not.toContain("begun")
  expect(told.slice(0, 3)).toEqual(["dispatched", "closed", "aborted"])
})

it("is broken where its answer cannot be read, and its connection is reset", async () => {
  const unreadable = (): never => {
    throw new Error("what is this?")
  }
  const { carrier, controller, endings, request, results, told } = makeRequest({ conclude: unreadable })
  request.start(carrier)
  request.onRequestStart(controller)
  request.onRequestSent()
  request.onResponseStart(controller, 200, {})
  request.onResponseEnd()
  await microtasks()
  expect(endings.map(({ kind }) => kind)).toEqual(["answered", "broken"])
  expect(results).toEqual([Exit.fail("broken")])
  expect(told.slice(-2)).toEqual(["reset", "settled"])
})

it("settled when its answer was complete, however long that is doubted", async () => {
  const { believe, settledMs } = await new Promise<{ believe: () => void; settledMs: Array<number> }>(
    (resolve) => {
      let nowMs = 0
      const times: Array<number> = []
      const { carrier, controller } = makeRequest()
      const request = new HttpRequest<void, string>(
        {
          message: () => ({ method: "GET", path: "/" }),
          watch: { onWritten: () => {}, onSettled: (atMs) => times.push(atMs) },
          conclude: () => Exit.void,
          isAnonymous: () => true,
        },
        60_000,
        { ...owner, nowMs: () => nowMs, silenceMs: () => 60_000 },
        (result) => void Effect.runSyncExit(result),
      )
      request.start({
        ...carrier,
        uses: 2,
        watchSilence: (told) =>
          resolve({
            settledMs: times,
            believe: () => {
              nowMs = 90
              told(false)
            },
          }),
      })
      request.onRequestStart(controller)
      request.onRequestSent()
      nowMs = 40
      request.onResponseStart(controller, 400, {})
      request.onResponseEnd()
    },
  )
  believe()
  await microtasks()
  expect(settledMs).toEqual([40])
})
