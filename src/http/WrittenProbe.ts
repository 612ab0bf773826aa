/**
 * Finds out when a request has really left, and makes sure that it leaves only once.
 *
 * The platform's HTTP client says only when a request was begun and when it was answered. Between the two it
 * may wait for a connection, so the moment it was handed to the socket is taken from undici itself.
 */
import type * as Undici from "@effect/platform-node/Undici"

/** Rides along with one request's options, and is told of its way by {@link probing}. */
export class WrittenProbe {
  /** Whether any byte may have left. */
  begun = false
  readonly onWritten: () => void
  /** Whether the request is still wanted when its connection is there. */
  readonly mayStart: () => boolean

  constructor(onWritten: () => void, mayStart: () => boolean = () => true) {
    this.onWritten = onWritten
    this.mayStart = mayStart
  }
}

/** Options of a request that carries a probe. */
export interface ProbedOptions extends Partial<Undici.Dispatcher.RequestOptions> {
  readonly probe: WrittenProbe
}

class ProbedHandler implements Undici.Dispatcher.DispatchHandler {
  readonly #probe: WrittenProbe
  readonly #handler: Undici.Dispatcher.DispatchHandler

  constructor(probe: WrittenProbe, handler: Undici.Dispatcher.DispatchHandler) {
    this.#probe = probe
    this.#handler = handler
  }

  // Called right before the first byte is written. undici starts a request over when its connection is lost
  // at certain moments; an order must never leave twice, so a second start is cut off before it writes.
  onRequestStart(controller: Undici.Dispatcher.DispatchController, context: unknown): void {
    if (this.#probe.begun) {
      controller.abort(new Error("a request is never sent twice"))
      return
    }
    if (!this.#probe.mayStart()) {
      controller.abort(new Error("the order expired while a connection was being made"))
      return
    }
    this.#probe.begun = true
    this.#handler.onRequestStart?.(controller, context)
  }

  onRequestSent(): void {
    this.#probe.onWritten()
    this.#handler.onRequestSent?.()
  }

  onRequestUpgrade(
    ...args: Parameters<NonNullable<Undici.Dispatcher.DispatchHandler["onRequestUpgrade"]>>
  ): void {
    this.#handler.onRequestUpgrade?.(...args)
  }

  onResponseStarted(): void {
    this.#handler.onResponseStarted?.()
  }

  onResponseStart(
    ...args: Parameters<NonNullable<Undici.Dispatcher.DispatchHandler["onResponseStart"]>>
  ): void {
    this.#handler.onResponseStart?.(...args)
  }

  onResponseData(controller: Undici.Dispatcher.DispatchController, chunk: Buffer): void {
    this.#handler.onResponseData?.(controller, chunk)
  }

  onResponseEnd(...args: Parameters<NonNullable<Undici.Dispatcher.DispatchHandler["onResponseEnd"]>>): void {
    this.#handler.onResponseEnd?.(...args)
  }

  onResponseError(controller: Undici.Dispatcher.DispatchController, error: Error): void {
    this.#handler.onResponseError?.(controller, error)
  }
}

/** An undici interceptor that lets a {@link WrittenProbe} in a request's options watch it. */
export const probing: Undici.Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) =>
  "probe" in options && options.probe instanceof WrittenProbe
    ? dispatch(options, new ProbedHandler(options.probe, handler))
    : dispatch(options, handler)
