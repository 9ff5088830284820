// Days of an experiment. Pure.
import type { Experiment } from '../../../core/model/experiment.ts'

const dayMs = 86_400_000

/** The day of an experiment at a time, from 1 on. */
export const dayOf = (startAt: number, time: number): number =>
  Math.max(1, Math.ceil((time - startAt) / dayMs))

export const lengthOf = ({ startAt, stopAt }: Pick<Experiment, 'startAt' | 'stopAt'>): number =>
  Math.max(1, Math.round((stopAt - startAt) / dayMs))

/** Some days to stand below an axis: the first, the last and a few between. */
export function dayTicks(
  { startAt, stopAt }: Pick<Experiment, 'startAt' | 'stopAt'>,
  text: (day: number) => string,
) {
  const days = lengthOf({ startAt, stopAt })
  const step = [1, 2, 3, 7, 14, 28, 90].find((each) => days / each <= 6) ?? 180
  const marked = [1, ...Array.from({ length: Math.floor(days / step) }, (_, i) => (i + 1) * step)]
  const last = marked.at(-1)!
  const all = last === days ? marked : [...marked.slice(0, days - last < step / 2 ? -1 : undefined), days]
  return [...new Set(all)].map((day) => ({
    at: startAt + (day - 1 === 0 ? 0 : day) * dayMs,
    text: text(day),
  }))
}
