import { expect, it } from 'vitest'
import fc from '../../../test/support/build/fast-check.ts'
import { Experiment } from '../../../core/model/experiment.ts'
import { bodyOf, fieldsOf } from './draft.ts'

const draftWith = (changes: Partial<Experiment>): Experiment =>
  Experiment.parse({
    id: 'one',
    name: 'One',
    flagKey: 'checkout',
    ruleId: 'split',
    baselineVariationId: 'a',
    goalKeys: ['bought', 'failed', 'paid'],
    startAt: 0,
    stopAt: 1_800_000_000_000,
    status: 'draft',
    version: 1,
    createdAt: 0,
    updatedAt: 0,
    ...changes,
  })

const margin = fc.oneof(
  fc.integer({ min: 1, max: 99 }).map((percent) => ({ relative: percent / 100 })),
  fc.integer({ min: 1, max: 9 }).map((absolute) => ({ absolute })),
)

it('a draft that is saved as it was opened is not changed', () =>
  fc.assert(
    fc.property(
      fc.record(
        {
          hypothesis: fc.constantFrom('', 'more'),
          owner: fc.constantFrom('', 'team'),
          counts: fc.constantFrom('all' as const, 'verified' as const, 'server' as const),
          stopAt: fc.integer({ min: 1_700_000_000_000, max: 1_900_000_000_000 }),
        },
        { requiredKeys: [] },
      ),
      fc.option(margin, { nil: undefined }),
      fc.option(margin, { nil: undefined }),
      (changes, failed, paid) => {
        const guardrails = [
          ...(failed ? [{ goalKey: 'failed', margin: failed }] : []),
          ...(paid ? [{ goalKey: 'paid', margin: paid }] : []),
        ]
        const design = { minimumDays: 7, ...(guardrails.length > 0 && { guardrails }) }
        const draft = draftWith({ ...changes, design })
        expect(draft).toMatchObject(bodyOf(fieldsOf(draft), draft))
        expect(bodyOf(fieldsOf(draft), draft).design).toEqual(design)
      },
    ),
  ))

it('what is emptied or chosen again in the form is sent', () => {
  const draft = draftWith({ hypothesis: 'more', owner: 'team', counts: 'server' })
  const fields = { ...fieldsOf(draft), hypothesis: ' ', owner: '', counts: 'all' as const }
  expect(bodyOf(fields, draft)).toMatchObject({ hypothesis: '', owner: '', counts: 'all' })
})
