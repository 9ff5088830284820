import { expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { type Link, linkRows, resolveLinks } from './links.ts'

const link = (previous: string, known: string, linkedAt: number): Link => ({
  previous,
  previousKey: `key ${previous}`,
  known,
  knownKey: `key ${known}`,
  linkedAt,
})
const personsOf = (links: readonly Link[]) =>
  Object.fromEntries(resolveLinks(links).map(({ user, person }) => [user, person]))

it('follows chains, and keeps two users of one device apart', () => {
  expect(personsOf([link('a', 'b', 1), link('b', 'c', 2)])).toEqual({ a: 'c', b: 'c', c: 'c' })
  // Only the first link of an anonymous id is among the links: b's sign-in on a's device is not.
  expect(personsOf([link('device', 'ann', 1)])).toEqual({ device: 'ann', ann: 'ann' })
})

it('ignores the link that closes a circle', () => {
  expect(personsOf([link('a', 'b', 1), link('b', 'a', 2)])).toEqual({ a: 'b', b: 'b' })
  expect(personsOf([link('c', 'a', 3), link('a', 'b', 1), link('b', 'c', 2)])).toEqual({
    a: 'c',
    b: 'c',
    c: 'c',
  })
  expect(personsOf([link('a', 'a', 1)])).toEqual({})
})

it('a long chain takes no stack, and its order makes no difference', () => {
  const chain = Array.from({ length: 20_000 }, (_, i) => link(`${i}`, `${i + 1}`, 20_000 - i))
  for (const links of [chain, chain.toReversed()])
    expect(new Set(resolveLinks(links).map(({ person }) => person))).toEqual(new Set(['20000']))
})

it('any links: each user counts as one person, who counts as himself', () =>
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(fc.nat(9), fc.nat(9), fc.nat(5)), { selector: ([previous]) => previous }),
      (all) => {
        const links = all.map(([previous, known, at]) => link(`${previous}`, `${known}`, at))
        const persons = personsOf(links)
        for (const person of Object.values(persons)) expect(persons[person]).toBe(person)
        expect(personsOf(links.toReversed())).toEqual(persons)
      },
    ),
  ))

it('says whose person changed', () => {
  const [before, after] = [
    resolveLinks([link('a', 'b', 1)]),
    resolveLinks([link('a', 'c', 0), link('d', 'b', 3)]),
  ]
  const changed = linkRows(before, after).map(({ side, user, isChanged }) => [side, user, isChanged])
  expect(changed).toEqual([
    [-1, 'a', true],
    [-1, 'b', false],
    [1, 'a', true],
    [1, 'c', false],
    [1, 'd', true],
    [1, 'b', false],
  ])
})
