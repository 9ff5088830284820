// An environment with three flags of two halves, for tests of layers and holdouts.
import { toSnapshot } from '../../core/model/environment-state.ts'
import { flag, rollout } from './build/flags.ts'
import { SimulatedEnvironment } from './simulated-environment.ts'

export const start = Date.UTC(2026, 5, 1)
export const dayMs = 86_400_000
export const split = (key: string) =>
  flag({
    key,
    defaultStrategy: { id: `${key}-d`, strategy: rollout({ a: 50_000, b: 50_000 }) },
    variations: ['a', 'b', 'c'].map((id) => ({
      id,
      name: id,
      description: '',
      value: id,
      ...(id === 'a' && { baseline: true as const }),
    })),
  })

export function world() {
  const here = new SimulatedEnvironment(start, ['x', 'y', 'z'].map(split))
  here.make({ kind: 'create-goal', goal: { key: 'buy', event: 'buy' } })
  return here
}
export const experimentOn = (flagKey: string, more: object = {}) => ({
  kind: 'create-experiment',
  experiment: { id: `${flagKey}-test`, flagKey, goalKeys: ['buy'], ...more },
})
export const allot = (flagKey: string, slices: number, more: object = {}) => ({
  kind: 'allot-slices',
  id: 'l',
  flagKey,
  slices,
  ...more,
})
export const allotments = ({ state }: SimulatedEnvironment) => state.layer.get('l')!.allotments
export const held = ({ state }: SimulatedEnvironment) =>
  state.holdout.get('h')!.held.map(({ flagKey, ruleId, variationId }) => [flagKey, ruleId, variationId])
export const codeOf = (here: SimulatedEnvironment, command: object, choice?: 'stop' | 'new-phase') => {
  const made = here.run(command, choice)
  return made.ok ? 'ok' : made.problem.code
}
export const publishedRules = ({ state }: SimulatedEnvironment, key: string) =>
  toSnapshot({ state, environmentId: 'e', revision: 1, modifiedAt: 0 })
    .flags.find((each) => each.key === key)!
    .rules.map(({ id }) => id)
