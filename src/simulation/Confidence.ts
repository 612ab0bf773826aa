/**
 * How sure a mean over a few seeds is: Student's t, which knows that few runs also say little about their own
 * spread.
 */

/** A mean and how far on either side of it the true one lies, with 95 % confidence. */
export interface Interval {
  readonly mean: number
  /** Half of the interval's width; null for a single value, which says nothing of its spread. */
  readonly plusMinus: number | null
}

/**
 * The probability that a value of Student's t distribution lies within -t..t. For a whole number of degrees of
 * freedom it is a finite sum (Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4).
 */
const probabilityWithin = (t: number, degrees: number): number => {
  const angle = Math.atan(t / Math.sqrt(degrees))
  const cosine = Math.cos(angle)
  const odd = degrees % 2 === 1
  let term = odd ? cosine : 1
  let sum = degrees === 1 ? 0 : term
  for (let step = odd ? 3 : 2; step <= degrees - 2; step += 2) {
    term *= (cosine * cosine * (step - 1)) / step
    sum += term
  }
  return odd ? (2 / Math.PI) * (angle + Math.sin(angle) * sum) : Math.sin(angle) * sum
}

/** The t within which 95 % of Student's distribution lie: 12.706 for one degree of freedom, 1.96 for very many. */
export const studentT95 = (degrees: number): number => {
  let low = 0
  let high = 13
  // Fifty halvings of 13 leave less than what a double can tell apart.
  for (let halving = 0; halving < 50; halving += 1) {
    const middle = (low + high) / 2
    if (probabilityWithin(middle, degrees) < 0.95) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** The mean of at least one value. */
export const meanOf = (values: ReadonlyArray<number>): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

/** The mean of at least one value, with its 95 % confidence interval. */
export const interval95 = (values: ReadonlyArray<number>): Interval => {
  const mean = meanOf(values)
  const degrees = values.length - 1
  if (degrees < 1) return { mean, plusMinus: null }
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / degrees
  return { mean, plusMinus: studentT95(degrees) * Math.sqrt(variance / values.length) }
}
