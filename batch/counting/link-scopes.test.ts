// Persons by window, all windows at once, against the links of each window alone.
import { expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { everyScope, type ScopedPerson, scopedPersons, type TimedLink } from './link-scopes.ts'
import { resolveLinks } from './links.ts'

const user = fc.bigInt(0n, 6n)
const links = fc
  .array(fc.record({ link: fc.tuple(user, user), at: fc.integer({ min: 0, max: 9 }) }), { maxLength: 12 })
  .map((all): TimedLink[] =>
    all.filter(({ link: [previous, known] }) => previous !== known).toSorted((a, b) => a.at - b.at),
  )
const windows = fc.array(
  fc
    .tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 10 }))
    .map(([from, to]) => ({ from, to })),
  { minLength: 1, maxLength: 5 },
)
const users = [0n, 1n, 2n, 3n, 4n, 5n, 6n]

/** Groups of users who count as one, as a statement joins them for the window. */
function groupsOf(persons: readonly ScopedPerson[], scopes: readonly number[]) {
  const rowsOf = (each: bigint) =>
    persons.filter((row) => row.user === each && (row.scope === everyScope || scopes.includes(row.scope)))
  const personOf = (each: bigint) => {
    const rows = rowsOf(each)
    expect(rows.length).toBeLessThanOrEqual(1)
    return rows[0]?.person ?? each
  }
  return [...Map.groupBy(users, personOf).values()]
}

it('each window has the persons of its own links, whatever the others are', () =>
  fc.assert(
    fc.property(links, links, windows, (old, now, asked) => {
      const { before, after, scopes } = scopedPersons(old, now, asked)
      for (const [persons, all] of [
        [before, old],
        [after, now],
      ] as const)
        for (const [w, { from, to }] of asked.entries()) {
          const own = resolveLinks(all.filter(({ at }) => from <= at && at < to).map(({ link }) => link))
          const alone = [...Map.groupBy(users, (each) => own.get(each) ?? each).values()]
          expect(groupsOf(persons, scopes[w]!)).toEqual(alone)
        }
    }),
    { numRuns: 2_000 },
  ))

it('persons of two scopes are never the same, and whoever is linked on a side is of one component', () =>
  fc.assert(
    fc.property(links, links, windows, (old, now, asked) => {
      const { before, after } = scopedPersons(old, now, asked)
      const scopesOf = Map.groupBy([...before, ...after], ({ person }) => person)
      for (const rows of scopesOf.values()) {
        expect(new Set(rows.map(({ scope }) => scope)).size).toBe(1)
        expect(new Set(rows.map(({ component }) => component)).size).toBe(1)
      }
    }),
  ))

it('has no scope where all windows follow the same links, and one row a user', () => {
  const all = [{ link: [1n, 2n], at: 5 }] as const
  const { after, scopes } = scopedPersons([], all, [
    { from: 0, to: 9 },
    { from: 5, to: 6 },
  ])
  expect(scopes).toEqual([[], []])
  expect(after.map(({ user: own, person, scope }) => [own, person, scope])).toEqual([
    [1n, 2n, everyScope],
    [2n, 2n, everyScope],
  ])
})

it('has one row a user, too, where links are made again and again, and all windows have the same persons', () => {
  const pairs = [
    [1n, 3n],
    [2n, 3n],
  ] as const
  const all = Array.from({ length: 40 }, (_, at) => ({ link: pairs[at % 2]!, at }))
  const windows = Array.from({ length: 30 }, (_, from) => ({ from, to: 40 + from }))
  const { after, scopes } = scopedPersons([], all, windows)
  expect(scopes.flat()).toEqual([])
  expect(after.map(({ user: own, person }) => [own, person])).toEqual([
    [1n, 3n],
    [3n, 3n],
    [2n, 3n],
  ])
})

it('has two rows a user where some windows end before the first of many links', () => {
  const all = Array.from({ length: 40 }, (_, i) => ({ link: [1n, 2n] as const, at: 20 + i }))
  const windows = Array.from({ length: 30 }, (_, i) => ({ from: i, to: i < 10 ? 15 + (i % 3) : 70 + i }))
  const { after, scopes } = scopedPersons([], all, windows)
  expect(after).toHaveLength(4)
  expect(new Set(scopes.map(String)).size).toBe(2)
})
