import { expect, it } from 'vitest'
import fc from '../../../test/support/build/fast-check.ts'
import { Experiment, ExperimentDesign } from '../../../core/model/experiment.ts'
import { openedEdit, rebased } from '../change/edit-state.ts'
import { bodyOf, changesOf, experimentForm, fieldsOf } from './draft.ts'

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

/** All that a design may hold, but for what stands in fields of its own here. */
const { minimumDays: _, guardrails: __, ...others } = ExperimentDesign.shape
const designs: { [Field in keyof typeof others]: fc.Arbitrary<ExperimentDesign[Field]> } = {
  decision: fc.constant('fixed-horizon'),
  usersPlanned: fc.integer({ min: 1, max: 10_000 }),
  lowerIsBetter: fc.constant(['failed']),
  equivalence: fc.constant(0.03),
  minimumEffect: fc.constant(0.05),
  breakdownBy: fc.constant(['country', 'exposure.sdk']),
  aa: fc.constant(true),
}
const designed = fc.record(designs, { requiredKeys: [] })

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
      designed,
      (changes, failed, paid, more) => {
        const guardrails = [
          ...(failed ? [{ goalKey: 'failed', margin: failed }] : []),
          ...(paid ? [{ goalKey: 'paid', margin: paid }] : []),
        ]
        const design = { ...more, minimumDays: 7, ...(guardrails.length > 0 && { guardrails }) }
        const draft = draftWith({ ...changes, design })
        expect(draft).toMatchObject(bodyOf(fieldsOf(draft), draft))
        expect(bodyOf(fieldsOf(draft), draft).design).toEqual(design)
        expect(changesOf(fieldsOf(draft), draft)).toEqual({})
        expect(changesOf({ ...fieldsOf(draft), name: 'Two' }, draft)).toEqual({ name: 'Two' })
      },
    ),
  ))

it('what is emptied or chosen again in the form is sent', () => {
  const draft = draftWith({ hypothesis: 'more', owner: 'team', counts: 'server' })
  const fields = { ...fieldsOf(draft), hypothesis: ' ', owner: '', counts: 'all' as const }
  expect(bodyOf(fields, draft)).toMatchObject({ hypothesis: '', owner: '', counts: 'all' })
})

it('what the form does not show of a design stays, and what it shows can be emptied', () => {
  const draft = draftWith({
    design: { breakdownBy: ['country'], equivalence: 0.03, minimumDays: 7, aa: true },
  })
  const fields = { ...fieldsOf(draft), equivalence: '', aa: false }
  expect(changesOf(fields, draft)).toEqual({ design: { breakdownBy: ['country'], minimumDays: 7 } })
})

it('only what was changed is sent: what nobody designed is not fixed by a new name', () => {
  const draft = draftWith({})
  expect(changesOf({ ...fieldsOf(draft), name: 'Two', ends: '' }, draft)).toEqual({ name: 'Two' })
})

it('a draft that is started while it is edited sends only what can still change', () => {
  const draft = draftWith({ design: { minimumDays: 7 } })
  const edit = openedEdit(experimentForm, draft)
  const typed = { name: 'Two', minimumDays: '21', primary: 'failed', secondary: ['paid'] }
  const started = { ...draft, status: 'running', version: 2 } as const
  const merged = rebased(experimentForm, { ...edit, fields: { ...edit.fields, ...typed } }, started)
  expect(merged.merge).toMatchObject({
    conflicts: [],
    taken: [{ field: 'minimumDays', base: '21', merged: '7' }],
  })
  expect(changesOf(merged.fields, started)).toEqual({ name: 'Two', goalKeys: ['failed', 'paid'] })
  const stopped = rebased(experimentForm, merged, { ...started, status: 'stopped', version: 3 })
  expect(changesOf(stopped.fields, started)).toEqual({ name: 'Two' })
})
