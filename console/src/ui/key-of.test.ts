// Keys as they are made of names, and as they are typed or pasted.
import { expect, it } from 'vitest'
import { keyFollowing, keyTyped } from './key-of.ts'

it('a key follows its name until it is typed itself', () => {
  expect(keyFollowing('', '', 'Bêta testers 🚀')).toBe('beta-testers')
  expect(keyFollowing('beta', 'Beta', 'Beta two')).toBe('beta-two')
  expect(keyFollowing('mine', 'Beta', 'Beta two')).toBe('mine')
})

it('a key has no blanks of a paste', () => {
  expect(keyTyped('  new-checkout\t\n')).toBe('new-checkout')
})
