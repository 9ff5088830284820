// Commands on layers. Slices are allotted and released while no experiment runs on the rule
// (hold-back-guard.ts); whoever is in stays in when an allotment grows.
import type { EnvironmentState } from '../model/environment-state.ts'
import { baselineOf } from '../model/experiment.ts'
import { type Allotment, freeRanges, resized, slicesOf } from '../model/layer.ts'
import { slicesTotal } from '../model/limits.ts'
import { type FieldRule, type Result, refuse } from '../model/problem.ts'
import type { CommandOf } from './command.ts'
import { type Change, type ChangeContext, create, draftId, edit, find, remove, update } from './entity.ts'
import type { Handlers } from './handler.ts'
import { allotmentObstacle } from './hold-back-problems.ts'

export const layerHandlers: Handlers<
  'create-layer' | 'update-layer' | 'allot-slices' | 'release-slices' | 'delete-layer'
> = {
  'create-layer': (state, { layer: draft }, context) => {
    const id = draftId(draft, context)
    return create(state, 'layer', id, { ...draft, id, salt: draft.salt ?? context.newId() }, context)
  },
  'update-layer': (state, command, context) => edit(state, 'layer', command, context),
  'allot-slices': allot,
  'release-slices': (state, command, context) => {
    const found = find(state, 'layer', { id: command.id, version: command.version })
    if (!found.ok) return found
    const ruleId = command.ruleId ?? state.flag.get(command.flagKey)?.defaultStrategy.id
    const isOther = (each: Allotment) => each.flagKey !== command.flagKey || each.ruleId !== ruleId
    return update(state, 'layer', command, context, (layer) => ({
      ...layer,
      allotments: layer.allotments.filter(isOther),
    }))
  },
  'delete-layer': (state, command) => {
    const found = find(state, 'layer', command)
    const members = found.ok ? found.value.allotments.map(({ flagKey }) => flagKey) : []
    if (members.length > 0)
      return refuse('IN_USE', `the layer has slices allotted to ${members.join(', ')}: release them first`, {
        dependents: members.map((id) => ({ kind: 'flag', id })),
      })
    return remove(state, 'layer', command)
  },
}

function allot(
  state: EnvironmentState,
  command: CommandOf<'allot-slices'>,
  context: ChangeContext,
): Result<Change> {
  const { id, version, flagKey, slices, outsideVariationId } = command
  const found = find(state, 'layer', { id, version })
  if (!found.ok) return found
  const { value: layer } = found
  const flag = state.flag.get(flagKey)
  if (!flag) return invalid('flagKey', 'unknown-flag', `names no flag: there is no ${flagKey}`)
  const ruleId = command.ruleId ?? flag.defaultStrategy.id
  const obstacle = allotmentObstacle(state, id, { flagKey, ruleId })
  if (obstacle?.code === 'CONFLICT') return refuse('CONFLICT', obstacle.message, { current: layer })
  if (obstacle) return invalid(obstacle.path, obstacle.rule, obstacle.message)
  const current = layer.allotments.find((each) => each.flagKey === flagKey && each.ruleId === ruleId)
  const free = freeRanges(layer)
  const ranges = resized(current?.ranges ?? [], free, slices)
  if (!ranges) {
    const room = slicesOf([...(current?.ranges ?? []), ...free])
    const message = `the layer has no room for ${slices} of ${slicesTotal} slices: at most ${room} can be allotted`
    return refuse('CONFLICT', message, {
      current: layer,
      fields: [{ path: 'slices', message: `has no room: at most ${room} of ${slicesTotal} can be allotted` }],
    })
  }
  const kept = current ? (current.outsideVariationId ?? null) : baselineOf(flag, ruleId)
  const outside = outsideVariationId === undefined ? kept : outsideVariationId
  if (outside === undefined)
    return invalid(
      'outsideVariationId',
      'unknown-variation',
      'is needed: no single variation of the rollout is marked as baseline. `null` is no variation',
    )
  const allotment: Allotment = {
    flagKey,
    ruleId,
    ranges,
    ...(outside !== null && { outsideVariationId: outside }),
  }
  return update(state, 'layer', { id, version }, context, ({ allotments, ...rest }) => ({
    ...rest,
    allotments: current
      ? allotments.map((each) => (each === current ? allotment : each))
      : [...allotments, allotment],
  }))
}

const invalid = (path: string, rule: FieldRule | undefined, message: string) =>
  refuse('INVALID', `${path} ${message}`, { fields: [{ path, ...(rule && { rule }), message }] })
