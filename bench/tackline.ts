// Converts a workload to Tackline's snapshot: for its two contenders, and for measuring load time and memory.
import { compile } from '../core/evaluation/compile.ts'
import type { EvaluationContext } from '../core/evaluation/context.ts'
import { evaluate, evaluateAll } from '../core/evaluation/evaluate.ts'
import type { Evaluation } from '../core/evaluation/evaluation.ts'
import type { Allocation, Flag, Strategy } from '../core/model/flag.ts'
import { buildSnapshot, type Snapshot } from '../core/model/snapshot.ts'
import type { Contender } from './contender.ts'
import { asParsed, type User } from './users.ts'
import {
  type Condition,
  disabled,
  type Outcome,
  variationsOf,
  type WorkFlag,
  type Workload,
} from './workloads.ts'

export const tackline = (allocation: Allocation): Contender => ({
  deviations: {},
  splitsBy: allocation === 'percent' ? 'percent' : 'own hash',
  prepare({ flags, evaluates }) {
    const compiled = compile(asParsed(toSnapshot(flags, allocation)))
    const key = flags[0]!.key
    return Promise.resolve({
      takeUsers(people) {
        const contexts = people.map(toContext)
        return evaluates === 'one'
          ? (index) => evaluate(compiled, key, contexts[index]!)
          : (index) => evaluateAll(compiled, contexts[index]!)
      },
      variationsOf: (answer) =>
        (evaluates === 'one' ? [answer as Evaluation] : (answer as Evaluation[])).map(
          ({ variation }) => variation?.id,
        ),
    })
  },
})

export const toContext = ({ id, country, age, appVersion }: User): EvaluationContext => ({
  targetingKey: id,
  attributes: { country, age, appVersion },
})

export const toSnapshot = (flags: Workload['flags'], allocation: Allocation): Snapshot =>
  buildSnapshot({
    environmentId: 'bench',
    revision: 1,
    modifiedAt: 1_700_000_000,
    flags: flags.map((flag) => toFlag(flag, allocation)),
    segments: [],
    sdkKeys: [],
  })

const toFlag = (flag: WorkFlag, allocation: Allocation): Flag => ({
  key: flag.key,
  name: `The flag ${flag.key}`,
  description: '',
  type: 'string',
  bundle: false,
  variations: variationsOf(flag).map((id) => ({ id, name: '', description: '', value: id })),
  enabled: flag.enabled,
  offVariationId: disabled,
  prerequisites: [],
  targets: [],
  rules: flag.rules.map(({ id, conditions, outcome }) => ({
    id,
    name: '',
    anyOf: [conditions.map(toClause)],
    strategy: toStrategy(outcome),
  })),
  defaultStrategy: { id: flag.fallthrough.id, strategy: toStrategy(flag.fallthrough.outcome) },
  allocation,
  seed: '',
  tags: [],
  maintainer: '',
  archived: false,
  version: 1,
  createdAt: 1_700_000_000_000,
  updatedAt: 1_700_000_000_000,
})

function toClause(condition: Condition): Flag['rules'][number]['anyOf'][number][number] {
  const { attribute } = condition
  switch (condition.kind) {
    case 'list':
      return { attribute, operator: 'in', values: [...condition.values] }
    case 'number':
      return { attribute, operator: 'greater-or-equal', values: [String(condition.atLeast)] }
    case 'version': {
      const operator = condition.order === 'at-least' ? 'greater-or-equal' : 'less'
      return { attribute, operator, values: [condition.version] }
    }
  }
}

/** Half of the weight total in core/model/limits.ts. */
const toStrategy = (outcome: Outcome): Strategy =>
  outcome.kind === 'fixed'
    ? { kind: 'fixed', variationId: outcome.variation }
    : { kind: 'rollout', shares: ['a', 'b'].map((variationId) => ({ variationId, weight: 50_000 })) }
