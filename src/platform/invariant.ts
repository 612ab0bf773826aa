/**
 * States what must hold where data crosses a border. A violation is a bug in this program, never bad input:
 * inside an effect the throw becomes a defect, which stops the run instead of risking a key.
 */
export function invariant(holds: boolean, message: string): asserts holds {
  if (!holds) throw new Error(`invariant violated: ${message}. This is a bug in paceline`)
}
