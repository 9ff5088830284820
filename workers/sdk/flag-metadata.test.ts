// What evaluations say of the experiment that they belong to.
import { expect, it } from 'vitest'
import { compile } from '../../core/evaluation/compile.ts'
import { evaluate } from '../../core/evaluation/evaluate.ts'
import type { Experiment } from '../../core/model/experiment.ts'
import { buildSnapshot } from '../../core/model/snapshot.ts'
import { clause, flag, rollout, rule, snapshotOf } from '../../test/support/build/flags.ts'
import { experiment } from '../../test/support/simulated-shop.ts'
import { flagMetadataOf } from './flag-metadata.ts'

const split = flag({
  key: 'checkout',
  rules: [rule([clause('staff', 'equals', 'yes')])],
  defaultStrategy: { id: 'split', strategy: rollout({ a: 50_000, b: 50_000 }) },
  metadata: { team: 'shop', inExperiment: 'their own' },
})
const metadataOf = (experiments: readonly Experiment[], attributes: Record<string, string> = {}) => {
  const { flags, segments, sdkKeys, ...rest } = snapshotOf([split])
  const snapshot = buildSnapshot({ ...rest, flags, segments, sdkKeys, experiments })
  const evaluation = evaluate(compile(snapshot), 'checkout', { targetingKey: 'ada', attributes })
  return { snapshot, metadata: flagMetadataOf(evaluation) }
}
const named = (more: Partial<Experiment> = {}) => experiment({ name: 'Green button', ...more })

it.each<[string, Experiment[], Record<string, string>, object]>([
  ['nothing of no experiment', [], {}, { inExperiment: 'their own' }],
  [
    'whose rollout decided',
    [named()],
    {},
    { experimentId: 'button', experimentName: 'Green button', inExperiment: true },
  ],
  [
    'that another rule decided',
    [named()],
    { staff: 'yes' },
    { experimentId: 'button', experimentName: 'Green button', inExperiment: false },
  ],
  [
    'the one of several whose rollout decided',
    [named({ id: 'a', ruleId: 'other' }), named({ id: 'b' })],
    {},
    { experimentId: 'b', experimentName: 'Green button', inExperiment: true },
  ],
  ['nothing of one that does not run', [named({ status: 'waiting' })], {}, { inExperiment: 'their own' }],
  ['nothing of another flag’s', [named({ flagKey: 'other' })], {}, { inExperiment: 'their own' }],
])('says %s', (_, experiments, attributes, expected) => {
  const { metadata } = metadataOf(experiments, attributes)
  const { variationId: __, version: ___, ...told } = metadata
  expect(told).toEqual({ team: 'shop', ...expected })
})

it('changes no decision, and needs no newer reader', () => {
  const [without, beside] = [metadataOf([]), metadataOf([named()])]
  expect(beside.metadata.variationId).toBe(without.metadata.variationId)
  expect(beside.snapshot.format).toBe(without.snapshot.format)
})
