/**
 * Remembers the ids of orders in bounded memory: a bit each for the whole numbers that order sources count with, the text
 * of others. It counts the ids that no longer fit, and does not know them again.
 */

/** Ids in a page: 4 KiB. */
const PAGE_IDS = 32_768
/** 64 MiB of pages: half a billion orders that are numbered without great gaps. */
const MAX_PAGES = 16_384
/** About 100 MB. */
const MAX_TEXTS = 1_000_000

const WHOLE_NUMBER = /^(?:0|[1-9]\d{0,14})$/

export interface SeenIdsLimits {
  readonly maxPages: number
  readonly maxTexts: number
}

export class SeenIds {
  readonly #limits: SeenIdsLimits
  readonly #pages = new Map<number, Uint32Array>()
  readonly #texts = new Set<string>()
  #forgotten = 0

  constructor(limits: SeenIdsLimits = { maxPages: MAX_PAGES, maxTexts: MAX_TEXTS }) {
    this.#limits = limits
  }

  /** Takes an id, and says whether it is known to have come before. */
  seen(id: string): boolean {
    if (!WHOLE_NUMBER.test(id)) return this.#seenText(id)
    const number = Number(id)
    const pageNumber = Math.floor(number / PAGE_IDS)
    let page = this.#pages.get(pageNumber)
    if (page === undefined) {
      if (this.#pages.size >= this.#limits.maxPages) return this.#seenText(id)
      page = new Uint32Array(PAGE_IDS / 32)
      this.#pages.set(pageNumber, page)
    }
    const place = number % PAGE_IDS
    const word = page[place >>> 5] ?? 0
    const bit = 1 << (place & 31)
    page[place >>> 5] = word | bit
    return (word & bit) !== 0
  }

  #seenText(id: string): boolean {
    if (this.#texts.has(id)) return true
    if (this.#texts.size < this.#limits.maxTexts) this.#texts.add(id)
    else this.#forgotten += 1
    return false
  }

  get forgotten(): number {
    return this.#forgotten
  }
}
