// A rule that a rollback brings back gets back its slices, if they are still free, and its place in holdouts
// that still run: a rollback is to leave things as they were.
import type { EnvironmentState, Write } from '../model/environment-state.ts'
import { type HeldRule, type Holdout, holdoutStatusAt } from '../model/holdout.ts'
import { type Allotment, freeRanges, type Layer, type RuleOfFlag, type SliceRange } from '../model/layer.ts'
import type { ChangeContext } from './entity.ts'
import { partOf } from './experiment-phases.ts'
import { allotmentObstacle } from './hold-back-problems.ts'

export interface ReturnedRules {
  /** What the layer had allotted to them; `kept` is what it has allotted to others. */
  readonly allotments: (layer: Layer, kept: readonly Allotment[]) => Allotment[]
  readonly held: (holdout: Holdout) => HeldRule[]
}

/** `after` is the state with the writes. Nothing returns but by a rollback, which knows the past. */
export function returnedRules(
  before: EnvironmentState,
  after: EnvironmentState,
  writes: readonly Write[],
  { past = [], now }: ChangeContext,
): ReturnedRules {
  const flags = new Set(writes.flatMap(({ kind, id }) => (kind === 'flag' ? [id] : [])))
  const hasReturned = ({ flagKey, ruleId }: RuleOfFlag) => {
    const [was, is] = [before.flag.get(flagKey), after.flag.get(flagKey)]
    return flags.has(flagKey) && is !== undefined && has(is, ruleId) && !(was && has(was, ruleId))
  }
  const pastOf = <K extends 'layer' | 'holdout'>(kind: K, id: string) =>
    past.find((each) => each.kind === kind && each.id === id)?.value as
      | Extract<Write, { kind: K }>['value']
      | undefined
  return {
    allotments(layer, kept) {
      const wanted = pastOf('layer', layer.id)?.allotments.filter(hasReturned) ?? []
      const free = freeRanges({ allotments: [...kept] })
      return wanted.filter(
        (each) =>
          !allotmentObstacle(after, layer.id, each) && each.ranges.every((range) => isWithin(range, free)),
      )
    },
    held: (holdout) =>
      holdoutStatusAt(holdout, now) === 'running'
        ? (pastOf('holdout', holdout.id)?.held.filter(hasReturned) ?? [])
        : [],
  }
}

const has = (flag: Parameters<typeof partOf>[0], ruleId: string) => partOf(flag, ruleId) !== undefined

const isWithin = ({ from, to }: SliceRange, free: readonly SliceRange[]) =>
  free.some((range) => range.from <= from && to <= range.to)
