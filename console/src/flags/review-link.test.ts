import { expect, it } from 'vitest'
import { flag } from '../../../test/support/build/flags.ts'
import { draftOf, type Edit } from './draft.ts'
import { fromFragment, isDraftFragment, toFragment } from './review-link.ts'

const base = flag({ key: 'checkout', name: 'an – ü' })
const { id } = base.variations[0]!
const edit: Edit = { base, draft: { ...draftOf(base), offVariationId: id } }

it('brings the draft to somebody else', async () => {
  const fragment = (await toFragment(edit))!
  expect(isDraftFragment(fragment)).toBe(true)
  expect(fragment).toMatch(/^draft=[\w-]+$/)
  expect(await fromFragment(fragment, 'checkout')).toEqual(JSON.parse(JSON.stringify(edit)))
})

it('is of one flag, whole, and a draft', async () => {
  const fragment = (await toFragment(edit))!
  expect(await fromFragment(fragment, 'other')).toBeUndefined()
  expect(await fromFragment(fragment.slice(0, -9), 'checkout')).toBeUndefined()
  const odd = { base, draft: { ...edit.draft, rules: [{ id: 'x' }] } } as unknown as Edit
  expect(await fromFragment((await toFragment(odd))!, 'checkout')).toBeUndefined()
  const empty = { base: { key: 'checkout' }, draft: {} } as unknown as Edit
  expect(await fromFragment((await toFragment(empty))!, 'checkout')).toBeUndefined()
})

it('is not made if no chat would take it', async () => {
  const targetingKeys = Array.from({ length: 2_000 }, (_, i) => `${Math.sin(i)}`)
  const targets = [{ variationId: id, targetingKeys }]
  expect(await toFragment({ base, draft: { ...edit.draft, targets } })).toBeUndefined()
})
