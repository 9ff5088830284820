// Numbers as people read them in a terminal.

export const probability = (value: number) => value.toFixed(3)

/** Three significant digits, so that rare conversions are not all 0.0 %. The console's percent() is alike. */
export function percent(share: number): string {
  const value = share * 100
  return `${value === 0 ? '0' : Math.abs(value) >= 10 ? value.toFixed(1) : value.toPrecision(3)} %`
}

export const signed = (share: number) => `${share > 0 ? '+' : ''}${percent(share)}`
