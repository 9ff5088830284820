// @launchdarkly/node-server-sdk: the client as published, fed by its own test data source, with events and
// network off.
import { init, type LDContext, type LDFlagsState } from '@launchdarkly/node-server-sdk'
import { TestData } from '@launchdarkly/node-server-sdk/integrations'
import type { Contender } from '../contender.ts'
import type { User } from '../users.ts'
import { type Condition, disabled, type Outcome, variationsOf, type WorkFlag } from '../workloads.ts'

const asSegment = 'a long list is a segment, of which it makes a set; a list in a clause it would search'

export const contender: Contender = {
  deviations: { W5: asSegment, 'W5 new': asSegment },
  splitsBy: 'own hash',
  async prepare({ flags, evaluates }) {
    const data = new TestData()
    for (const flag of flags) {
      for (const segment of segmentsOf(flag)) await data.usePreconfiguredSegment(segment)
      await data.usePreconfiguredFlag(toFlag(flag))
    }
    const client = init('sdk-key', {
      updateProcessor: data.getFactory(),
      sendEvents: false,
      diagnosticOptOut: true,
      logger: { error: quiet, warn: quiet, info: quiet, debug: quiet },
    })
    await client.waitForInitialization({ timeout: 10 })
    const key = flags[0]!.key
    return {
      takeUsers(people) {
        const contexts = people.map(toContext)
        return evaluates === 'one'
          ? (index) => client.variation(key, contexts[index]!, undefined)
          : (index) => client.allFlagsState(contexts[index]!)
      },
      variationsOf: (answer) =>
        evaluates === 'one'
          ? [answer as string]
          : flags.map((flag) => (answer as LDFlagsState).getFlagValue(flag.key) as string),
      close: () => client.close(),
    }
  },
}

const quiet = () => {}

const toContext = ({ id, country, age, appVersion }: User): LDContext => ({
  kind: 'user',
  key: id,
  country,
  age,
  appVersion,
})

function toFlag(flag: WorkFlag) {
  const variations = variationsOf(flag)
  const outcomeOf = (outcome: Outcome, seed: number) =>
    outcome.kind === 'fixed'
      ? { variation: variations.indexOf(outcome.variation) }
      : {
          rollout: {
            contextKind: 'user',
            seed,
            variations: ['a', 'b'].map((name) => ({ variation: variations.indexOf(name), weight: 50_000 })),
          },
        }
  return {
    key: flag.key,
    version: 1,
    on: flag.enabled,
    salt: flag.fallthrough.id,
    variations,
    offVariation: variations.indexOf(disabled),
    rules: flag.rules.map(({ id, conditions, outcome }, i) => ({
      id,
      clauses: conditions.map((condition) => toClause(condition, flag.key)),
      ...outcomeOf(outcome, seedOf(id) + i),
    })),
    fallthrough: outcomeOf(flag.fallthrough.outcome, seedOf(flag.fallthrough.id)),
  }
}

const seedOf = (id: string) => Number.parseInt(id.slice(0, 6), 16)

const segmentKey = (flagKey: string) => `listed-for-${flagKey}`
const isLong = (condition: Condition) => condition.kind === 'list' && condition.attribute === 'id'

const segmentsOf = ({ key, rules }: WorkFlag) =>
  rules
    .flatMap(({ conditions }) => conditions)
    .flatMap((condition) =>
      condition.kind === 'list' && isLong(condition)
        ? [{ key: segmentKey(key), version: 1, included: [...condition.values], salt: key }]
        : [],
    )

function toClause(condition: Condition, flagKey: string) {
  if (isLong(condition)) return { attribute: '', op: 'segmentMatch', values: [segmentKey(flagKey)] }
  const clause = { contextKind: 'user', attribute: condition.attribute, negate: false }
  switch (condition.kind) {
    case 'list':
      return { ...clause, op: 'in', values: condition.values }
    case 'number':
      return { ...clause, op: 'greaterThanOrEqual', values: [condition.atLeast] }
    case 'version': // at least is not below
      return {
        ...clause,
        op: 'semVerLessThan',
        values: [condition.version],
        negate: condition.order === 'at-least',
      }
  }
}
