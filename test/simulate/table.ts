// What every world shares: its table, shares with their Monte Carlo errors, and repetition with a seed.
import { randomFrom, shareError, type Random } from './random.ts'

export interface Table {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

export const percent = (share: number, of: number) =>
  `${(share * 100).toFixed(1)} (${(shareError(share, of) * 100).toFixed(1)})`

export const share = (results: readonly boolean[]) => results.filter(Boolean).length / results.length

export const repeat = <T>(times: number, seed: number, once: (random: Random) => T): T[] => {
  const random = randomFrom(seed)
  return Array.from({ length: times }, () => once(random))
}

export const median = (values: readonly number[]) =>
  values.toSorted((x, y) => x - y)[Math.floor(values.length / 2)]
