// Commands on one flag.
import type { CommandOf } from './command.ts'
import { type EnvironmentState, settingsIn } from '../model/environment-state.ts'
import { type Result, refuse } from '../model/problem.ts'
import { copyFlag } from './copy-flag.ts'
import { editFlag, updateFlag, withoutVersion } from './edit-flag.ts'
import { type Change, type ChangeContext, create, find, remove } from './entity.ts'
import type { Handlers } from './handler.ts'
import { withRuleIds } from './rule-ids.ts'
import { updateFlags } from './update-flags.ts'

export const flagHandlers: Handlers<
  | 'create-flag'
  | 'update-flag'
  | 'update-flags'
  | 'delete-flag'
  | 'reorder-rules'
  | 'clone-flag'
  | 'copy-flag'
> = {
  'create-flag': (state, { flag: draft }, context) => {
    const allocation = draft.allocation ?? settingsIn(state).defaultAllocation
    const { rules, defaultStrategy } = draft
    const identified = {
      rules: withRuleIds(rules, [], context.newId),
      defaultStrategy: { ...defaultStrategy, id: defaultStrategy.id ?? context.newId() },
    }
    const flag = { ...draft, ...identified, allocation, archived: false }
    return create(state, 'flag', draft.key, flag, context)
  },
  'update-flag': (state, command, context) => updateFlag(state, { ...command, id: command.key }, context),
  'update-flags': updateFlags,
  /** Only archived flags can be deleted, so that nobody deletes by mistake what users still get. */
  'delete-flag': (state, target) => {
    const found = find(state, 'flag', target)
    if (found.ok && !found.value.archived)
      return refuse('CONFLICT', 'archive the flag before you delete it', { current: found.value })
    return found.ok ? remove(state, 'flag', target) : found
  },
  'reorder-rules': reorderRules,
  'clone-flag': cloneFlag,
  'copy-flag': copyFlag,
}

function reorderRules(
  state: EnvironmentState,
  { key, version, ruleIds }: CommandOf<'reorder-rules'>,
  context: ChangeContext,
): Result<Change> {
  const target = { id: key, version, changes: { ruleIds } }
  const found = find(state, 'flag', target)
  if (!found.ok) return found
  const rules = new Map(found.value.rules.map((rule) => [rule.id, rule]))
  const isWhole = ruleIds.length === rules.size && new Set(ruleIds).size === rules.size
  if (!isWhole || !ruleIds.every((id) => rules.has(id))) {
    const fields = [{ path: 'ruleIds', message: `must be these, each once: ${[...rules.keys()].join(', ')}` }]
    return refuse('INVALID', 'the order must name every rule of the flag once', { fields })
  }
  return editFlag(state, target, context, (current) => ({
    ...current,
    rules: ruleIds.map((id) => rules.get(id)!),
  }))
}

/** Creates the same flag under another key. The clone is off and splits users anew. */
function cloneFlag(
  state: EnvironmentState,
  { key, version, as, name }: CommandOf<'clone-flag'>,
  context: ChangeContext,
): Result<Change> {
  const found = find(state, 'flag', { id: key, version })
  if (!found.ok) return found
  const { rules, defaultStrategy, slug: _, campaignId: __, ...rest } = withoutVersion(found.value)
  const clone = {
    ...rest,
    key: as,
    name: name ?? rest.name,
    enabled: false,
    archived: false,
    seed: rest.seed === '' ? '' : context.newId(),
    rules: rules.map((rule) => ({ ...rule, id: context.newId() })),
    defaultStrategy: { ...defaultStrategy, id: context.newId() },
  }
  return create(state, 'flag', as, clone, context)
}
