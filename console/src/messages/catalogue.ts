// The words of the console, by language. Each area has one file here with all its languages side by side, so
// that a page loads its own words only, and a missing translation does not compile.
export const languages = { en: 'English', de: 'Deutsch' } as const
export type Language = keyof typeof languages

const slot = 'tackline-language'
const isLanguage = (text: string): text is Language => Object.hasOwn(languages, text)

/** Chosen in this browser, else English. A new choice takes a reload. */
export const language: Language = chosen()

function chosen(): Language {
  const stored = globalThis.localStorage?.getItem(slot) ?? ''
  return isLanguage(stored) ? stored : 'en'
}

export function chooseLanguage(next: Language): void {
  localStorage.setItem(slot, next)
  ;(globalThis as { location?: { reload: () => void } }).location?.reload()
}

/** What another language must have: the same words, with the same arguments. */
export type Translation<Words> = {
  readonly [Key in keyof Words]: Words[Key] extends (...args: infer Args) => infer Text
    ? (...args: Args) => Text
    : Words[Key] extends string
      ? string
      : Translation<Words[Key]>
}

export const inLanguage = <const Words>(words: { en: Words; de: Translation<Words> }): Translation<Words> =>
  language === 'de' ? words.de : (words.en as Translation<Words>)

const rules = new Intl.PluralRules(language)
const numbers = new Intl.NumberFormat(language)
const percents = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 3 })

/** `1,204`. */
export const number = (value: number): string => numbers.format(value)

/** Of a share in [0, 1]: `12.5 %`, kept on one line. */
export const percent = (share: number): string => percents.format(share).replace(/\s?%/, '\u00a0%')

/** `1 flag`, `1,204 flags`. */
export const counted = (count: number, one: string, other: string): string =>
  `${number(count)}\u00a0${rules.select(count) === 'one' ? one : other}`

const units: readonly [unit: Intl.RelativeTimeFormatUnit, ms: number][] = [
  ['year', 365 * 86_400_000],
  ['month', 30 * 86_400_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
]
const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'short' })

/** `3 hr. ago`, `in 2 days`; by epoch milliseconds. */
export function ago(time: number, now: number): string {
  for (const [unit, ms] of units)
    if (Math.abs(time - now) >= ms) return relative.format(Math.trunc((time - now) / ms), unit)
  return relative.format(0, 'second')
}

const times = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' })
const utcTimes = new Intl.DateTimeFormat(language, {
  dateStyle: 'medium',
  timeStyle: 'medium',
  timeZone: 'UTC',
})
/** In the viewer's zone. */
export const moment = (time: number): string => times.format(time)
export const utcMoment = (time: number): string => `${utcTimes.format(time)} UTC`
