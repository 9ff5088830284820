// Keys made of names.

const keyLengthMax = 100

/** `Express pay (EU)` becomes `express-pay-eu`. */
const keyOf = (name: string): string =>
  name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, keyLengthMax)

/** Keys have no blanks: one that came along with a paste is no mistake to be told of. */
export const keyTyped = (text: string): string => text.trim()

/** The key after the name was changed: it follows until it is typed itself. */
export const keyFollowing = (key: string, nameBefore: string, name: string): string =>
  key === '' || key === keyOf(nameBefore) ? keyOf(name) : key
