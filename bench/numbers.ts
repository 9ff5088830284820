// Statistics and formats for the measurements.

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** The median of the ratios round by round: both values of a round were taken under the same load. */
export const ratio = (values: readonly number[], to: readonly number[]): number =>
  median(values.map((value, i) => value / to[i]!))

/** Three significant digits. */
export function short(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en-US')
  return value.toPrecision(3)
}
