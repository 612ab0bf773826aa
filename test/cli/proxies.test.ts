/** Proxies in the environment are named and refused, not passed by. */
import { describe, expect, it } from "vitest"
import { proxyFor } from "../../src/cli/proxies.ts"

const secure = new URL("https://api.exchange.example/orders")
const plain = new URL("http://api.exchange.example:8080/orders")

describe("a proxy for an address", () => {
  it.each([
    [secure, {}, undefined],
    [secure, { HTTPS_PROXY: "" }, undefined],
    [secure, { HTTPS_PROXY: "http://proxy:3128" }, "HTTPS_PROXY"],
    [secure, { https_proxy: "http://proxy:3128" }, "https_proxy"],
    [secure, { HTTP_PROXY: "http://proxy:3128" }, undefined],
    [plain, { http_proxy: "http://proxy:3128" }, "http_proxy"],
    [plain, { HTTPS_PROXY: "http://proxy:3128" }, undefined],
    [plain, { all_proxy: "socks5://proxy" }, "all_proxy"],
    [secure, { ALL_PROXY: "socks5://proxy", HTTPS_PROXY: "http://proxy" }, "HTTPS_PROXY"],
  ])("%s with %j: %s", (url, environment, named) => {
    expect(proxyFor(url, environment)).toBe(named)
  })

  it.each([
    ["*", true],
    ["api.exchange.example", true],
    ["API.exchange.example", true],
    ["exchange.example", true],
    [".exchange.example", true],
    ["*.exchange.example", true],
    ["localhost, exchange.example", true],
    ["localhost exchange.example", true],
    ["api.exchange.example:8080", true],
    ["api.exchange.example:443", false],
    ["change.example", false],
    ["other.example", false],
    ["", false],
  ])("is excepted by NO_PROXY=%j: %s", (NO_PROXY, excepted) => {
    expect(proxyFor(plain, { http_proxy: "http://proxy:3128", no_proxy: NO_PROXY })).toBe(
      excepted ? undefined : "http_proxy",
    )
  })
})
