/** Proxies in the environment: nothing here goes through one, and whoever set one may rely on it. */
import process from "node:process"
import { Effect } from "effect"
import { refuse } from "./errors.ts"

type Environment = Readonly<Record<string, string | undefined>>

/** A variable's name in either case, where it says something. */
const setOf = (environment: Environment, name: string): string | undefined =>
  [name, name.toLowerCase()].find((written) => (environment[written] ?? "") !== "")

/** Whether NO_PROXY excepts an address: by its name, its domain, either with a port, or all of them. */
const isExcepted = ({ hostname, port, protocol }: URL, excepted: string): boolean => {
  const ownPort = port === "" ? (protocol === "https:" ? "443" : "80") : port
  return excepted
    .split(/[\s,]+/)
    .filter((entry) => entry !== "")
    .some((entry) => {
      const [, name = "", onPort = ownPort] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? []
      const bare = name.toLowerCase().replace(/^\*?\./, "")
      return entry === "*" || (onPort === ownPort && (hostname === bare || hostname.endsWith(`.${bare}`)))
    })
}

/** The variable that names a proxy for this address; undefined where there is none. */
export const proxyFor = (url: URL, environment: Environment): string | undefined => {
  const named =
    setOf(environment, url.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY") ??
    setOf(environment, "ALL_PROXY")
  const excepted = setOf(environment, "NO_PROXY")
  return excepted !== undefined && isExcepted(url, environment[excepted] ?? "") ? undefined : named
}

/** Fails where the environment wants another machine to be reached through a proxy. */
export const refuseProxies = (url: URL) =>
  Effect.suspend(() => {
    const named = proxyFor(url, process.env)
    return named === undefined
      ? Effect.void
      : refuse(
          `${named} is set, and paceline connects without proxies: unset it, or name ${url.hostname} in NO_PROXY to connect directly`,
        )
  })
