import fc from '../../../test/support/build/fast-check.ts'
import { expect, it } from 'vitest'
import { WebhookDraft } from '../../../core/change/command.ts'
import { changesBetween } from '../change/changes-between.ts'
import { mergeFields } from '../change/merge-fields.ts'
import { webhookBody, webhookFields, webhookForm } from './webhook-fields.ts'

const url = 'https://hooks.example.com/in'
const webhook = fc.record({
  name: fc.string({ maxLength: 20 }),
  url: fc.constant(url),
  format: fc.constantFrom('standard', 'slack'),
  events: fc.subarray(['flag.updated', 'flag.stale', 'job.failed']),
  tags: fc.oneof(fc.subarray(['shop', 'search']), fc.array(fc.string({ minLength: 1 }), { maxLength: 3 })),
  digestMs: fc.option(fc.integer({ min: 1_000, max: 604_800_000 }), { nil: undefined }),
})

it('the form of a webhook makes it again', () => {
  fc.assert(
    fc.property(webhook, (each) => {
      const drafted = WebhookDraft.parse({ ...each, digestMs: each.digestMs })
      expect(WebhookDraft.parse(webhookBody(webhookFields(drafted)))).toEqual(drafted)
    }),
  )
})

it('a merge of two that tell less never tells everything', () => {
  const [base, mine, theirs] = [
    [
      ['flag.updated', 'flag.stale'],
      ['shop', 'search'],
    ],
    [['flag.updated'], ['shop']],
    [['flag.stale'], ['search']],
  ].map(([events = [], tags = []]) => webhookFields({ name: 'a', url, events, tags }))
  const merged = mergeFields(webhookForm.rules, { base: base!, mine: mine!, theirs: theirs! })
  expect(merged.conflicts.map(({ field }) => field)).toEqual(['events', 'tags'])
  expect(webhookBody(merged.fields)).toMatchObject({ events: ['flag.updated'], tags: ['shop'] })
})

it('sends what was changed; a time that is emptied is null', () => {
  const fields = webhookFields({ name: 'a', url, events: [], digestMs: 90_000 })
  expect(fields.digest).toBe('1.5')
  expect(changesBetween(webhookBody(fields)!, webhookBody({ ...fields, digest: '' })!)).toEqual({
    digestMs: null,
  })
  for (const typed of [{ url: '' }, { digest: 'soon' }])
    expect(webhookBody({ ...fields, ...typed })).toBeUndefined()
})
