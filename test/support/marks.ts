/** API keys that are easy to find again, in whatever form they have leaked. */

/** Characters that are written differently in an address, a form, JSON and base64. */
export const MARKED_KEYS: ReadonlyArray<string> = ["MARK/one+first&second", "MARK%two=2", 'MARK"three\\']

/**
 * What base64 makes of text that has other text before and after it: the characters that depend on the text alone,
 * for each of the three ways in which it can lie.
 */
const base64Cores = (text: string): ReadonlyArray<string> =>
  [0, 1, 2].map((shift) => {
    const encoded = Buffer.from(`${"\0".repeat(shift)}${text}`)
      .toString("base64")
      .replace(/=+$/, "")
    return encoded.slice(Math.ceil((shift * 8) / 6), -1)
  })

/** Every form in which a key could be read off what a program has produced. */
export const formsOf = (key: string): ReadonlyArray<string> => {
  const escaped = JSON.stringify(key).slice(1, -1)
  const core = [...base64Cores(key), ...base64Cores(escaped)]
  return [
    key,
    encodeURIComponent(key),
    encodeURIComponent(encodeURIComponent(key)),
    encodeURI(key),
    new URLSearchParams({ key }).toString().slice("key=".length),
    escaped,
    Buffer.from(key).toString("hex"),
    ...core,
    ...core.map((text) => text.replaceAll("+", "-").replaceAll("/", "_")),
  ]
}

/** Whether any of these keys, or the part that all of them begin with, can be read off a text. */
export const leaksOf = (text: string, keys: ReadonlyArray<string> = MARKED_KEYS): ReadonlyArray<string> =>
  ["MARK", ...keys.flatMap(formsOf)].filter((form) => text.includes(form))
