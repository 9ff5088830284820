// Which characters differ only in case: simple case folding, as JavaScript knows it.

/** Inclusive; of code points, or of repetition counts. */
export type Range = readonly [from: number, to: number]

/** Unicode: no letter beyond has cases. */
const casedMax = 0x1e944
let casedSets: ReadonlyMap<number, readonly number[]> | undefined

/** The characters that differ only in case from one between `from` and `to` (simple case folding). */
export function otherCases(from: number, to: number): Range[] {
  casedSets ??= collectCases()
  const points = to - from > casedSets.size ? [...casedSets.keys()] : rangeOf(from, to)
  return points.flatMap((point) =>
    point < from || point > to ? [] : (casedSets!.get(point) ?? []).map((other): Range => [other, other]),
  )
}

const rangeOf = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)

function collectCases(): ReadonlyMap<number, readonly number[]> {
  const byFolded = new Map<string, number[]>()
  for (let point = 65; point < casedMax; point++) {
    // İ and ı are letters of their own (Unicode CaseFolding.txt, T).
    if (point === 0x130 || point === 0x131) continue
    const character = String.fromCodePoint(point)
    const upper = character.toUpperCase()
    const lower = (isOne(upper) ? upper : character).toLowerCase()
    const folded = isOne(lower) ? lower : character
    const set = byFolded.get(folded)
    if (set) set.push(point)
    else byFolded.set(folded, [point])
  }
  const sets = new Map<number, readonly number[]>()
  for (const set of byFolded.values()) if (set.length > 1) for (const point of set) sets.set(point, set)
  return sets
}

const isOne = (text: string) => text.length === (text.codePointAt(0)! > 0xffff ? 2 : 1)
