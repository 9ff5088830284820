// Changes of many flags at once read the environment's flags a few times, not once for each flag. There may
// be ten thousand, and an environment's object has seconds.
import { afterEach, expect, it, vi } from 'vitest'
import { fixed, flag } from '../../test/support/build/flags.ts'
import { emptyState, type EnvironmentState, type Write, withWrites } from '../model/environment-state.ts'
import { change } from './change.ts'
import { Command } from './command.ts'
import type { ChangeContext } from './entity.ts'

let made = 0
const context: ChangeContext = { now: 1, newId: () => `new-${++made}` }

const writesOf = (count: number): Write[] =>
  Array.from({ length: count }, (_, i) => {
    const key = `flag-${i}`
    return { kind: 'flag', id: key, value: flag({ key, name: key, tags: ['web'] }) }
  })
const pastOf = (writes: readonly Write[]): Write[] =>
  writes.map(({ id }) => ({ kind: 'flag', id, value: null }))

type Case = (count: number) => [EnvironmentState, unknown, Partial<ChangeContext>?]
const full = (count: number) => withWrites(emptyState(), writesOf(count))
const cases: Record<string, Case> = {
  'a rollback to when there was none': (count) => [
    full(count),
    { kind: 'roll-back', revision: 1 },
    { past: pastOf(writesOf(count)) },
  ],
  'a rollback to when they were on': (count) => [
    withWrites(
      emptyState(),
      writesOf(count).map((write) => ({ ...write, value: { ...write.value, archived: true } }) as Write),
    ),
    { kind: 'roll-back', revision: 1 },
    { past: writesOf(count) },
  ],
  'a document that makes them': (count) => [
    emptyState(),
    { kind: 'apply', document: { flags: entries(count) } },
  ],
  'a document that leaves them out': (count) => [full(count), { kind: 'apply', document: { prune: true } }],
  'a bulk change': (count) => [
    full(count),
    { kind: 'update-flags', keys: writesOf(count).map(({ id }) => id), changes: { archived: true } },
  ],
}

const entries = (count: number) =>
  Object.fromEntries(
    writesOf(count).map(({ id }) => [
      id,
      {
        type: 'boolean',
        variations: [{ id: 'on', value: 'true' }],
        defaultStrategy: { strategy: fixed('on') },
      },
    ]),
  )

afterEach(() => vi.restoreAllMocks())

/** How often the change walks through a map of this size or more. */
function walksOf(make: Case, count: number): number {
  const [state, command, more] = make(count)
  const parsed = Command.parse(command)
  let walks = 0
  for (const name of ['entries', 'keys', 'values', 'forEach', Symbol.iterator] as const) {
    const original = Map.prototype[name] as (this: Map<unknown, unknown>, ...all: unknown[]) => never
    vi.spyOn(Map.prototype, name as 'values').mockImplementation(function (
      this: Map<unknown, unknown>,
      ...all: unknown[]
    ) {
      if (this.size >= count) walks++
      return original.apply(this, all)
    })
  }
  const changed = change(state, parsed, { ...context, ...more })
  vi.restoreAllMocks()
  expect(changed.ok ? changed.value.writes.length : changed.problem).toBeGreaterThanOrEqual(count)
  return walks
}

it.each(Object.entries(cases))('%s: as few walks for 120 flags as for 40', (_, make) => {
  expect(walksOf(make, 120)).toBe(walksOf(make, 40))
})
