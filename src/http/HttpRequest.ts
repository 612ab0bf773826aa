/**
 * One request, sent at most once: the single object that undici calls back, from the wait for a connection to the end.
 */
import type { IncomingHttpHeaders } from "node:http"
import { Exit, Effect, Result } from "effect"
import type { Dispatcher } from "undici"
import type { AnswerHeaders } from "./advice.ts"
import { codeOf, CONNECT_TIMEOUT } from "./connect.ts"
import type { Connection, HttpMessage } from "./Connection.ts"

export interface Answer {
  readonly status: number
  readonly headers: AnswerHeaders
  /** Its body as text; empty where it is larger than any answer of a protocol: what it says is in its status alone. */
  readonly body: string
}

export type HttpEnding =
  | { readonly kind: "answered"; readonly answer: Answer }
  /** Not a byte left. */
  | { readonly kind: "never-sent"; readonly code: string }
  /** Bytes have left, and no complete answer will come. */
  | { readonly kind: "broken"; readonly code: string }
  | { readonly kind: "timeout" }

/** Told of a request's way, synchronously and at most once each. Times are milliseconds of the monotonic clock. */
export interface HttpWatch {
  /** Asked right before the first byte leaves. Where it says no, nothing is sent. */
  readonly mayStart?: () => boolean
  /** All of the request was handed to an open connection's socket. */
  readonly onWritten: (atMs: number) => void
  /** The answer is complete, or the request was given up or interrupted. Always called, before the result is known. */
  readonly onSettled: (atMs: number) => void
}

export interface HttpExchange<A, E> {
  /** Asked once a connection is there: what is signed with the time is signed then. Where it throws, the request is broken. */
  readonly message: () => HttpMessage
  readonly watch: HttpWatch
  /**
   * What its ending means. Only after a success that names its request is its connection used again: a refusal carries no
   * order's id, and what follows one on a connection may be a second one. Where it throws, it is asked again about a broken request.
   */
  readonly conclude: (ending: HttpEnding) => Exit.Exit<A, E>
  /**
   * Whether an answer names no request, and so may be a late one to an earlier request of its connection. It is then
   * believed only if no other answer follows it for a while; otherwise the request is broken.
   */
  readonly isAnonymous?: (answer: Answer) => boolean
}

export type Carrier = Pick<Connection, keyof Connection>

/** A request as those see it who find it a connection. */
export interface PendingRequest {
  /** Sends it over a connection that is free. */
  readonly start: (connection: Carrier) => void
  /** It will not be sent. */
  readonly fail: (code: string) => void
}

/** Where a request waits and returns to. */
export interface RequestOwner {
  readonly nowMs: () => number
  /** Its connection was lost before it had begun: it needs another. */
  readonly onTurnedBack: (request: PendingRequest) => void
  /** It no longer waits for a connection. */
  readonly onWithdrawn: (request: PendingRequest) => void
  /** An answer came this long after its request was written. */
  readonly onRoundTrip: (ms: number) => void
  /** How long to wait for a second answer. */
  readonly silenceMs: () => number
  /** Its connection may carry the next. */
  readonly onFree: (connection: Carrier) => void
  /** It succeeded, and named no request: the next needs another connection. */
  readonly onSpent: (connection: Carrier) => void
}

/** An answer has some forty bytes; whatever is larger is not the protocol's and is not read to its end. */
const MAX_ANSWER_BYTES = 64 * 1024

const NOTHING = new Error("nothing of the request may leave")

export class HttpRequest<A, E> implements PendingRequest, Dispatcher.DispatchHandler {
  readonly #exchange: HttpExchange<A, E>
  readonly #owner: RequestOwner
  readonly #resume: (result: Effect.Effect<A, E>) => void
  readonly #timer: NodeJS.Timeout
  #connection: Carrier | undefined
  /** Whether any byte may have left. */
  #isBegun = false
  #writtenMs: number | undefined
  /** An answer that may be one to an earlier request. */
  #doubtful: { readonly believe: () => void; readonly timer: NodeJS.Timeout } | undefined
  #settledMs: number | undefined
  #isTold = false
  #status = 0
  #headers: IncomingHttpHeaders = {}
  #body: Buffer | undefined

  constructor(
    exchange: HttpExchange<A, E>,
    timeoutMs: number,
    owner: RequestOwner,
    resume: (result: Effect.Effect<A, E>) => void,
  ) {
    this.#exchange = exchange
    this.#owner = owner
    this.#resume = resume
    // A process that stood still finds its timers due first: what came in meanwhile is read before they count.
    this.#timer = setTimeout(() => setImmediate(() => this.#giveUp()), timeoutMs)
  }

