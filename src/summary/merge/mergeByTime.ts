/**
 * Puts the events of several logs in the order of their times, in one pass: no more is kept of each log than its next
 * few events. Those of one log stay in its own order; one whose time is before that of the one before it follows at once.
 */
import type { LogEvent } from "../../journal/LogEvent.ts"

/** One of the logs. */
export interface EventQueue {
  /** Among equal times the log with the smaller number comes first. */
  readonly order: number
  /** The time of the log's next event, at the latest. */
  nextMs: number
  /** The log's next events. */
  events: ReadonlyArray<LogEvent>
  /** How many of them were given already. */
  given: number
}

export interface TimeMerger {
  /** Takes a log that goes on. Its events may still be on their way, but then its time must be known. */
  readonly add: (queue: EventQueue) => void
  /**
   * Gives events away, up to where a log's further ones are needed: that log is the answer, and is taken out until it is
   * added again. Undefined where there is no log any more.
   */
  readonly run: () => EventQueue | undefined
}

const timeOf = (event: LogEvent): number => ("atMs" in event ? event.atMs : Number.NEGATIVE_INFINITY)

/** @param give is given each event, and its log's number */
export const makeTimeMerger = (give: (event: LogEvent, order: number) => void): TimeMerger => {
  /** From the latest to the one that is next. */
  const waiting: Array<EventQueue> = []

  const isAfter = (atMs: number, order: number, other: EventQueue): boolean =>
    atMs > other.nextMs || (atMs === other.nextMs && order > other.order)

  const insert = (queue: EventQueue): void => {
    let from = 0
    let to = waiting.length
    while (from < to) {
      const middle = (from + to) >>> 1
      const there = waiting[middle]
      if (there !== undefined && isAfter(there.nextMs, there.order, queue)) from = middle + 1
      else to = middle
    }
    waiting.splice(from, 0, queue)
  }

  /** Gives the queue's events away as long as they are before those of the others. Whether it still has some. */
  const giveFrom = (queue: EventQueue, second: EventQueue | undefined): boolean => {
    const { events, order } = queue
    while (queue.given < events.length) {
      const event = events[queue.given]
      if (event === undefined) break
      const atMs = timeOf(event)
      if (second !== undefined && isAfter(atMs, order, second)) {
        queue.nextMs = atMs
        return true
      }
      queue.given += 1
      give(event, order)
    }
    return false
  }

  return {
    add: (queue) => {
      const next = queue.events[queue.given]
      if (next !== undefined) queue.nextMs = timeOf(next)
      insert(queue)
    },
    run: () => {
      while (true) {
        const queue = waiting.pop()
        if (queue === undefined || !giveFrom(queue, waiting.at(-1))) return queue
        insert(queue)
      }
    },
  }
}
