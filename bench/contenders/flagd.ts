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
  prepare({ flags, asks }) {
    const core = new FlagdCore(undefined, silent)
    core.setConfigurations(toFlags(flags))
    const key = flags[0]!.key
    return Promise.resolve({
      meet(people) {
        const contexts = people.map(toContext)
        return asks === 'one'
          ? (place) => core.resolveStringEvaluation(key, disabled, contexts[place]!)
          : (place) => core.resolveAll(contexts[place]!)
      },
      variationsOf(answer) {
        if (asks === 'one') return [(answer as { value: string }).value]
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

/** What flagd reads. */
export const toFlags = (flags: readonly WorkFlag[]): string =>
  JSON.stringify({ flags: Object.fromEntries(flags.map((flag) => [flag.key, toFlag(flag)])) })

const toFlag = (flag: WorkFlag) => ({
  state: flag.enabled ? 'ENABLED' : 'DISABLED',
  variants: Object.fromEntries(variationsOf(flag).map((name) => [name, name])),
  defaultVariant: disabled,
  targeting: targetingOf(flag),
})

/** if, then, if, then, ..., else. */
function targetingOf({ rules, otherwise }: WorkFlag): unknown {
  const last = logicOf(otherwise.outcome)
  if (rules.length === 0) return last
  const branches = rules.flatMap(({ conditions, outcome }) => [
    { and: conditions.map(toLogic) },
    logicOf(outcome),
  ])
  return { if: [...branches, last] }
}

/** Its own seed is the flag's key. */
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
