/** Whole numbers, such as `1,605`. */
export const inEnglish = new Intl.NumberFormat("en-US")

/** How many there are of something, such as `1 order` and `1,605 orders`. */
export const counted = (number: number, one: string, more = `${one}s`): string =>
  `${inEnglish.format(number)} ${number === 1 ? one : more}`
