/** Which Node this program runs on. Loads on Node 20. */

/** The oldest major version of Node that runs the program itself. */
export const REQUIRED_NODE_MAJOR = 24

/** Whether a Node of this version, such as `24.1.0`, runs the program itself. */
export const isSupportedNode = (version: string): boolean =>
  Number.parseInt(version, 10) >= REQUIRED_NODE_MAJOR

/** The oldest Node on which Effect's HTTP client loads, and so the library. */
export const LIBRARY_NODE = "22.19"

const [LIBRARY_MAJOR = 0, LIBRARY_MINOR = 0] = LIBRARY_NODE.split(".").map(Number)

export const loadsLibrary = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split(".").map(Number)
  return major > LIBRARY_MAJOR || (major === LIBRARY_MAJOR && minor >= LIBRARY_MINOR)
}
