/** What a request asks for. An order's `action` says it; `place` where it says nothing, or nothing known. */
export type Action = "place" | "cancel"

export const ACTIONS = ["place", "cancel"] as const satisfies ReadonlyArray<Action>

/** An order's parameter that says it. */
export const ACTION = "action"

export const isAction = (text: string): text is Action => ACTIONS.some((action) => action === text)

/** Reads an order's `action`. */
export const actionNamed = (said: string | null | undefined): Action => (said === "cancel" ? said : "place")
