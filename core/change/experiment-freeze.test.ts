// Frozen exposures: no further users count, and nothing brings them back.
import { describe, expect, it } from 'vitest'
import { flag, rollout } from '../../test/support/build/flags.ts'
import { emptyState, type EnvironmentState, withWrites } from '../model/environment-state.ts'
import { change } from './change.ts'
import { Command } from './command.ts'
import { toDocument } from './document/export.ts'

const dayMs = 86_400_000
const noon = 1_000 * dayMs
const there = withWrites(emptyState(), [
  {
    kind: 'flag',
    id: 'f',
    value: flag({
      key: 'f',
      enabled: true,
      variations: ['a', 'b', 'c'].map((id) => ({ id, name: id, description: '', value: `value ${id}` })),
      defaultStrategy: { id: 'rd', strategy: rollout({ a: 50_000, b: 50_000 }) },
    }),
  },
  {
    kind: 'goal',
    id: 'buy',
    value: { key: 'buy', name: '', event: 'buy', version: 1, createdAt: 0, updatedAt: 0 },
  },
])

function step(state: EnvironmentState, command: object, now: number, more: object = {}) {
  const made = change(state, Command.parse(command), { now, newId: () => 'new', ...more })
  return made.ok
    ? { state: withWrites(state, made.value.writes), refusal: undefined }
    : { state, refusal: `${made.problem.code}: ${JSON.stringify(made.problem)}` }
}
const made = (more: object = {}, now = noon) =>
  step(
    there,
    {
      kind: 'create-experiment',
      experiment: { id: 'x', flagKey: 'f', goalKeys: ['buy'], baselineVariationId: 'a', ...more },
    },
    now,
  )
const freeze = { kind: 'freeze-experiment', id: 'x' }
const edit = (changes: object) => ({ kind: 'update-experiment', id: 'x', changes })
const until = ({ state }: { readonly state: EnvironmentState }) => state.experiment.get('x')?.exposuresUntil

describe('frozen exposures', () => {
  it('end when it is said, once, and the experiment runs on', () => {
    const frozen = step(made().state, freeze, noon + dayMs)
    expect(until(frozen)).toBe(noon + dayMs)
    expect(frozen.state.experiment.get('x')?.status).toBe('running')
    expect(until(step(frozen.state, freeze, noon + 2 * dayMs))).toBe(noon + dayMs)
    for (const value of [noon + 5 * dayMs, undefined])
      expect(until(step(frozen.state, edit({ exposuresUntil: value }), noon + 2 * dayMs))).toBe(noon + dayMs)
  })

  it('may be planned, and still end earlier', () => {
    const planned = made({ exposuresUntil: noon + 9 * dayMs })
    expect(until(planned)).toBe(noon + 9 * dayMs)
    expect(until(step(planned.state, freeze, noon + dayMs))).toBe(noon + dayMs)
    for (const exposuresUntil of [noon, noon + 91 * dayMs])
      expect(made({ exposuresUntil }).refusal).toContain('exposuresUntil')
  })

  it('are refused of what does not run', () => {
    for (const more of [{ status: 'draft' }, { startAt: noon + 2 * dayMs }])
      expect(step(made(more).state, freeze, noon + dayMs).refusal).toMatch(/^CONFLICT.*cannot be frozen/)
    const stopped = step(made().state, { kind: 'stop-experiment', id: 'x' }, noon + dayMs)
    expect(step(stopped.state, freeze, noon + 2 * dayMs).refusal).toMatch(/^CONFLICT/)
  })

  it('leave nothing that a new phase could count', () => {
    const { state } = step(made().state, freeze, noon + dayMs)
    const shares = {
      kind: 'update-flag',
      key: 'f',
      changes: { defaultStrategy: { id: 'rd', strategy: rollout({ a: 90_000, b: 10_000 }) } },
    }
    for (const more of [{}, { experiment: 'new-phase' }])
      expect(step(state, shares, noon + 2 * dayMs, more).refusal).toMatch(/^EXPERIMENT_RUNNING/)
    expect(step(state, shares, noon + 2 * dayMs, { experiment: 'stop' }).refusal).toBeUndefined()
  })

  it('stay with a document that does not mention them, and cannot be moved by one that does', () => {
    const { state } = step(made().state, freeze, noon + dayMs)
    const document = toDocument(state)
    const applied = (experiments: object) =>
      step(state, { kind: 'apply', document: { ...document, experiments } }, noon + 2 * dayMs)
    const { exposuresUntil: _, ...bare } = document.experiments!['x'] as { exposuresUntil?: number }
    expect(until(applied({ x: bare }))).toBe(noon + dayMs)
    const moved = applied({ x: { ...bare, exposuresUntil: noon + 3 * dayMs } })
    expect(moved.refusal).toContain('exposuresUntil')
  })
})
