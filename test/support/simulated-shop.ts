// Test data: a shop with one experiment, one goal and one kill switch, and the events of its visitors.
import type { EventRecord } from '../../analytics/records.ts'
import type { Experiment } from '../../core/model/experiment.ts'
import { Flag } from '../../core/model/flag.ts'
import type { Goal } from '../../core/model/goal.ts'
import type { Operation } from '../../core/model/operation.ts'

export const startAt = Date.UTC(2026, 10, 1)
export const hourMs = 3_600_000

export const checkout: Flag = Flag.parse({
  key: 'checkout',
  type: 'boolean',
  variations: [
    { id: 'control', value: 'false' },
    { id: 'green', value: 'true' },
  ],
  enabled: true,
  defaultStrategy: {
    id: 'split',
    strategy: {
      kind: 'rollout',
      shares: [
        { variationId: 'control', weight: 50_000 },
        { variationId: 'green', weight: 50_000 },
      ],
    },
  },
  version: 1,
  createdAt: startAt,
  updatedAt: startAt,
})

const kept = { version: 1, createdAt: startAt, updatedAt: startAt }

export const purchase: Goal = { key: 'purchase', name: '', event: 'bought', ...kept }

export const experiment = (changes: Partial<Experiment> = {}): Experiment => ({
  id: 'button',
  name: '',
  flagKey: 'checkout',
  ruleId: 'split',
  goalKeys: ['purchase'],
  baselineVariationId: 'control',
  startAt,
  stopAt: startAt + 480 * hourMs,
  status: 'running',
  ...kept,
  ...changes,
})

export const killSwitch = (changes: Partial<Operation> = {}): Operation => ({
  id: 'guard',
  kind: 'event-rate',
  flagKey: 'checkout',
  variationId: 'green',
  goalKey: 'purchase',
  comparison: 'at-least',
  threshold: 0.5,
  minimumUsers: 100,
  status: 'active',
  countingFrom: startAt,
  ...kept,
  ...changes,
})

/** Exposures of users to a variation. The first `conversions` users buy a minute later. */
export function visitRecords(variationId: string, users: number, conversions: number): EventRecord[] {
  return Array.from({ length: users }, (_, i) => {
    const at = startAt + i * 1000
    const common = {
      v: 1 as const,
      environmentId: 'demo',
      protocol: 'bucketeer' as const,
      sdk: '',
      targetingKey: `${variationId}-${i}`,
      attributes: {},
    }
    const exposure: EventRecord = {
      ...common,
      kind: 'exposure',
      id: `${variationId}-${i}-saw`,
      at,
      receivedAt: at,
      flagKey: 'checkout',
      flagVersion: 1,
      variationId,
      ruleId: 'split',
    }
    const goalEvent: EventRecord = {
      ...common,
      kind: 'tracking',
      id: `${variationId}-${i}-bought`,
      at: at + 60_000,
      receivedAt: at + 60_000,
      event: 'bought',
      value: 10,
    }
    return i < conversions ? [exposure, goalEvent] : [exposure]
  }).flat()
}
