/** What an exchange makes of a request, apart from delays and faults: the exercise's protocol, or a venue's. */
import type { ExchangeAnswer } from "./ExchangeAnswer.ts"
import type { Garbling, MomentFault } from "./faults/Fault.ts"
import type { RequestFaults } from "./faults/FaultPlan.ts"
import type { WrongAnswer } from "./faults/wrongAnswer.ts"

/** What a request is answered. */
export interface Answered {
  readonly type: "answer"
  readonly answer: ExchangeAnswer
  readonly headers?: Readonly<Record<string, string>>
}

export interface Protocol<Request> {
  /** The answer to a request that is not judged, and takes no way in; undefined to one that is. */
  readonly unjudged: (request: Request) => Answered | undefined
  /** Judges a request that arrives at a moment of the monotonic clock, counts and records it. Moments never go back. */
  readonly judge: (request: Request, atMs: number, faults: RequestFaults) => Answered
  /** Plays a fault, and says whether there was anything for it to hit. */
  readonly play: (fault: MomentFault) => boolean
  /** What the exchange says where it has failed. */
  readonly failure: ExchangeAnswer
  /** A success that makes no sense, in place of an answer. */
  readonly garbled: (garbling: Garbling, request: Request, answer: ExchangeAnswer) => WrongAnswer
}
