/** Where a run's orders come from. */
import { Context, type Duration, Effect, type FileSystem, Result, type Stdio, Stream } from "effect"
import type { MadeOrder } from "../../domain/Order.ts"
import { STANDARD_INPUT_SOURCE } from "../../journal/JournalRecord.ts"
import type { OrdersUnreadable } from "../RunFailure.ts"
import { type BadLine, fromFile, fromStdin, type Misfit } from "./NdjsonSource.ts"
import { randomSource, type RandomSourceOptions } from "./RandomSource.ts"

export class OrderSource extends Context.Service<
  OrderSource,
  {
    /** A name without secrets. */
    readonly name: string
    /** The rate as a multiple of the exercise's; undefined if orders are not made at random. */
    readonly load: number | undefined
    /** How long orders are made, or read; undefined for the end of the source. */
    readonly duration: Duration.Duration | undefined
    /** Orders, and lines that hold none. */
    readonly orders: Stream.Stream<Result.Result<MadeOrder, BadLine>, OrdersUnreadable>
    /**
     * Whether orders come at their own times. From other sources they are read as fast as orders leave, so that an order
     * without a time of its own is made when it is its turn, and does not expire in our queue.
     */
    readonly isTimed: boolean
  }
>()("paceline/run/OrderSource") {}

/** The exercise's: numbered orders at random gaps. */
export const randomOrders = (options: RandomSourceOptions): OrderSource["Service"] => ({
  name: "random",
  load: options.load,
  duration: options.duration,
  orders: Stream.map(randomSource(options), Result.succeed),
  isTimed: true,
})

/** Orders of standard input (`-`), or of a file that `validateFile` has found good. */
export const ndjsonOrders = Effect.fnUntraced(function* (
  from: string,
  duration: Duration.Duration | undefined,
  misfit?: Misfit,
) {
  const context = yield* Effect.context<FileSystem.FileSystem | Stdio.Stdio>()
  const orders: Stream.Stream<
    Result.Result<MadeOrder, BadLine>,
    OrdersUnreadable,
    FileSystem.FileSystem | Stdio.Stdio
  > = from === "-" ? fromStdin(misfit) : Stream.map(fromFile(from, misfit), Result.succeed)
  return OrderSource.of({
    name: from === "-" ? STANDARD_INPUT_SOURCE : from,
    load: undefined,
    duration,
    orders: Stream.provideContext(orders, context),
    isTimed: false,
  })
})
