// Numbers, shares and times as fields of a form hold them. Pure.

/** Of what is typed; undefined if it is no number. */
export function numberOf(text: string): number | undefined {
  const value = text.trim() === '' ? NaN : Number(text.replace(',', '.'))
  return Number.isFinite(value) ? value : undefined
}

export const shareOf = (percent: string): number | undefined => {
  const value = numberOf(percent)
  return value === undefined ? undefined : Number((value / 100).toPrecision(12))
}

export const percentText = (share: number | undefined) =>
  share === undefined ? '' : String(Number((share * 100).toPrecision(12)))

/** The day in the viewer's zone, as a field of a date has it. */
export function dayText(time: number): string {
  const at = new Date(time)
  const part = (value: number) => String(value).padStart(2, '0')
  return `${at.getFullYear()}-${part(at.getMonth() + 1)}-${part(at.getDate())}`
}

/** When a day of the viewer ends, `2026-11-30`: the next midnight, since not every day has 24 hours. */
export function dayEnd(day: string): number {
  const at = new Date(`${day}T00:00`)
  return at.setDate(at.getDate() + 1)
}

/** As a field of a date and time has it, by the viewer's clock: `2026-11-30T09:30`. */
export function whenText(time: number): string {
  const at = new Date(time)
  const part = (value: number) => String(value).padStart(2, '0')
  return `${dayText(time)}T${part(at.getHours())}:${part(at.getMinutes())}`
}

const hourMs = 3_600_000
export const hoursText = (ms: number | undefined): string =>
  ms === undefined ? '' : String(Number((ms / hourMs).toPrecision(12)))
export function hoursOf(text: string): number | undefined {
  const hours = numberOf(text)
  return hours === undefined ? undefined : Math.round(hours * hourMs)
}