  start(connection: Carrier): void {
    this.#connection = connection
    Result.match(
      Result.try(() => this.#exchange.message()),
      {
        onSuccess: (message) => connection.dispatch(message, this),
        onFailure: () => this.#settle({ kind: "broken", code: "unsendable" }),
      },
    )
  }

  fail(code: string): void {
    this.#settle({ kind: "never-sent", code })
  }

  /** Nobody wants to know any more: its connection is reset, and what it may have carried with it. */
  abandon(): void {
    if (this.#isTold) return
    this.#isTold = true
    this.#settledMs ??= this.#owner.nowMs()
    this.#letGo()
    this.#exchange.watch.onSettled(this.#settledMs)
  }

  // undici calls this right before the first byte is written.
  onRequestStart(controller: Dispatcher.DispatchController): void {
    const connection = this.#connection
    // undici starts some requests over that lost their connection: an order must never leave twice.
    if (this.#isBegun || this.#settledMs !== undefined || connection?.isQuiet !== true) {
      connection?.close()
      controller.abort(NOTHING)
      return
    }
    if (this.#exchange.watch.mayStart?.() === false) {
      this.fail("withheld")
      controller.abort(NOTHING)
      return
    }
    this.#isBegun = true
    connection.begin()
  }

  onRequestSent(): void {
    if (this.#settledMs !== undefined) return
    this.#writtenMs = this.#owner.nowMs()
    this.#exchange.watch.onWritten(this.#writtenMs)
  }

  // Also called for answers that only announce another one (1xx).
  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    this.#status = status
    this.#headers = headers
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#settledMs !== undefined) return
    const body = this.#body === undefined ? chunk : Buffer.concat([this.#body, chunk])
    this.#body = body
    if (body.length > MAX_ANSWER_BYTES) this.#settle({ kind: "answered", answer: this.#answer("") })
  }

  onResponseEnd(): void {
    if (this.#settledMs !== undefined) return
    const answer = this.#answer(this.#body === undefined ? "" : textOf(this.#body))
    const connection = this.#connection
    connection?.end()
    if (connection !== undefined && connection.uses > 1 && this.#exchange.isAnonymous?.(answer) === true) {
      this.#doubt(answer, connection)
      return
    }
    if (this.#writtenMs !== undefined) this.#owner.onRoundTrip(this.#owner.nowMs() - this.#writtenMs)
    this.#settle({ kind: "answered", answer })
  }

  onResponseError(_: Dispatcher.DispatchController | null, error: Error): void {
    if (this.#settledMs !== undefined) return
    if (this.#isBegun) this.#settle({ kind: "broken", code: codeOf(error) })
    // One that was kept too long finds another connection; where a new one closes at once, the next would too.
    else if (this.#connection !== undefined && this.#connection.uses > 0 && !this.#connection.isOpen) {
      this.#connection = undefined
      this.#owner.onTurnedBack(this)
    } else this.fail(codeOf(error))
  }

  /** Where the answer is a late one to an earlier request, this one's own follows, and says so. */
  #doubt(answer: Answer, connection: Carrier): void {
    // It was complete now, however long it is doubted.
    const atMs = this.#owner.nowMs()
    const believe = (): void => this.#settle({ kind: "answered", answer }, atMs)
    this.#doubtful = { believe, timer: setTimeout(believe, this.#owner.silenceMs()) }
    connection.watchSilence((hasStray) => {
      if (hasStray) this.#settle({ kind: "broken", code: "two answers" })
      else believe()
    })
  }

  #giveUp(): void {
    if (this.#doubtful !== undefined) {
      this.#doubtful.believe()
      return
    }
    this.#settle(this.#isBegun ? { kind: "timeout" } : { kind: "never-sent", code: CONNECT_TIMEOUT })
  }

  #answer(body: string): Answer {
    return { status: this.#status, headers: plainHeaders(this.#headers), body }
  }

  #settle(ending: HttpEnding, atMs = this.#owner.nowMs()): void {
    if (this.#settledMs !== undefined) return
    this.#settledMs = atMs
    clearTimeout(this.#timer)
    // Out of undici's parser, which must not be entered again from within: whoever is told may send the next at once.
    queueMicrotask(() => this.#tell(ending))
  }

  #tell(ending: HttpEnding): void {
    if (this.#isTold) return
    this.#isTold = true
    const { conclude, watch } = this.#exchange
    const exit = Result.getOrElse(
      Result.orElse(attempt(conclude, ending), () =>
        attempt(conclude, { kind: "broken", code: "unreadable answer" }),
      ),
      Exit.die,
    )
    const connection = this.#connection
    if (ending.kind !== "answered" || !Exit.isSuccess(exit) || connection?.isOpen !== true) this.#letGo()
    else if (this.#exchange.isAnonymous?.(ending.answer) === true) this.#owner.onSpent(connection)
    else this.#owner.onFree(connection)
    this.#resume(
      Effect.suspend(() => {
        watch.onSettled(this.#settledMs ?? this.#owner.nowMs())
        return exit
      }),
    )
  }

  /** Gives up its connection, or its place among those that wait for one. */
  #letGo(): void {
    clearTimeout(this.#timer)
    clearTimeout(this.#doubtful?.timer)
    if (this.#connection === undefined) this.#owner.onWithdrawn(this)
    else if (this.#isBegun) this.#connection.reset()
    else this.#connection.close()
  }
}

const attempt = <A, E>(conclude: (ending: HttpEnding) => Exit.Exit<A, E>, ending: HttpEnding) =>
  Result.try(() => conclude(ending))

const BYTE_ORDER_MARK = 0xfeff

const textOf = (body: Buffer): string => {
  const text = body.toString("utf8")
  return text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text
}

/** Headers that were sent several times, as one. */
const plainHeaders = (headers: IncomingHttpHeaders): AnswerHeaders => {
  const plain: Record<string, string | undefined> = {}
  for (const [name, value] of Object.entries(headers)) {
    plain[name] = Array.isArray(value) ? value.join(", ") : value
  }
  return plain
}
