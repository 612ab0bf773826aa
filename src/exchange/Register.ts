/**
 * What the exchange knows: its keys, what each has used, and the clock by which it judges. No waiting and no HTTP:
 * whoever calls says what time it is.
 */
import { type Random, Redacted } from "effect"
import type { ApiKey } from "../domain/ApiKey.ts"
import type { ExchangeRules } from "../venues/exercise/exercise.ts"
import { arrive, emptyKey, type KeyUsage, parseNonce, type Ruling } from "./ExchangeModel.ts"
import type { CountedRequest, ScopedCounters } from "./counters/ScopedCounters.ts"
import type { MomentFault } from "./faults/Fault.ts"

export interface RegisteredKey {
  readonly label: string
  usage: KeyUsage
}

/** What limits are to know of a request, but for its key. */
export type RequestFacts = Omit<CountedRequest, "key">

export class Register {
  /** How far the exchange's clock has jumped, in milliseconds. */
  clockStepMs = 0
  readonly #rules: ExchangeRules
  readonly #keys: ReadonlyMap<string, RegisteredKey>
  readonly #luck: Random.Random
  readonly #makeCounters: () => ScopedCounters | undefined
  #counters: ScopedCounters | undefined

  /** `luck` chooses which key a `block-key` fault hits. `makeCounters` gives limits that decide in place of a key's window. */
  constructor(
    keys: ReadonlyArray<ApiKey>,
    rules: ExchangeRules,
    luck: Random.Random,
    makeCounters: () => ScopedCounters | undefined = () => undefined,
  ) {
    this.#rules = rules
    this.#luck = luck
    this.#makeCounters = makeCounters
    this.#counters = makeCounters()
    this.#keys = new Map(
      keys.map(({ label, secret }) => [Redacted.value(secret), { label, usage: emptyKey }]),
    )
  }

  find(secret: string | undefined): RegisteredKey | undefined {
    return this.#keys.get(secret ?? "")
  }

  /** Judges a request that arrives at `atMs` of a clock that never jumps. */
  judge(key: RegisteredKey, nonce: string | undefined, atMs: number, facts: RequestFacts): Ruling {
    const counters = this.#counters
    const judgedMs = atMs + this.clockStepMs
    const passes = counters && (() => counters.pass({ ...facts, key: key.label }, judgedMs))
    const arrival = { nonce: parseNonce(nonce), atMs: judgedMs, passes }
    const { next, ruling } = arrive(this.#rules, key.usage, arrival)
    key.usage = next
    return ruling
  }

  /** Blocks a key for good. */
  block(key: RegisteredKey): void {
    const rateLimitErrors = Math.max(this.#rules.blockAfter, key.usage.rateLimitErrors)
    key.usage = { ...key.usage, rateLimitErrors }
  }

  /** Plays a fault, and says whether there was anything for it to hit. */
  play(fault: MomentFault): boolean {
    switch (fault.kind) {
      case "restart":
        for (const key of this.#keys.values()) key.usage = emptyKey
        this.#counters = this.#makeCounters()
        return true
      case "clock":
        this.clockStepMs += fault.byMs
        return true
      case "block-key": {
        const healthy = [...this.#keys.values()].filter(
          ({ usage }) => usage.rateLimitErrors < this.#rules.blockAfter,
        )
        const key = healthy[Math.floor(this.#luck.nextDoubleUnsafe() * healthy.length)]
        if (key !== undefined) this.block(key)
        return key !== undefined
      }
    }
  }
}
