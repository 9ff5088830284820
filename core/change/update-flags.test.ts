import { describe, expect, it } from 'vitest'
import { fixed } from '../../test/support/build/flags.ts'
import { emptyState, type EnvironmentState, withWrites } from '../model/environment-state.ts'
import { change } from './change.ts'
import { Command } from './command.ts'

const context = { now: 2_000, newId: () => 'unused' }

function stateWith(...flags: { key: string; [field: string]: unknown }[]): EnvironmentState {
  let [state, made] = [emptyState(), 0]
  for (const flag of flags) {
    const variations = [{ id: 'on', value: 'true' }]
    const draft = { type: 'boolean', variations, defaultStrategy: { strategy: fixed('on') }, ...flag }
    const command = Command.parse({ kind: 'create-flag', flag: draft })
    const created = change(state, command, { now: 1_000, newId: () => `id-${++made}` })
    if (!created.ok) throw new Error(created.problem.message)
    state = withWrites(state, created.value.writes)
  }
  return state
}

const updated = (state: EnvironmentState, keys: string[], changes: object) => {
  const made = change(state, Command.parse({ kind: 'update-flags', keys, changes }), context)
  return made.ok
    ? { ...made.value, state: withWrites(state, made.value.writes), problem: undefined }
    : { problem: made.problem, state, entity: undefined, writes: [] }
}

describe('a change of many flags', () => {
  it('changes each that is not so already, and counts them', () => {
    const before = stateWith({ key: 'a', enabled: true }, { key: 'b', tags: ['old', 'web'] }, { key: 'c' })
    const { state, entity } = updated(before, ['a', 'b', 'a'], { enabled: true })
    expect(entity).toEqual({ create: 0, change: 1, archive: 0, remove: 0 })
    expect([...state.flag.values()].map(({ enabled, version }) => [enabled, version])).toEqual([
      [true, 1],
      [true, 2],
      [false, 1],
    ])
    const tagged = updated(before, ['b', 'c'], { addTags: ['new', 'web'], removeTags: ['old'] })
    expect(tagged.state.flag.get('b')!.tags).toEqual(['web', 'new'])
    expect(tagged.state.flag.get('c')!.tags).toEqual(['new', 'web'])
  })

  it.each([
    ['the flag first', ['base', 'above']],
    ['the one that needs it first', ['above', 'base']],
  ])('archives a flag with the one that needs it, %s', (_, keys) => {
    const prerequisites = [{ flagKey: 'base', variationId: 'on' }]
    const before = stateWith({ key: 'base' }, { key: 'above', prerequisites })
    const { state, entity } = updated(before, keys, { archived: true })
    expect(entity).toMatchObject({ archive: 2 })
    expect([...state.flag.values()].every(({ archived }) => archived)).toBe(true)
  })

  it('changes none if one is refused, and names each that is', () => {
    const prerequisites = [{ flagKey: 'base', variationId: 'on' }]
    const before = stateWith({ key: 'base' }, { key: 'above', prerequisites }, { key: 'free' })
    const { problem, writes } = updated(before, ['free', 'base', 'gone'], { archived: true })
    expect(writes).toEqual([])
    expect(problem?.fields?.map(({ path }) => path)).toEqual(['flags.base', 'flags.gone'])
    expect(problem?.fields?.[0]?.message).toContain('above')
  })
})
