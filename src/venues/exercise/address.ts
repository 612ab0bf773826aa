/** A request's path and query, in the exercise's form. Pure. */
import type { OrderParams } from "../../domain/Order.ts"

/** What an address says. */
export interface AddressedOrder {
  readonly id: string
  readonly secret: string
  readonly nonce: string
  readonly params?: OrderParams | undefined
}

/** What a query holds as it is. */
const PLAIN = /^[\w*.-]*$/

const encode = (text: string): string =>
  PLAIN.test(text) ? text : new URLSearchParams([["", text]]).toString().slice(1)

/** Paths under an exchange's address: the order's parameters, then the protocol's own three, then the address's. */
export const pathBuilder = (url: URL): ((order: AddressedOrder) => string) => {
  const own = [...url.searchParams]
  return ({ id, nonce, params, secret }) => {
    if (params === undefined && own.length === 0) {
      return `${url.pathname}?api_key=${encode(secret)}&nonce=${nonce}&req_id=${encode(id)}`
    }
    const query = new Map(Object.entries({ ...params, api_key: secret, nonce, req_id: id }))
    const rest = own.filter(([name]) => !query.has(name))
    return `${url.pathname}?${new URLSearchParams([...query, ...rest]).toString()}`
  }
}
