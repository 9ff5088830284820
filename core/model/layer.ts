// A layer keeps experiments apart: it allots each rollout a part of its slices, so that no user is in two of
// them. A user's slice follows from the layer's salt, so layers are independent of each other.
import * as z from 'zod'
import { FlagKey, Id } from './flag.ts'
import * as limits from './limits.ts'
import type { FieldRule } from './problem.ts'
import { versioned } from './versioned.ts'

/** Slices of 10,000; `from` is included, `to` is not. */
export const SliceRange = z
  .strictObject({ from: z.int().min(0).max(limits.slicesTotal), to: z.int().min(0).max(limits.slicesTotal) })
  .refine(({ from, to }) => from < to, 'from must be less than to')
export type SliceRange = z.infer<typeof SliceRange>

/** What is hashed with a targeting key. Whoever has the same salt has the same users. */
export const Salt = z.string().min(1).max(limits.keyLengthMax)

/** The slices of one rollout. Users of its rule outside them are in no experiment on it. */
export const Allotment = z.strictObject({
  flagKey: FlagKey,
  ruleId: Id,
  /** In ascending order. */
  ranges: z.array(SliceRange).min(1).max(limits.rangesMax),
  /** What users of the rule outside the ranges get. Absent: no variation. */
  outsideVariationId: Id.optional(),
})
export type Allotment = z.infer<typeof Allotment>

export const LayerFields = z.strictObject({
  id: Id,
  name: z.string().max(limits.nameLengthMax).default(''),
  description: z.string().max(limits.descriptionLengthMax).default(''),
  salt: Salt,
  allotments: z.array(Allotment).max(limits.allotmentsMax).default([]),
  ...versioned,
})

export const Layer = LayerFields.superRefine(({ allotments }, context) => {
  for (const { path, rule, message } of allotmentProblems(allotments))
    context.addIssue({ code: 'custom', path: path.split('.'), params: { rule }, message })
})
export type Layer = z.infer<typeof Layer>

/** A rule, or the default strategy, of a flag. */
export interface RuleOfFlag {
  readonly flagKey: string
  readonly ruleId: string
}

/** The layer that has allotted slices to a rule, with the allotment. */
export function allotmentOn(
  layers: Iterable<Layer>,
  flagKey: string,
  ruleId: string,
): { readonly layer: Layer; readonly allotment: Allotment } | undefined {
  for (const layer of layers)
    for (const allotment of layer.allotments)
      if (allotment.flagKey === flagKey && allotment.ruleId === ruleId) return { layer, allotment }
  return undefined
}

export const slicesOf = (ranges: readonly SliceRange[]): number =>
  ranges.reduce((sum, { from, to }) => sum + to - from, 0)

/** The slices that nobody has, in ascending order. */
export function freeRanges({ allotments }: Pick<Layer, 'allotments'>): SliceRange[] {
  const taken = allotments.flatMap(({ ranges }) => ranges).toSorted((a, b) => a.from - b.from)
  const free: SliceRange[] = []
  let at = 0
  for (const { from, to } of taken) {
    if (from > at) free.push({ from: at, to: from })
    at = Math.max(at, to)
  }
  return at < limits.slicesTotal ? [...free, { from: at, to: limits.slicesTotal }] : free
}

/**
 * The ranges with so many slices: those it has come first, then the lowest free ones. So whoever is in stays
 * in when it grows, and whoever is out stays out when it shrinks. Undefined if too few are free.
 */
export function resized(
  ranges: readonly SliceRange[],
  free: readonly SliceRange[],
  slices: number,
): SliceRange[] | undefined {
  let missing = slices
  const taken = [...ranges, ...free].flatMap(({ from, to }) => {
    const length = Math.min(missing, to - from)
    missing -= length
    return length > 0 ? [{ from, to: from + length }] : []
  })
  return missing > 0 ? undefined : merged(taken)
}

function merged(ranges: readonly SliceRange[]): SliceRange[] {
  const joined: SliceRange[] = []
  for (const range of ranges.toSorted((a, b) => a.from - b.from)) {
    const last = joined.at(-1)
    if (last?.to === range.from) joined[joined.length - 1] = { from: last.from, to: range.to }
    else joined.push(range)
  }
  return joined
}

interface Inconsistency {
  readonly path: string
  readonly rule: FieldRule
  readonly message: string
}

function allotmentProblems(allotments: readonly Allotment[]): Inconsistency[] {
  const found: Inconsistency[] = []
  const rules = new Set<string>()
  const ranges = allotments.flatMap((allotment, i) => {
    const name = JSON.stringify([allotment.flagKey, allotment.ruleId])
    if (rules.has(name))
      found.push({ path: `allotments.${i}.ruleId`, rule: 'duplicate', message: 'has an allotment already' })
    rules.add(name)
    allotment.ranges.forEach(({ from }, r) => {
      const before = allotment.ranges[r - 1]
      if (before && from < before.to)
        found.push({ path: `allotments.${i}.ranges.${r}`, rule: 'duplicate', message: 'must ascend' })
    })
    return allotment.ranges.map((range) => ({ ...range, i }))
  })
  const ascending = ranges.toSorted((a, b) => a.from - b.from)
  ascending.forEach((range, r) => {
    const before = ascending[r - 1]
    if (before && range.from < before.to && before.i !== range.i)
      found.push({
        path: `allotments.${range.i}.ranges`,
        rule: 'duplicate',
        message: `slice ${range.from} is allotted twice`,
      })
  })
  return found
}
