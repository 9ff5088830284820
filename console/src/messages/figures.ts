// Estimates as text: as many digits as can be read, a real minus, and the sign where it matters.
import { language } from './catalogue.ts'

const minus = '\u2212'
const digits = (options: Intl.NumberFormatOptions) => new Intl.NumberFormat(language, options)
const significant = digits({ maximumSignificantDigits: 4 })
const few = digits({ maximumSignificantDigits: 3 })
const rates = digits({ style: 'percent', minimumSignificantDigits: 3, maximumSignificantDigits: 3 })
const tenths = digits({ minimumFractionDigits: 1, maximumFractionDigits: 1 })
const wholes = digits({ maximumFractionDigits: 0 })
const steps = digits({ maximumFractionDigits: 2 })

const signed = (value: number, text: string): string => {
  const isZero = !/[1-9]/.test(text)
  return isZero ? text : `${value < 0 ? minus : '+'}${text}`
}
const narrow = (text: string): string => text.replace(/\s?%/, '\u00a0%')

/** Of a share in [0, 1], to three digits: `11.2 %`, `0.0213 %`. */
export const rate = (share: number): string => narrow(rates.format(share))

/** To four digits: `8.713`. */
export const figure = (value: number): string => significant.format(value).replace('-', minus)

/** Of a relative change: `+6.2 %`, `−140 %`. */
export const signedPercent = (change: number): string => {
  const size = Math.abs(change * 100)
  return `${signed(change, (size < 100 ? tenths : wholes).format(size))}\u00a0%`
}

/** The same without its sign: for `6.2 % more`. */
export const sizePercent = (change: number): string => signedPercent(Math.abs(change)).replace('+', '')

/** Of an axis: `+2.5`, `0`. */
export const tick = (change: number): string =>
  signed(change, steps.format(Math.abs(Math.round(change * 10_000) / 100)))

/** Of a difference of shares, in points: `+0.71`. */
export const signedPoints = (difference: number): string =>
  signed(difference, few.format(Math.abs(difference * 100)))

export const signedFigure = (value: number): string => signed(value, significant.format(Math.abs(value)))

const dates = new Intl.DateTimeFormat(language, { dateStyle: 'medium' })
const shortDates = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short' })
const clockTimes = new Intl.DateTimeFormat(language, { timeStyle: 'short' })
/** By epoch milliseconds, in the viewer's zone. */
export const date = (time: number): string => dates.format(time)
export const shortDate = (time: number): string => shortDates.format(time)
export const clock = (time: number): string => clockTimes.format(time)

const units: readonly [unit: string, ms: number][] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
]

/** `2 days`, `90 minutes`, `320 ms`: in the largest unit that loses little. */
export function duration(ms: number): string {
  const [unit, size] = units.find(([, each]) => ms >= each) ?? ['', 1]
  if (unit === '') return `${wholes.format(ms)}\u00a0ms`
  const written = digits({ style: 'unit', unit, unitDisplay: 'long', maximumFractionDigits: 1 })
  return written.format(ms / size).replaceAll(' ', '\u00a0')
}
