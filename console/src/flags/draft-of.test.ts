import fc from '../../../test/support/build/fast-check.ts'
import { expect, it } from 'vitest'
import { listText } from '../ui/list-text.ts'
import { bodyOf, startOf } from './draft-of.ts'

const typed = { name: 'New', key: 'new', description: '', enabled: false, ...startOf('boolean') }

it('a new flag has the tags that were typed', () => {
  expect(bodyOf({ ...typed, tags: 'shop, "one, two",, web' }).tags).toEqual(['shop', 'one, two', 'web'])
  fc.assert(
    fc.property(fc.array(fc.string()), (tags) => {
      expect(bodyOf({ ...typed, tags: listText(tags) }).tags).toEqual(tags)
    }),
  )
})
