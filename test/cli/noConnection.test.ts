import { expect, it } from "vitest"
import { adviceFor } from "../../src/cli/advice.ts"

it.each([
  ["ENOTFOUND", "There is no such host"],
  ["EAI_AGAIN", "No name server answers"],
  ["ECONNREFUSED", "Nothing listens there"],
  ["connect timeout", "Nothing answers there"],
  ["EMFILE", "Too many files are open"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "Its certificate is not trusted"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "Its certificate is not trusted"],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "Its certificate is not trusted"],
  ["CERT_HAS_EXPIRED", "Its certificate is not trusted"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "Its certificate is not trusted"],
  ["ERR_SSL_WRONG_VERSION_NUMBER", "It does not speak TLS there"],
  ["EPROTO", "It does not speak TLS there"],
  ["ENETUNREACH", "Check its address"],
])("after %s the advice begins with: %s", (code, advice) => {
  expect(adviceFor(code)).toMatch(new RegExp(`^${advice}`))
})
