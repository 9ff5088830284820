// unleash-client: its server SDK as published, started from a bootstrap, with metrics and network off.
import { once } from 'node:events'
import { type Context, InMemStorageProvider, Unleash } from 'unleash-client'
import type { Contender } from '../contender.ts'
import { type Condition, disabled, type Outcome, type WorkFlag } from '../workloads.ts'

export const contender: Contender = {
  deviations: {},
  splitsBy: 'own hash',
  async prepare({ flags, evaluates }) {
    const unleash = new Unleash({
      appName: 'bench',
      url: 'http://127.0.0.1:9/',
      refreshInterval: 0,
      disableMetrics: true,
      disableAutoStart: true,
      skipInstanceCountWarning: true,
      storageProvider: new InMemStorageProvider(),
      bootstrap: { data: flags.map(toFeature) as never },
    })
    unleash.on('error', () => {}) // it requests once, and gets no answer
    const ready = once(unleash, 'ready')
    await unleash.start()
    await ready
    const keys = flags.map(({ key }) => key)
    const key = keys[0]!
    return {
      takeUsers(people) {
        const contexts = people.map(({ id, country, age, appVersion }): Context => ({
          userId: id,
          properties: { country, age, appVersion },
        }))
        return evaluates === 'one'
          ? (index) => unleash.getVariant(key, contexts[index]!)
          : (index) => keys.map((each) => unleash.getVariant(each, contexts[index]!))
      },
      variationsOf: (answer) => (evaluates === 'one' ? [answer] : (answer as unknown[])).map(nameOf),
      close: () => unleash.destroy(),
    }
  },
}

function nameOf(variant: unknown): string {
  const { name, feature_enabled: isOn } = variant as { name: string; feature_enabled: boolean }
  return isOn ? name : disabled
}

/** One strategy per rule, each with its variants. The first one that matches decides. */
function toFeature({ key, enabled, rules, fallthrough }: WorkFlag) {
  return {
    name: key,
    enabled,
    strategies: [
      ...rules.map(({ id, conditions, outcome }) => strategy(id, conditions.map(toConstraint), outcome)),
      strategy(fallthrough.id, [], fallthrough.outcome),
    ],
  }
}

const strategy = (groupId: string, constraints: unknown[], outcome: Outcome) => ({
  name: 'default',
  parameters: { groupId },
  constraints,
  variants: (outcome.kind === 'fixed' ? [outcome.variation] : ['a', 'b']).map((name, _, all) => ({
    name,
    weight: 1_000 / all.length,
    stickiness: 'userId',
    payload: { type: 'string', value: name },
  })),
})

function toConstraint(condition: Condition) {
  const contextName = condition.attribute === 'id' ? 'userId' : condition.attribute
  const constraint = { contextName, inverted: false, values: [] }
  switch (condition.kind) {
    case 'list':
      return { ...constraint, operator: 'IN', values: condition.values }
    case 'number':
      return { ...constraint, operator: 'NUM_GTE', value: String(condition.atLeast) }
    case 'version': {
      const operator = condition.order === 'at-least' ? 'SEMVER_GTE' : 'SEMVER_LT'
      return { ...constraint, operator, value: condition.version }
    }
  }
}
