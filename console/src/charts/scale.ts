// Scales of charts: round numbers on an axis, and where a value lies on it. Pure.

export interface Domain {
  readonly from: number
  readonly to: number
}

/** Round steps of 1, 2, 2.5 or 5, so that about `count` of them fit. */
export function ticksOf({ from, to }: Domain, count = 5): number[] {
  const rough = (to - from) / count
  if (!(rough > 0)) return [from]
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 2.5, 5, 10].map((each) => each * power).find((each) => each >= rough)!
  const first = Math.ceil(from / step - 1e-9)
  const last = Math.floor(to / step + 1e-9)
  return Array.from({ length: last - first + 1 }, (_, i) => round((first + i) * step))
}

const round = (value: number) => Number(value.toPrecision(12))

/** The values with zero among them, and room at both ends. */
export function domainOf(values: readonly number[], least: number): Domain {
  const known = values.filter(Number.isFinite)
  const from = Math.min(-least, ...known)
  const to = Math.max(least, ...known)
  const room = (to - from) * 0.06
  return { from: from - room, to: to + room }
}

/** In [0, 1]; what is beyond the domain lies at its end. */
export const placeOf = (value: number, { from, to }: Domain): number =>
  (Math.min(to, Math.max(from, value)) - from) / (to - from)

export const inPercent = (share: number): string => `${Math.round(share * 10_000) / 100}%`
