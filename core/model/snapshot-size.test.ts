// When a change is refused for the size of the snapshot.
import { expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { flag } from '../../test/support/build/flags.ts'
import { type EnvironmentState, type Write, emptyState, withWrites } from './environment-state.ts'
import { snapshotBytesMax } from './limits.ts'
import { snapshotTooLarge } from './snapshot-size.ts'

const stored = flag({ key: 'big', version: 9, description: 'x'.repeat(50) })
const key = { id: 'web', role: 'client', name: '', sha256: 'a'.repeat(64), answers: 'full' } as const
const times = { version: 1, createdAt: 0, updatedAt: 0 }
const state = withWrites(emptyState(), [
  { kind: 'flag', id: 'big', value: stored },
  { kind: 'flag', id: 'old', value: { ...stored, key: 'old', archived: true } },
  { kind: 'sdkKey', id: 'web', value: { ...key, ...times, disabled: false } },
  { kind: 'sdkKey', id: 'off', value: { ...key, ...times, id: 'off', disabled: true } },
] as Write[])

const problemOf = (write: unknown, in_: EnvironmentState = state) =>
  snapshotTooLarge({
    state: in_,
    writes: [write as Write],
    bytes: snapshotBytesMax + 500,
    bytesBefore: () => snapshotBytesMax + 400,
  })

const changed = (changes: object) => ({
  kind: 'flag',
  id: 'big',
  value: { ...stored, version: 10, ...changes },
})

it.each([
  ['a flag is turned off', changed({ enabled: false })],
  ['a flag is turned on', changed({ enabled: true })],
  ['a flag is archived', changed({ archived: true, enabled: false })],
  ['a flag gets shorter', changed({ description: '' })],
  ['a flag is deleted', { kind: 'flag', id: 'big', value: null }],
  ['a key is disabled', { kind: 'sdkKey', id: 'web', value: { ...key, ...times, disabled: true } }],
  ['a key is rotated', { kind: 'sdkKey', id: 'web', value: { ...key, ...times, sha256: 'b'.repeat(64) } }],
  ['a key is deleted', { kind: 'sdkKey', id: 'web', value: null }],
  ['panic mode begins', { kind: 'settings', id: 'settings', value: { panic: true } }],
  ['a goal is made, which no snapshot holds', { kind: 'goal', id: 'g', value: { key: 'g' } }],
])('lets pass, over the limit: %s', (_, write) => {
  expect(problemOf(write)).toBeUndefined()
})

it.each([
  ['a new flag', { kind: 'flag', id: 'new', value: flag({ key: 'new' }) }],
  ['a longer flag', changed({ description: 'x'.repeat(51) })],
  ['a longer flag that is turned off', changed({ description: 'x'.repeat(51), enabled: false })],
  ['a flag that comes back', { kind: 'flag', id: 'old', value: { ...stored, key: 'old' } }],
  ['a new key', { kind: 'sdkKey', id: 'new', value: { ...key, ...times, id: 'new' } }],
  ['a key that comes back', { kind: 'sdkKey', id: 'off', value: { ...key, ...times, disabled: false } }],
])('refuses, over the limit, and names size and limit: %s', (_, write) => {
  expect(problemOf(write)).toMatchObject({
    code: 'TOO_LARGE',
    message: expect.stringMatching(/16,000,500 bytes \(snapshotBytes\); at most 16,000,000/),
  })
})

it('refuses nothing that fits or that makes the snapshot smaller', () =>
  fc.assert(
    fc.property(fc.nat(snapshotBytesMax * 2), fc.nat(snapshotBytesMax * 2), (bytes, before) => {
      const writes = [{ kind: 'flag', id: 'new', value: flag({ key: 'new' }) }] as Write[]
      const problem = snapshotTooLarge({ state, writes, bytes, bytesBefore: () => before })
      expect(problem === undefined).toBe(bytes <= snapshotBytesMax || bytes <= before)
    }),
  ))
