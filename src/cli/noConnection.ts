/** Why no connection to an exchange can be had, and what to do, by the platform's error code. */

const TLS_CODE = /^(?:EPROTO|ERR_SSL_|ERR_TLS_)/
const CERTIFICATE_CODE = /CERT|SELF_SIGNED|UNABLE_TO_/

/** A sentence that says what to do. */
export const adviceFor = (code: string): string => {
  switch (code) {
    case "ENOTFOUND":
      return "There is no such host: check the address"
    case "EAI_AGAIN":
      return "No name server answers: check the network"
    case "ECONNREFUSED":
      return "Nothing listens there: check the address and the port, and that it is running"
    case "connect timeout":
    case "UND_ERR_CONNECT_TIMEOUT":
    case "ETIMEDOUT":
      return "Nothing answers there: check the address, the port, and any firewall on the way"
    case "EMFILE":
    case "ENFILE":
      return "Too many files are open: raise the limit (ulimit -n), or use fewer keys"
    case "EADDRNOTAVAIL":
      return "There is no such address, or this machine has no port left: check the address"
    default:
      // Of a certificate's troubles some have codes that begin with ERR_TLS_.
      if (CERTIFICATE_CODE.test(code)) {
        return "Its certificate is not trusted: check the address; where its authority is your own, name its file in NODE_EXTRA_CA_CERTS"
      }
      return TLS_CODE.test(code)
        ? "It does not speak TLS there: check the port, and whether the address should begin with http://"
        : "Check its address, and that it is running"
  }
}
