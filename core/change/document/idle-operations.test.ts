// Operations of a document that can do nothing where it is applied.
import { expect, it } from 'vitest'
import { flag } from '../../../test/support/build/flags.ts'
import { emptyState, withWrites } from '../../model/environment-state.ts'
import { change } from '../change.ts'
import { toDocument } from './export.ts'
import { Document } from './schema.ts'

it('an operation that became idle where it comes from is applied, with a note', () => {
  const source = { ...emptyState(), flag: new Map([['f0', flag({ key: 'f0', offVariationId: 'b' })]]) }
  const watching = { kind: 'event-rate', flagKey: 'f0', variationId: 'b', goalKey: 'error' }
  const limits = { comparison: 'at-least', threshold: 0.1, minimumUsers: 100, countingFrom: 1_000 }
  const document = {
    ...toDocument(source),
    goals: { error: {} },
    operations: {
      off: { ...watching, ...limits },
      beside: { ...watching, ...limits, variationId: 'a', baselineVariationId: 'b' },
    },
  }
  const command = { kind: 'apply', document: Document.parse(JSON.parse(JSON.stringify(document))) } as const
  let made = 0
  const answer = change(emptyState(), command, { now: 5_000, newId: () => `new-${++made}`, revision: 7 })
  if (!answer.ok) throw new Error(JSON.stringify(answer.problem))
  const { writes, notes } = answer.value
  const state = withWrites(emptyState(), writes)
  expect([...state.operation.keys()]).toEqual(['off', 'beside'])
  expect(notes).toMatchObject([
    { path: 'operations.off.variationId', rule: 'off-variation' },
    { path: 'operations.beside.baselineVariationId', rule: 'no-rollout' },
  ])
})
