/** What a comparison's pictures are drawn with. */
export const INK = "#1f2933"
export const FAINT = "#52606d"
/** A gate that broke no rule, and one that did. */
export const SAFE = "#2b7a78"
export const UNSAFE = "#d1495b"
