/** Whether a host is this machine, and traffic to it stays here. */
import { Result } from "effect"
import { NetAddress } from "effect/net"

export const isLoopback = (host: string): boolean => {
  // A URL writes an IPv6 address in brackets.
  const bare = host.replace(/^\[(.*)\]$/, "$1")
  return (
    bare === "localhost" ||
    Result.match(NetAddress.ipFromString(bare), { onFailure: () => false, onSuccess: NetAddress.isLoopback })
  )
}
