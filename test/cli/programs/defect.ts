/**
 * Loaded before the program (`--import`): throws, some time later, what no part of it expects, with the address of a
 * request in it, as a library might.
 */
import process from "node:process"

const key = process.env["PACELINE_API_KEYS"]?.split(",")[0] ?? ""
const query = new URLSearchParams({ nonce: "1", api_key: key, req_id: "7" })

setTimeout(() => {
  throw new Error(`GET http://127.0.0.1/api/request?${query.toString()} came to nothing`)
}, 1500)
