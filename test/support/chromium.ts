/** Finds Chromium for tests that need a browser. */
import { accessSync, constants } from "node:fs"
import { delimiter, join } from "node:path"
import process from "node:process"

const NAMES = ["chromium", "chromium-browser", "google-chrome"]

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Its program: what PACELINE_CHROMIUM names, or the first on PATH; undefined where there is none. */
export const findChromium = (): string | undefined => {
  const named = process.env["PACELINE_CHROMIUM"]
  if (named !== undefined && named !== "") return named
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "")
  return folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find(isExecutable)
}

export const NO_CHROMIUM =
  "this test needs Chromium: install it, or name its program in PACELINE_CHROMIUM, to run it"

/** Nothing that a test does not need, least of all the network. */
export const CHROMIUM_FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
]
