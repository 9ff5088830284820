import { expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { type Link, resolveLinks } from './links.ts'

const names = 'abcdefghij'
const hashOf = (name: string) => BigInt(names.indexOf(name))
/** `ab`: a became known as b. */
const personsOf = (...links: readonly string[]) =>
  Object.fromEntries(
    [...resolveLinks(links.map(([previous, known]): Link => [hashOf(previous!), hashOf(known!)]))].map(
      (pair) => pair.map((hash) => names[Number(hash)]!),
    ) as [string, string][],
  )

it('follows chains, and keeps two users of one device apart', () => {
  expect(personsOf('ab', 'bc')).toEqual({ a: 'c', b: 'c', c: 'c' })
  expect(personsOf('da', 'db')).toEqual({ d: 'a', a: 'a', b: 'b' })
})

it('ignores the link that closes a circle, and takes the next one of the same id', () => {
  expect(personsOf('ab', 'ba')).toEqual({ a: 'b', b: 'b' })
  expect(personsOf('ab', 'bc', 'ca')).toEqual({ a: 'c', b: 'c', c: 'c' })
  expect(personsOf('aa')).toEqual({})
  expect(personsOf('ab', 'ba', 'bd')).toEqual({ a: 'd', b: 'd', d: 'd' })
})

it('a long chain takes no stack, in either order', () => {
  const chain = Array.from({ length: 20_000 }, (_, i): Link => [BigInt(i), BigInt(i + 1)])
  for (const links of [chain, chain.toReversed()])
    expect(new Set(resolveLinks(links).values())).toEqual(new Set([20_000n]))
})

it('any links: each user counts as one person, who counts as himself; a link again changes nothing', () =>
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.bigInt(0n, 9n), fc.bigInt(0n, 9n))), (links) => {
      const persons = resolveLinks(links)
      for (const person of persons.values()) expect(persons.get(person)).toBe(person)
      expect(resolveLinks([...links, ...links])).toEqual(persons)
    }),
  ))
