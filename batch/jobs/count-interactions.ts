// Counts which users of an experiment are in others at the same time, so that its result can say whether its
// effect depends on them. All pairs of an environment are counted at once.
import { type Experiment, primaryGoalOf } from '../../core/model/experiment.ts'
import type { OverlapCounts } from '../../core/model/interaction.ts'
import { experimentPairsMax, overlapCellsMax } from '../../core/model/limits.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import type { ReadLayer } from '../automation-api-schemas.ts'
import { experimentQuestion, unitAttributeOf } from '../counting/question.ts'
import type { OverlapQuestion, OverlapRow } from '../counting/overlap-counts.ts'
import type { Failure } from '../failure.ts'
import type { JobContext } from './job-context.ts'
import type { CountingPlan } from './plan-experiment.ts'

/** By the id of an experiment: others whose users are among its own, by their start. */
export type Overlaps = ReadonlyMap<string, readonly OverlapCounts[]>
export const noOverlaps: Overlaps = new Map()

/** Empty if no two experiments can share users. `all` are those of the environment, also the stopped ones. */
export async function countInteractions(
  environmentId: string,
  plans: readonly CountingPlan[],
  all: readonly Experiment[],
  { api, overlaps }: Pick<JobContext, 'api' | 'overlaps'>,
): Promise<Result<Overlaps, Failure>> {
  const counted = plans.filter(isComparable)
  if (counted.length < 2) return ok(noOverlaps)
  const layers = await api.layers(environmentId)
  if (!layers.ok) return layers
  const others = othersOf(counted, all, layers.value.entries)
  const question = questionOf(counted, others)
  if (question.pairs.length === 0) return ok(noOverlaps)
  const rows = await overlaps.count(environmentId, question)
  return rows.ok ? ok(toOverlaps(counted, others, rows.value)) : rows
}

/** Users are counted, and all of them: a user cannot be looked for among the units of another attribute. */
const isComparable = ({ experiment, goals }: CountingPlan) =>
  goals.length > 0 && unitAttributeOf(experiment) === '' && experiment.exposuresUntil === undefined

type Place = readonly [other: CountingPlan, place: number]
type Others = ReadonlyMap<CountingPlan, readonly Place[]>

/**
 * Of each experiment about conversions the first ones by their start that run at a time with it. A place is
 * that among all that ever ran at a time with it: a level that was spent on one that is over stays spent, and
 * one more changes the places of no earlier one.
 */
function othersOf(
  plans: readonly CountingPlan[],
  all: readonly Experiment[],
  layers: readonly ReadLayer[],
): Others {
  const inOrder = all.toSorted((a, b) => a.startAt - b.startAt || (a.id < b.id ? -1 : 1))
  const placesOf = ({ experiment, window }: CountingPlan) =>
    inOrder
      .filter((other) => mayShare(experiment, other, layers))
      .flatMap(({ id }, i): Place[] => {
        const other = plans.find((plan) => plan.experiment.id === id)
        const isAtATime = other && window.from < other.window.to && other.window.from < window.to
        return isAtATime ? [[other, i + 1]] : []
      })
  return new Map(
    plans
      .filter((plan) => eventOf(plan) !== undefined)
      .map((plan) => [plan, placesOf(plan).slice(0, experimentPairsMax)]),
  )
}

/** Of the primary goal; undefined if it is not about conversions. */
function eventOf({ experiment, goals }: CountingPlan): string | undefined {
  const goal = goals.find(({ key }) => key === primaryGoalOf(experiment))
  return goal?.metric === undefined ? goal?.event : undefined
}

/** At some time, over all phases of both. */
function mayShare(a: Experiment, b: Experiment, layers: readonly ReadLayer[]): boolean {
  const isIn = ({ allotments }: ReadLayer, { flagKey, ruleId }: Experiment) =>
    allotments.some((each) => each.flagKey === flagKey && each.ruleId === ruleId)
  return (
    a.flagKey !== b.flagKey &&
    unitAttributeOf(b) === '' &&
    a.startAt < b.stopAt &&
    b.startAt < a.stopAt &&
    !layers.some((layer) => isIn(layer, a) && isIn(layer, b))
  )
}

/** Until its end, not until now: no event counts later than now, and the question stays the same. */
function questionOf(plans: readonly CountingPlan[], others: Others): OverlapQuestion {
  const asked = [...others].flatMap(([plan, places]) =>
    places.map(([other]) => [numberOf(plans, plan), numberOf(plans, other)].toSorted((a, b) => a - b)),
  )
  const unique = new Map(asked.map(([x, y]) => [`${x} ${y}`, [x!, y!] as const]))
  return {
    questions: plans.map((plan) => {
      const { experiment, window } = plan
      const whole = { from: window.from, to: Math.max(window.from, experiment.stopAt) }
      return experimentQuestion(experiment, whole, [eventOf(plan) ?? []].flat())
    }),
    pairs: [...unique.values()],
  }
}

const numberOf = (plans: readonly CountingPlan[], plan: CountingPlan) => plans.indexOf(plan) + 1

function toOverlaps(plans: readonly CountingPlan[], others: Others, rows: readonly OverlapRow[]): Overlaps {
  const found = [...others].map(([plan, places]) => {
    const shared = places.flatMap(([other, place]) => {
      const { id: experimentId, baselineVariationId } = other.experiment
      const cells = cellsOf(numberOf(plans, plan), numberOf(plans, other), rows)
      if (cells.length === 0) return []
      return [{ experimentId, baselineVariationId, place, cells: isTooLarge(cells) ? [] : cells }]
    })
    return [plan.experiment.id, shared] as const
  })
  return new Map(found.filter(([, shared]) => shared.length > 0))
}

/** A warning is not worth a result that is too large to be stored. */
const isTooLarge = (cells: OverlapCounts['cells']) => cells.length > overlapCellsMax

function cellsOf(mine: number, other: number, rows: readonly OverlapRow[]): OverlapCounts['cells'] {
  const cells = rows.flatMap((row) => {
    const { variationId, otherVariationId, users } = row
    if (row.x === mine && row.y === other)
      return [{ variationId, otherVariationId, users, conversions: row.converted }]
    return row.x === other && row.y === mine
      ? [
          {
            variationId: otherVariationId,
            otherVariationId: variationId,
            users,
            conversions: row.otherConverted,
          },
        ]
      : []
  })
  const placeOf = (cell: (typeof cells)[number]) => JSON.stringify([cell.variationId, cell.otherVariationId])
  return cells.toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1))
}
