// Shares as people read them.

/** Three significant digits, so that rare conversions are not all 0.0 %. The console's percent() is alike. */
export function percent(share: number): string {
  const value = share * 100
  return `${value === 0 ? '0' : Math.abs(value) >= 10 ? value.toFixed(1) : value.toPrecision(3)} %`
}
