/**
 * Nonces of one key: whole numbers, each greater than every one before.
 */

/**
 * The nonce after `last`: the wall clock's milliseconds, as other clients of the exercise use them, or one
 * more than the last where the clock has stood still or stepped back. A lane sends at most one request in a
 * millisecond on average, so nonces do not run away from the clock.
 */
export const nextNonce = (last: number, wallMs: number): number => Math.max(last + 1, Math.floor(wallMs))
