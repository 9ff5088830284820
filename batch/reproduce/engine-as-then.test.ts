// A result whose attributes were pooled by different engines is computed again as it was.
import { expect, it } from 'vitest'
import { ok, refuse } from '../../core/model/problem.ts'
import { conclude, type Evidence } from '../statistics/conclude.ts'
import { exactEngine } from '../statistics/exact.ts'
import type { Engine } from '../statistics/fit.ts'
import { asThen } from './engine-as-then.ts'

const cells = (attribute: string, values: readonly string[]) =>
  values.flatMap((value) =>
    ['a', 'b'].map((variationId) => ({ attribute, value, variationId, users: 200, conversions: 20 })),
  )
const evidence: Evidence = {
  goalKey: 'purchase',
  baselineVariationId: 'a',
  window: { from: 0, to: 10 },
  counts: ['a', 'b'].map((variationId) => ({ variationId, users: 800, conversions: 80, expectedWeight: 1 })),
  usersInTwoVariations: 0,
  damage: { missingObjects: 0, missingRecords: 0, doubtfulObjects: 0 },
  now: 10,
  seed: 1,
  prior: { alpha: 0.5, beta: 0.5 },
  segments: [
    ...cells('plan', ['free', 'pro', 'team']),
    ...cells('country', ['de', 'fr', 'jp', 'us']),
    ...cells('device', ['phone', 'tablet', 'desktop']),
    ...cells('beta', ['yes', 'no']),
  ],
}
const effect = { mean: 0.1, low: 0, high: 0.2 }
const answering: NonNullable<Engine['pool']> = async ({ users }) =>
  ok({
    engine: { kind: 'exact', method: 'told' },
    arms: [{ effects: users.map(() => effect), spread: { median: 1, q95: 2 } }],
  })

it.each(['plan', 'country', 'device'])(
  'is the same where only %s did not converge, or failed',
  async (odd) => {
    for (const code of ['INVALID', 'UNAVAILABLE'] as const) {
      const pool: typeof answering = async (input) =>
        input.attribute === odd ? refuse(code, 'Not this one.') : answering(input)
      const result = await conclude(evidence, { ...exactEngine, pool })
      if (!result.ok) throw new Error(result.problem.message)
      expect(new Set(result.value.breakdowns!.map(({ engine }) => JSON.stringify(engine))).size).toBe(3)
      const again = await conclude(evidence, asThen(result.value, { ...exactEngine, pool: answering }))
      expect(again).toEqual(result)
    }
  },
)

it('pools in closed form where no engine was asked', async () => {
  const result = await conclude(evidence, exactEngine)
  if (!result.ok) throw new Error(result.problem.message)
  expect(await conclude(evidence, asThen(result.value, { ...exactEngine, pool: answering }))).toEqual(result)
})
