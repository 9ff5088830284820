// A living environment gets what a backup holds, as its schema reads it, or nothing.
import { expect, it } from 'vitest'
import { flag } from '../../test/support/build/flags.ts'
import { emptyState, withWrites } from '../model/environment-state.ts'
import { change } from './change.ts'
import { Command } from './command.ts'

const restored = (state: ReturnType<typeof emptyState>, entities: readonly object[]) =>
  change(state, Command.parse({ kind: 'restore', entities }), { now: 5, newId: () => 'new' })
const entity = (value: object & { key: string }) => ({ kind: 'flag', id: value.key, value })
const living = withWrites(emptyState(), [{ kind: 'flag', id: 'living', value: flag({ key: 'living' }) }])

it('stores what was parsed: an older backup lacks fields that have come since', () => {
  const { tags: _, seed: __, maintainer: ___, ...older } = flag({ key: 'older' })
  const changed = restored(emptyState(), [entity(older)])
  expect(changed).toMatchObject({
    ok: true,
    value: { writes: [{ id: 'older', value: { tags: [], seed: '', maintainer: '' } }] },
  })
})

it('refuses an entity that is there twice', () => {
  const twice = [flag({ key: 'one' }), flag({ key: 'one', name: 'Other' })].map(entity)
  expect(restored(emptyState(), twice)).toMatchObject({ ok: false, problem: { code: 'INVALID' } })
})

it('refuses no flags at all where flags live', () => {
  expect(restored(living, [])).toMatchObject({ ok: false, problem: { code: 'INVALID' } })
  expect(restored(living, [entity(flag({ key: 'other' }))])).toMatchObject({ ok: true })
  expect(restored(emptyState(), [])).toMatchObject({ ok: true, value: { writes: [] } })
})
