// @openfeature/flagd-core: the evaluator of flagd's in-process provider, as published: targeting compiled to
// functions.
import { FlagdCore } from '@openfeature/flagd-core'
import type { Contender } from '../contender.ts'
import type { User } from '../users.ts'
import { type Condition, disabled, type Outcome, variationsOf, type WorkFlag } from '../workloads.ts'

const leavesOut = 'answers nothing for flags that are off'

export const contender: Contender = {
  deviations: { W3: leavesOut, W4: leavesOut },
  splitsBy: 'own hash',
  prepare({ flags, evaluates }) {
    const core = new FlagdCore(undefined, silent)
    core.setConfigurations(toFlags(flags))
    const key = flags[0]!.key
    return Promise.resolve({
      takeUsers(people) {
        const contexts = people.map(toContext)
        return evaluates === 'one'
          ? (index) => core.resolveStringEvaluation(key, disabled, contexts[index]!)
          : (index) => core.resolveAll(contexts[index]!)
      },
      variationsOf(answer) {
        if (evaluates === 'one') return [(answer as { value: string }).value]
        const answers = answer as { flagKey: string; value: string }[]
        const byKey = new Map(answers.map(({ flagKey, value }) => [flagKey, value]))
        return flags.map((flag) => byKey.get(flag.key) ?? disabled)
      },
    })
  },
}

const quiet = () => {}
const silent = { error: quiet, warn: quiet, info: quiet, debug: quiet }

const toContext = ({ id, country, age, appVersion }: User) => ({ targetingKey: id, country, age, appVersion })

/** flagd's flag format. */
export const toFlags = (flags: readonly WorkFlag[]): string =>
  JSON.stringify({ flags: Object.fromEntries(flags.map((flag) => [flag.key, toFlag(flag)])) })

const toFlag = (flag: WorkFlag) => ({
  state: flag.enabled ? 'ENABLED' : 'DISABLED',
  variants: Object.fromEntries(variationsOf(flag).map((name) => [name, name])),
  defaultVariant: disabled,
  targeting: targetingOf(flag),
})

/** if, then, if, then, ..., else. */
function targetingOf({ rules, fallthrough }: WorkFlag): unknown {
  const last = logicOf(fallthrough.outcome)
  if (rules.length === 0) return last
  const branches = rules.flatMap(({ conditions, outcome }) => [
    { and: conditions.map(toLogic) },
    logicOf(outcome),
  ])
  return { if: [...branches, last] }
}

/** flagd uses the flag's key as the seed. */
const logicOf = (outcome: Outcome) =>
  outcome.kind === 'fixed'
    ? outcome.variation
    : {
        fractional: [
          ['a', 50],
          ['b', 50],
        ],
      }

function toLogic(condition: Condition) {
  const attribute = { var: condition.attribute === 'id' ? 'targetingKey' : condition.attribute }
  switch (condition.kind) {
    case 'list':
      return { in: [attribute, condition.values] }
    case 'number':
      return { '>=': [attribute, condition.atLeast] }
    case 'version':
      return { sem_ver: [attribute, condition.order === 'at-least' ? '>=' : '<', condition.version] }
  }
}
