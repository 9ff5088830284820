// Where a dragged element belongs among the others of its list. Pure.

interface Extent {
  readonly top: number
  readonly bottom: number
}

/**
 * The number of others whose middle is above the pointer. An element that moved out of the way for this stays
 * so: its middle only moves further from the pointer.
 */
export const placeAt = (y: number, others: readonly Extent[]): number =>
  others.filter(({ top, bottom }) => (top + bottom) / 2 < y).length
