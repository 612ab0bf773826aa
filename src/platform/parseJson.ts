import { Option } from "effect"

/** What a text says in JSON; none where it is no JSON. */
export const parseJson = Option.liftThrowable((text: string): unknown => JSON.parse(text))
