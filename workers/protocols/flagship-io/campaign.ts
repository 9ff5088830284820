// Maps a flag to AB Tasty's terms: a flag is a campaign, and each cause of a decision is a variation group.
import type { Cause, DecidedVariation } from '../../../core/evaluation/evaluation.ts'
import type { Flag, Variation } from '../../../core/model/flag.ts'
import { type FlagValue, parseValue } from '../../../core/model/value.ts'
import type { CompiledSnapshot } from '../../../core/evaluation/compile.ts'
import type { Modifications } from './wire.ts'

export const campaignId = ({ campaignId: id, key }: Flag): string => id ?? key

export function campaignType(flag: Flag): 'ab' | 'toggle' {
  const strategies = [...flag.rules.map(({ strategy }) => strategy), flag.defaultStrategy.strategy]
  return strategies.some(({ kind }) => kind === 'rollout') ? 'ab' : 'toggle'
}

/**
 * Rules and the default strategy have ids, which also salt the hash. Other groups are named after the flag.
 */
export function variationGroupId(flag: Flag, cause: Cause, variationId: string): string {
  switch (cause.kind) {
    case 'rule':
    case 'default':
      return cause.ruleId
    case 'target':
      return `${flag.key}:target:${variationId}`
    case 'off':
    case 'prerequisite':
    case 'slice':
    case 'error':
      return `${flag.key}:${cause.kind}`
  }
}

/** Separates a group's id from its only variation. */
const fixedMark = ':fixed:'

/**
 * The id, in the bucketing file, of a group that gives everybody the same variation. The browser SDK
 * remembers the variation it got from a group, and serves nothing if the group no longer has it. So a group
 * with another variation needs another id.
 */
export const fixedGroupId = (groupId: string, variationId: string): string =>
  groupId + fixedMark + variationId

/** The id of the rule that a file's group of one variation comes from. */
export function withoutFixedMark(groupId: string, variationId: string): string {
  const mark = fixedMark + variationId
  return groupId.endsWith(mark) ? groupId.slice(0, -mark.length) : groupId
}

export function variationGroupName(flag: Flag, cause: Cause): string {
  if (cause.kind === 'rule') return flag.rules.find(({ id }) => id === cause.ruleId)?.name ?? ''
  return cause.kind === 'default' ? (flag.defaultStrategy.name ?? '') : cause.kind
}

/**
 * The keys of a campaign: the flag's key, or each key of a bundle. `all` adds keys that only sibling
 * variations have, as null.
 */
export function modifications(
  flag: Flag,
  variation: DecidedVariation | Variation,
  keys: 'own' | 'all',
): Modifications {
  const type = (flag.content?.toUpperCase() ?? 'FLAG') as Modifications['type']
  const value = 'typed' in variation ? variation.typed : (parseValue(flag.type, variation) ?? variation.value)
  if (!flag.bundle) return { type, value: { [flag.key]: value } }
  const own = value as Record<string, FlagValue>
  if (keys === 'own') {
    const served = Object.entries(own).filter(([, each]) => each !== null)
    return { type, value: Object.fromEntries(served) }
  }
  const siblings = flag.variations.flatMap((sibling) => Object.keys(parseValue(flag.type, sibling) ?? {}))
  return { type, value: { ...Object.fromEntries(siblings.map((key) => [key, null])), ...own } }
}

const aliases = new WeakMap<CompiledSnapshot, ReadonlyMap<string, Flag>>()

/**
 * Finds a flag by key, by campaign id, by slug, or by the id of one of its variation groups.
 */
export function flagNamed(compiled: CompiledSnapshot, name: string): Flag | undefined {
  let byAlias = aliases.get(compiled)
  if (!byAlias) {
    const { flags } = compiled.snapshot
    const named = ({ slug, campaignId: id }: Flag) => [slug, id].filter((alias) => alias !== undefined)
    byAlias = new Map(flags.flatMap((flag) => named(flag).map((alias) => [alias, flag] as const)))
    aliases.set(compiled, byAlias)
  }
  return compiled.byKey.get(name)?.flag ?? byAlias.get(name) ?? ownerOf(compiled, name)?.flag
}

const owners = new WeakMap<CompiledSnapshot, ReadonlyMap<string, Flag>>()

export interface Owner {
  readonly flag: Flag
  /** The id of the rule or default strategy; otherwise the name of the group. */
  readonly ruleId: string
}

/** The flag that has the variation group. Takes the group's id from a decision or from the bucketing file. */
export function ownerOf(compiled: CompiledSnapshot, groupId: string): Owner | undefined {
  let byGroup = owners.get(compiled)
  if (!byGroup) {
    byGroup = new Map(
      compiled.snapshot.flags.flatMap((flag) =>
        [flag.defaultStrategy.id, ...flag.rules.map(({ id }) => id)].map((id) => [id, flag] as const),
      ),
    )
    owners.set(compiled, byGroup)
  }
  const known = byGroup.get(groupId)
  if (known) return { flag: known, ruleId: groupId }
  const end = groupId.lastIndexOf(fixedMark)
  const ruleId = end < 0 ? groupId : groupId.slice(0, end)
  const flag = byGroup.get(ruleId) ?? namedAfter(compiled, ruleId)
  return flag && { flag, ruleId }
}

/** What follows the flag's key in the id of a group that is named after the flag. */
const groupSuffix = /^:(?:target:.*|off|prerequisite|slice|error)$/s

/** The flag that a group is named after. A flag's key may have colons, too. */
function namedAfter({ byKey }: CompiledSnapshot, groupId: string): Flag | undefined {
  for (let at = groupId.lastIndexOf(':'); at > 0; at = groupId.lastIndexOf(':', at - 1)) {
    const flag = groupSuffix.test(groupId.slice(at)) ? byKey.get(groupId.slice(0, at))?.flag : undefined
    if (flag) return flag
  }
  return undefined
}
