// The largest pairs of experiments that are counted fit into a result, and where they do not, the result is
// stored without them.
import { expect, it } from 'vitest'
import { ExperimentResult } from '../../core/model/experiment-result.ts'
import { experimentPairsMax, overlapCellsMax, resultBytesMax } from '../../core/model/limits.ts'
import { toEvidenceRecord } from '../reproduce/evidence-record.ts'
import type { Evidence } from '../statistics/conclude.ts'
import { ruleOf } from '../statistics/design.ts'
import { exactEngine } from '../statistics/exact.ts'
import { concludeWithin } from './conclude-within.ts'

const idsOf = (many: number) =>
  Array.from({ length: many }, (_, i) => `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`)

/** Arms of the experiment, and of each of ten others as many as are counted. */
function shape(arms: number) {
  const own = idsOf(arms)
  const others = idsOf(Math.floor(overlapCellsMax / arms))
  const window = { from: 0, to: 10 }
  const counts = own.map((variationId, i) => ({
    variationId,
    users: 2_000_000_000 - i,
    conversions: 1_000_000_000 + 999 * i,
    expectedWeight: 1,
  }))
  const overlaps = idsOf(experimentPairsMax).map((experimentId, i) => ({
    experimentId,
    baselineVariationId: others[0] ?? own[0]!,
    place: i + 1,
    cells: own.flatMap((variationId, k) =>
      others.map((otherVariationId, l) => ({
        variationId,
        otherVariationId,
        users: 2_000_000_000,
        conversions: 1_000_000_000 + 1_000 * k * l,
      })),
    ),
  }))
  const evidence: Evidence = {
    goalKey: 'purchase',
    baselineVariationId: own[0]!,
    window,
    counts,
    usersInTwoVariations: 0,
    damage: { missingObjects: 0, missingRecords: 0, doubtfulObjects: 0 },
    now: 10,
    seed: 1,
    prior: { alpha: 0.5, beta: 0.5 },
    rule: ruleOf({}, 'purchase', 'purchase', window, 20),
  }
  return { evidence, overlaps }
}

async function concluded(bytesMax: number, arms: number) {
  const { evidence, overlaps } = shape(arms)
  const provenance = { evidence: toEvidenceRecord(evidence) } as never
  const result = await concludeWithin(bytesMax, evidence, overlaps, provenance, exactEngine)
  if (!result.ok) throw new Error(result.problem.message)
  return { result: result.value, bytes: Buffer.byteLength(JSON.stringify(result.value)) }
}

it.each([2, 10, 25])('fits with ten others, with %i arms', async (arms) => {
  const { result, bytes } = await concluded(resultBytesMax, arms)
  expect(bytes).toBeLessThan(resultBytesMax / 2)
  expect(result.interactions).toHaveLength(experimentPairsMax)
  expect(ExperimentResult.shape.interactions.parse(result.interactions)).toEqual(result.interactions)
  for (const { outcome, contrasts } of result.interactions!) {
    expect(outcome).not.toBe('too-large')
    expect(contrasts.length).toBeLessThanOrEqual(10)
  }
})

it('names the pairs alone where the rest of the result leaves no room', async () => {
  const { bytes } = await concluded(resultBytesMax, 5)
  const { result, bytes: less } = await concluded(bytes - 1, 5)
  expect(less).toBeLessThan(bytes / 2)
  expect(result.interactions!.map(({ outcome }) => outcome)).toEqual(Array(10).fill('too-large'))
  expect(result.comparisons).toHaveLength(4)
})
