// What stands of a guardrail that a run could not count.
import { expect, it } from 'vitest'
import { ok } from '../../core/model/problem.ts'
import { judgeGuardrails } from './judge-guardrails.ts'

type Plan = Parameters<typeof judgeGuardrails>[1]
type Api = Parameters<typeof judgeGuardrails>[3]['api']

const margin = { relative: 0.05 }
const window = { from: 0, to: 7 * 86_400_000 }
const design = { guardrails: [{ goalKey: 'refund', margin }] }
const plan = {
  experiment: { id: 'x', goalKeys: ['buy', 'refund'], baselineVariationId: 'a', design },
  design,
  weights: new Map([
    ['a', 50],
    ['b', 50],
  ]),
  window,
} as unknown as Plan

const kept = { goalKey: 'refund', variationId: 'b', outcome: 'kept', margin }

async function judgedAfter(status: 'green' | 'red', from: number) {
  const newestResult = () =>
    Promise.resolve(ok({ window: { from }, health: { status, checks: [] }, guardrails: [kept] }))
  const found = await judgeGuardrails('demo', plan, [], { api: { newestResult } as unknown as Api })
  if (!found.ok) throw new Error(found.problem.message)
  return found.value.map(({ outcome }) => outcome)
}

it('stands as it was last found in the same phase, if that could be trusted', async () => {
  expect(await judgedAfter('green', 0)).toEqual(['kept'])
  expect(await judgedAfter('red', 0)).toEqual(['not-measured'])
  expect(await judgedAfter('green', 5)).toEqual(['not-measured'])
})
