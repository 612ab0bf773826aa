/** Which Node this program runs on. Loads on Node 20. */

/** The oldest major version of Node that runs the program itself. */
export const REQUIRED_NODE_MAJOR = 24

/** Whether a Node of this version, such as `24.1.0`, runs the program itself. */
export const isSupportedNode = (version: string): boolean =>
  Number.parseInt(version, 10) >= REQUIRED_NODE_MAJOR
