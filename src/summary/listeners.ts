/** Several who are told a log's events. */
import type { EventListener, LogOptions } from "./LogOptions.ts"

type Listen = NonNullable<LogOptions["listen"]>

/** Two who listen as one; undefined where nobody does. */
export const bothListen = (one: Listen | undefined, other: Listen | undefined): Listen | undefined => {
  if (one === undefined || other === undefined) return one ?? other
  return (source, current): EventListener => {
    const listeners = [one(source, current), other(source, current)]
    return {
      add: (event) => {
        for (const listener of listeners) listener.add(event)
      },
      end: () => {
        for (const listener of listeners) listener.end()
      },
    }
  }
}
