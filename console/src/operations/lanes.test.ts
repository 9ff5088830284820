// The timeline of operations: what is drawn of a rollout, and how near a kill switch is to firing.
import { expect, it } from 'vitest'
import type { ProgressiveRollout } from '../../../core/model/progressive-rollout.ts'
import type { WatchedOperation } from '../../../workers/control/api/operation-answers.ts'
import { changesText, nameOf, nearness, rolloutBars } from './lanes.ts'

const hourMs = 3_600_000
const rollout = {
  id: 'r',
  steps: [10_000, 50_000, 100_000].map((weight) => ({ weight, holdMs: 10 * hourMs, approval: false })),
  startAt: 0,
  stepAt: 0,
  stepsMade: 1,
  status: 'running',
  at: 10 * hourMs,
} as unknown as ProgressiveRollout
const bars = (more: Partial<ProgressiveRollout> = {}) =>
  rolloutBars({ ...rollout, ...more }, 4 * hourMs, 100 * hourMs).map(({ from, to, state, level }) => [
    from / hourMs,
    to / hourMs,
    state,
    level,
  ])

it('draws what was made, what holds, and what follows at its time', () => {
  expect(bars()).toEqual([
    [0, 4, 'done', 0.1],
    [4, 10, 'planned', 0.1],
    [10, 20, 'planned', 0.5],
    [20, 100, 'planned', 1],
  ])
})

it('promises no time to what waits for somebody', () => {
  const waiting = [
    [0, 4, 'done', 0.1],
    [4, 100, 'waiting', 0.1],
  ]
  expect(bars({ status: 'paused', at: undefined })).toEqual(waiting)
  expect(bars({ awaitsApproval: true, at: undefined })).toEqual(waiting)
  const approved = rollout.steps.map((step) => ({ ...step, approval: true }))
  expect(bars({ steps: approved }).at(-1)).toEqual([10, 100, 'planned', 0.5])
})

it('ends where a rollout has ended', () => {
  expect(bars({ status: 'stopped' })).toEqual([[0, 4, 'done', 0.1]])
})

it('measures evidence by its logarithm, and none of a watch before', () => {
  const look = (evidence: number, countingFrom = 0) =>
    nearness({ countingFrom: 0, lastLook: { evidence, needed: 20, countingFrom } } as WatchedOperation)
  expect([look(0.2), look(Math.sqrt(20)), look(25)]).toEqual([0, expect.closeTo(0.5), 1])
  expect(look(5, 1)).toBeUndefined()
})

it('says what a schedule changes', () => {
  expect(changesText({ changes: { enabled: false, name: 'x' } })).toBe('turns off, changes name')
  const shares = [
    { variationId: 'old', weight: 75_000 },
    { variationId: 'new', weight: 25_000 },
  ]
  const changes = { defaultStrategy: { strategy: { kind: 'rollout' as const, shares } }, tags: ['web'] }
  expect(changesText({ changes })).toMatch(/^Everyone else: old 75.% · new 25.%, changes tags$/)
})

it('names a schedule by its name, or else by what it changes', () => {
  const schedule = { id: '0b6f', changes: { enabled: true } }
  expect(nameOf({ ...schedule, name: 'Launch' })).toBe('Launch')
  expect(nameOf({ ...schedule, name: '' })).toBe('turns on')
  expect(nameOf({ id: 'web' })).toBe('web')
})
