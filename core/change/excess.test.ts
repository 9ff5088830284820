// How many entities of each kind an environment may have: one case per kind, derived from the list of kinds.
import { describe, expect, it } from 'vitest'
import { fixed, flag } from '../../test/support/build/flags.ts'
import {
  emptyState,
  type EntityKind,
  entitySchemas,
  type EnvironmentState,
} from '../model/environment-state.ts'
import { entitiesMax } from '../model/limits.ts'
import { change } from './change.ts'
import { Command } from './command.ts'

const kinds = Object.keys(entitySchemas) as EntityKind[]
const rollout = { kind: 'rollout', shares: [{ variationId: 'a', weight: 100_000 }] }
const halves = { kind: 'rollout', shares: ['a', 'b'].map((variationId) => ({ variationId, weight: 50_000 })) }
const aFlag = flag({ key: 'f', defaultStrategy: { id: 'd', strategy: rollout as never } })
const aGoal = { key: 'g', name: '', event: 'g', version: 1, createdAt: 0, updatedAt: 0 }

const create: Record<Exclude<EntityKind, 'settings'>, object> = {
  flag: {
    kind: 'create-flag',
    flag: {
      key: 'new',
      type: 'boolean',
      variations: [{ id: 'a', value: 'true' }],
      defaultStrategy: { strategy: fixed('a') },
    },
  },
  segment: { kind: 'create-segment', segment: { key: 'new' } },
  goal: { kind: 'create-goal', goal: { key: 'new' } },
  experiment: {
    kind: 'create-experiment',
    experiment: { flagKey: 'f', goalKeys: ['g'], baselineVariationId: 'a' },
  },
  operation: {
    kind: 'create-operation',
    operation: {
      kind: 'event-rate',
      flagKey: 'f',
      variationId: 'a',
      goalKey: 'g',
      comparison: 'at-least',
      threshold: 0.5,
      minimumUsers: 10,
    },
  },
  trigger: { kind: 'create-trigger', trigger: { flagKey: 'f', action: 'turn-off', sha256: 'aa' } },
  schedule: { kind: 'create-schedule', schedule: { flagKey: 'f', changes: { enabled: false }, at: 5_000 } },
  progressiveRollout: {
    kind: 'create-progressive-rollout',
    progressiveRollout: {
      flagKey: 'g',
      variationId: 'b',
      steps: [{ weight: 1_000, holdMs: 1_000 }],
      startAt: 5_000,
    },
  },
  dynamicAllocation: {
    kind: 'create-dynamic-allocation',
    dynamicAllocation: { flagKey: 'h', goalKey: 'g' },
  },
  layer: { kind: 'create-layer', layer: {} },
  holdout: { kind: 'create-holdout', holdout: { slices: 100 } },
  tag: { kind: 'create-tag', tag: { key: 'new' } },
  webhook: { kind: 'create-webhook', webhook: { url: 'https://example.com/hook' } },
  sdkKey: { kind: 'create-sdk-key', key: { id: 'new', role: 'client', sha256: 'aa' } },
}

/** An environment with so many entities of a kind; what fills it is never looked at. */
function filled(kind: EntityKind, count: number): EnvironmentState {
  const state = {
    ...emptyState(),
    flag: new Map([
      ['f', aFlag],
      ['g', flag({ key: 'g' })],
      ['h', flag({ key: 'h', defaultStrategy: { id: 'h-d', strategy: halves as never } })],
    ]),
    goal: new Map([['g', aGoal]]),
  }
  const all = new Map<string, object>(state[kind])
  for (let i = 0; all.size < count; i++)
    all.set(`filler-${i}`, kind === 'flag' ? flag({ key: `filler-${i}` }) : {})
  return { ...state, [kind]: all }
}
const attempt = (state: EnvironmentState, command: object) =>
  change(state, Command.parse(command), { now: 1_000, newId: () => 'new-id', revision: 1 })

describe('the number of entities', () => {
  it('has a limit for every kind', () => {
    expect(Object.keys(entitiesMax).toSorted()).toEqual(kinds.toSorted())
  })

  it.each(Object.entries(create))('of kind %s is held to its limit', (kind, command) => {
    const max = entitiesMax[kind as EntityKind]
    const state = (count: number) => filled(kind as EntityKind, count)
    expect(attempt(state(max - 1), command).ok).toBe(true)
    const refused = attempt(state(max), command)
    expect(refused).toMatchObject({ ok: false, problem: { code: 'TOO_LARGE' } })
    expect(!refused.ok && refused.problem.message).toContain(`at most ${max} `)
  })

  it('counts what an import, a document and a flag’s tags make, and lets go what is beyond', () => {
    const tags = filled('tag', entitiesMax.tag)
    const tagged = {
      ...aFlag,
      key: 'tagged',
      tags: ['fresh'],
      defaultStrategy: { id: 'x', strategy: fixed('a') },
    }
    const imported = { kind: 'import', source: 'bucketeer', flags: [tagged], segments: [], sdkKeys: [] }
    expect(attempt(tags, imported)).toMatchObject({ ok: false, problem: { code: 'TOO_LARGE' } })
    expect(attempt(filled('tag', 10), imported).ok).toBe(true)
    const document = { goals: { fresh: {} } }
    const full = filled('goal', entitiesMax.goal)
    expect(attempt(full, { kind: 'apply', document })).toMatchObject({ ok: false })
    const beyond = filled('goal', entitiesMax.goal + 5)
    expect(attempt(beyond, { kind: 'delete-goal', id: 'filler-1' }).ok).toBe(true)
    expect(attempt(beyond, { kind: 'update-goal', id: 'g', changes: { name: 'n' } }).ok).toBe(true)
  })
})
