// Builders of entities with defaults for tests: what a test does not mention does not matter to it.
import type { Clause } from '../../../core/model/clause.ts'
import { type CompiledSnapshot, compile, prepareAll } from '../../../core/evaluation/compile.ts'
import type { EvaluationContext } from '../../../core/evaluation/context.ts'
import type { Flag, Rule, Strategy } from '../../../core/model/flag.ts'
import type { Segment } from '../../../core/model/segment.ts'
import { buildSnapshot } from '../../../core/model/snapshot.ts'

export const fixed = (variationId: string): Strategy => ({ kind: 'fixed', variationId })

export const rollout = (
  shares: Readonly<Record<string, number>>,
  audience?: { percentage: number; defaultVariationId: string },
): Strategy => ({
  kind: 'rollout',
  shares: Object.entries(shares).map(([variationId, weight]) => ({ variationId, weight })),
  ...(audience && { audience }),
})

/** An enabled string flag with the variations a, b and c that gives `a` to all users. */
export function flag(changes: Partial<Flag> = {}): Flag {
  const key = changes.key ?? 'flag'
  return {
    key,
    name: '',
    description: '',
    type: 'string',
    bundle: false,
    variations: ['a', 'b', 'c'].map((id) => ({ id, name: id, description: '', value: `value ${id}` })),
    enabled: true,
    offVariationId: 'c',
    prerequisites: [],
    targets: [],
    rules: [],
    defaultStrategy: { id: `${key}-default`, strategy: fixed('a') },
    allocation: 'percent',
    seed: '',
    tags: [],
    maintainer: '',
    archived: false,
    version: 1,
    createdAt: 0,
    updatedAt: 0,
    ...changes,
  }
}

export const clause = (attribute: string, operator: Clause['operator'], ...values: string[]): Clause => ({
  attribute,
  operator,
  values,
})

/** A rule with one group of clauses, whose strategy is `b` by default. */
export const rule = (clauses: readonly Clause[], changes: Partial<Rule> = {}): Rule => ({
  id: 'rule',
  name: '',
  anyOf: [[...clauses]],
  strategy: fixed('b'),
  ...changes,
})

export const segment = (changes: Partial<Segment> = {}): Segment => ({
  key: 'segment',
  name: '',
  description: '',
  included: [],
  anyOf: [],
  version: 1,
  createdAt: 0,
  updatedAt: 0,
  ...changes,
})

export const snapshotOf = (flags: readonly Flag[], segments: readonly Segment[] = []) =>
  buildSnapshot({
    environmentId: 'test',
    revision: 1,
    modifiedAt: 1_700_000_000,
    flags,
    segments,
    sdkKeys: [],
  })

export const compiled = (flags: readonly Flag[], segments: readonly Segment[] = []): CompiledSnapshot =>
  compile(snapshotOf(flags, segments))

/** A compiled snapshot with all flags prepared. */
export function prepared(flags: readonly Flag[]): CompiledSnapshot {
  const snapshot = compiled(flags)
  prepareAll(snapshot)
  return snapshot
}

export const someone = (
  targetingKey: string | undefined,
  attributes: Record<string, unknown> = {},
): EvaluationContext => ({
  targetingKey,
  attributes,
})
