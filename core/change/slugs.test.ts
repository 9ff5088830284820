// A flag's second name, its slug, through everything that happens to a flag.
import { expect, it } from 'vitest'
import { fixed, flag } from '../../test/support/build/flags.ts'
import { change } from './change.ts'
import { Command } from './command.ts'
import { emptyState, type EnvironmentState, type Write, withWrites } from '../model/environment-state.ts'
import { Flag } from '../model/flag.ts'

const draft = (key: string, slug?: string) => ({
  key,
  ...(slug !== undefined && { slug }),
  type: 'string',
  variations: [{ id: 'a', value: 'A' }],
  defaultStrategy: { strategy: fixed('a') },
})
let made = 0
const apply = (state: EnvironmentState, command: unknown, past?: readonly Write[]) =>
  change(state, Command.parse(command), { now: 1_000, newId: () => `id-${++made}`, ...(past && { past }) })
function after(state: EnvironmentState, command: unknown, past?: readonly Write[]): EnvironmentState {
  const changed = apply(state, command, past)
  if (!changed.ok) throw new Error(JSON.stringify(changed.problem))
  return withWrites(state, changed.value.writes)
}
const slugsOf = ({ flag: flags }: EnvironmentState) => [...flags.values()].map(({ slug }) => slug)
const fieldsOf = (changed: ReturnType<typeof apply>) => (changed.ok ? [] : changed.problem.fields)
const front = after(emptyState(), { kind: 'create-flag', flag: draft('page', 'front') })

it('is refused to a second flag, and so is a flag that is called like it', () => {
  expect(fieldsOf(apply(front, { kind: 'create-flag', flag: draft('other', 'front') }))).toMatchObject([
    { path: 'slug', rule: 'taken' },
  ])
  expect(fieldsOf(apply(front, { kind: 'create-flag', flag: draft('other', 'page') }))).toMatchObject([
    { path: 'slug', rule: 'taken' },
  ])
  expect(fieldsOf(apply(front, { kind: 'create-flag', flag: draft('front') }))).toMatchObject([
    { path: 'key', rule: 'taken' },
  ])
})

it('is taken away by null, and is free then', () => {
  const bare = after(front, { kind: 'update-flag', key: 'page', changes: { slug: null } })
  expect(slugsOf(bare)).toEqual([undefined])
  expect(slugsOf(after(bare, { kind: 'create-flag', flag: draft('other', 'front') }))).toContain('front')
})

it('stays with the flag that is cloned', () => {
  const both = after(front, { kind: 'clone-flag', key: 'page', as: 'copy' })
  expect(slugsOf(both)).toEqual(['front', undefined])
})

it('comes along from another environment where it is free, and is noted where it is not', () => {
  const foreign = flag({ key: 'foreign', slug: 'front' })
  const copy = { kind: 'copy-flag', from: 'elsewhere', flag: foreign }
  expect(slugsOf(after(emptyState(), copy))).toEqual(['front'])
  expect(apply(front, copy)).toMatchObject({ ok: true, value: { notes: [{ path: 'slug' }] } })
  expect(slugsOf(after(front, copy))).toEqual(['front', undefined])
})

it('goes back to the flag that had it, though another one has been made with it since', () => {
  const bare = after(front, { kind: 'update-flag', key: 'page', changes: { slug: null } })
  const moved = after(bare, { kind: 'create-flag', flag: draft('other', 'front') })
  const past: Write[] = [
    { kind: 'flag', id: 'page', value: front.flag.get('page')! },
    { kind: 'flag', id: 'other', value: null },
  ]
  expect(slugsOf(after(moved, { kind: 'roll-back', revision: 2 }, past))).toEqual(['front', undefined])
})

it('makes an import of the same flag no change, whatever the order of its fields', () => {
  const { slug, ...rest } = Flag.parse(flag({ slug: 'front' }))
  const bring: Command = {
    kind: 'import',
    source: 'flagship-io',
    segments: [],
    sdkKeys: [],
    flags: [{ ...rest, slug }],
    replace: false,
  }
  const context = { now: 1_000, newId: () => 'id' }
  const first = change(emptyState(), bring, context)
  const brought = withWrites(emptyState(), first.ok ? first.value.writes : [])
  expect(change(brought, bring, context)).toMatchObject({ ok: true, value: { writes: [] } })
  expect(change(brought, Command.parse(bring), context)).toMatchObject({ ok: true, value: { writes: [] } })
})
