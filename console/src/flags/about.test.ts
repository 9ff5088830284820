import fc from '../../../test/support/build/fast-check.ts'
import { expect, it } from 'vitest'
import { changesBetween } from '../change/changes-between.ts'
import { aboutBody, aboutOf } from './about.ts'

const about = fc.record({
  name: fc.string(),
  description: fc.string(),
  maintainer: fc.string(),
  tags: fc.uniqueArray(fc.string({ unit: fc.constantFrom('a', ' ', ',', '"', 'é'), minLength: 1 })),
})

it('an edit of the name leaves the tags as they are, whatever they hold', () => {
  fc.assert(
    fc.property(about, (stored) => {
      const before = aboutOf(stored)
      expect(aboutBody(before)).toEqual({ ...stored, slug: null })
      const name = `${stored.name}!`
      expect(changesBetween(aboutBody(before), aboutBody({ ...before, name }))).toEqual({ name })
    }),
  )
})
