// @growthbook/growthbook: its server client as published, with all sending turned off.
import {
  type FeatureDefinition,
  type FeatureRule,
  GrowthBookClient,
  type UserContext,
} from '@growthbook/growthbook'
import type { Contender } from '../contender.ts'
import { type Condition, disabled, type Outcome, type WorkFlag, type WorkRule } from '../workloads.ts'

const noSwitch = 'has no off state: flags that are off have no rules and their default'

export const contender: Contender = {
  deviations: { W3: noSwitch, W4: noSwitch },
  splitsBy: 'own hash',
  prepare({ flags, evaluates }) {
    const client = new GrowthBookClient().initSync({
      payload: { features: Object.fromEntries(flags.map((flag) => [flag.key, toFeature(flag)])) },
    })
    const keys = flags.map(({ key }) => key)
    const key = keys[0]!
    return Promise.resolve({
      takeUsers(people) {
        const contexts = people.map((user): UserContext => ({ attributes: { ...user } }))
        return evaluates === 'one'
          ? (index) => client.evalFeature(key, contexts[index]!)
          : (index) => keys.map((each) => client.evalFeature(each, contexts[index]!))
      },
      variationsOf: (answer) => (evaluates === 'one' ? [answer] : (answer as unknown[])).map(valueOf),
      close: () => client.destroy(),
    })
  },
}

const valueOf = (result: unknown) => (result as { value: string }).value

function toFeature({ enabled, rules, fallthrough }: WorkFlag): FeatureDefinition<string> {
  if (!enabled) return { defaultValue: disabled }
  if (fallthrough.outcome.kind === 'fixed') {
    return { defaultValue: fallthrough.outcome.variation, rules: rules.map(toRule) }
  }
  return {
    defaultValue: disabled,
    rules: [...rules.map(toRule), outcomeOf(fallthrough.id, fallthrough.outcome)],
  }
}

const toRule = ({ id, conditions, outcome }: WorkRule): FeatureRule<string> => ({
  ...outcomeOf(id, outcome),
  condition: Object.fromEntries(conditions.map((condition) => [condition.attribute, operand(condition)])),
})

function outcomeOf(id: string, outcome: Outcome): FeatureRule<string> {
  if (outcome.kind === 'fixed') return { force: outcome.variation }
  return {
    variations: ['a', 'b'],
    weights: [0.5, 0.5],
    coverage: 1,
    hashAttribute: 'id',
    hashVersion: 2,
    seed: id,
  }
}

function operand(condition: Condition) {
  switch (condition.kind) {
    case 'list':
      return { $in: condition.values }
    case 'number':
      return { $gte: condition.atLeast }
    case 'version':
      return condition.order === 'at-least' ? { $vgte: condition.version } : { $vlt: condition.version }
  }
}
