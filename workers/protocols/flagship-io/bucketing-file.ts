// Builds the file that AB Tasty's SDKs evaluate themselves. It contains only flags that they evaluate as we
// do; omitted flags are listed with the reason. The JavaScript SDK sets the rules.
import type { Flag, Strategy } from '../../../core/model/flag.ts'
import { attributeSplitting } from '../../../core/model/bucket-by.ts'
import { hasGap, rangesOf } from '../../../core/model/rebalance.ts'
import { weightPerPercent, weightTotal } from '../../../core/model/limits.ts'
import { coversEverybody } from '../../../core/evaluation/slice.ts'
import type { Settings } from '../../../core/model/settings.ts'
import type { Snapshot } from '../../../core/model/snapshot.ts'
import { everybody, targetingGroups } from './bucketing-targeting.ts'
import {
  campaignId,
  campaignType,
  fixedGroupId,
  modifications,
  variationGroupId,
  variationGroupName,
} from './campaign.ts'
import type * as wire from './wire.ts'

export interface Omission {
  readonly flagKey: string
  readonly reason: string
}

type FileSource = Pick<Snapshot, 'flags' | 'settings'>

/** The account settings that an SDK reads. */
export const accountSettingsOf = ({ flags, settings }: FileSource): wire.AccountSettings => ({
  enabledXPC: flags.some(({ assignment }) => assignment !== undefined),
  enabled1V1T: flags.some(({ assignment }) => assignment === 'exclusive'),
  ...(settings?.troubleshooting && { troubleshooting: troubleshootingOf(settings.troubleshooting) }),
})

/** Included whatever the date is: SDKs check the dates, and the file must not change without a revision. */
const troubleshootingOf = ({ startAt, stopAt, percentage }: NonNullable<Settings['troubleshooting']>) => ({
  startDate: new Date(startAt).toISOString(),
  endDate: new Date(stopAt).toISOString(),
  timezone: 'UTC' as const,
  traffic: percentage,
})

export function bucketingFile(snapshot: FileSource): {
  file: wire.BucketingFile
  omitted: Omission[]
} {
  const campaigns: wire.BucketingFile['campaigns'][number][] = []
  const omitted: Omission[] = []
  for (const flag of snapshot.flags) {
    if (flag.archived) continue
    const groups = variationGroups(flag)
    if (typeof groups === 'string') omitted.push({ flagKey: flag.key, reason: groups })
    else if (groups.length > 0) {
      const { name, slug = null } = flag
      campaigns.push({
        id: campaignId(flag),
        name,
        slug,
        type: campaignType(flag),
        variationGroups: groups,
        bucketRanges: [{ r: [0, 100] }],
      })
    }
  }
  return {
    file: {
      panic: snapshot.settings?.panic ?? false,
      accountSettings: accountSettingsOf(snapshot),
      campaigns,
    },
    omitted,
  }
}

/**
 * The groups in order of evaluation, because the SDK takes the first that matches. A text is the reason to
 * omit the flag.
 */
function variationGroups(flag: Flag): wire.VariationGroup[] | string {
  if (flag.prerequisites.length > 0) return 'prerequisites are not known to bucketing SDKs'
  if (!flag.enabled)
    return flag.offVariationId === undefined
      ? []
      : [fixedGroup(flag, { kind: 'off' }, flag.offVariationId, [everybody])]
  const bucketBy = attributeSplitting(flag)
  if (bucketBy !== undefined) return `splits by ${bucketBy}: bucketing SDKs always split by visitor id`
  if (flag.assignment) return 'assignments are kept here: bucketing SDKs decide by the hash alone'
  if (flag.slices && !coversEverybody(flag.slices)) return 'slices are ignored by bucketing SDKs'
  const groups: wire.VariationGroup[] = flag.targets
    .filter(({ targetingKeys }) => targetingKeys.length > 0)
    .map(({ variationId, targetingKeys }) =>
      fixedGroup(flag, { kind: 'target' }, variationId, [
        [{ operator: 'EQUALS', key: 'fs_users', value: targetingKeys }],
      ]),
    )
  const defaultRule = {
    id: flag.defaultStrategy.id,
    kind: 'default' as const,
    strategy: flag.defaultStrategy.strategy,
    anyOf: undefined,
  }
  for (const { id, strategy, anyOf, kind } of [
    ...flag.rules.map((rule) => ({ ...rule, kind: 'rule' as const })),
    defaultRule,
  ]) {
    const targeting = anyOf ? targetingGroups(anyOf) : [everybody]
    if (typeof targeting === 'string') return targeting
    const shares = sharesOf(flag, strategy)
    if (typeof shares === 'string') return shares
    groups.push(group(flag, { kind, ruleId: id }, targeting, shares))
  }
  return groups
}

type Share = { readonly variationId: string; readonly allocation: number }
type GroupCause = Parameters<typeof variationGroupId>[1]

function fixedGroup(
  flag: Flag,
  cause: GroupCause,
  variationId: string,
  targeting: readonly (readonly wire.Targeting[])[],
) {
  return group(flag, cause, targeting, [{ variationId, allocation: 100 }])
}

function group(
  flag: Flag,
  cause: GroupCause,
  targeting: readonly (readonly wire.Targeting[])[],
  shares: readonly Share[],
): wire.VariationGroup {
  return {
    id: groupId(flag, cause, shares),
    name: variationGroupName(flag, cause),
    targeting: { targetingGroups: targeting.map((targetings) => ({ targetings })) },
    variations: shares.flatMap(({ variationId, allocation }) => {
      const variation = flag.variations.find(({ id }) => id === variationId)
      if (!variation) return []
      return {
        id: variationId,
        name: variation.name,
        allocation,
        reference: variation.baseline ?? false,
        modifications: modifications(flag, variation, 'all'),
      }
    }),
  }
}

function groupId(flag: Flag, cause: GroupCause, [first, second]: readonly Share[]): string {
  const id = variationGroupId(flag, cause, first!.variationId)
  const isFixed = second === undefined && first!.allocation === 100 && cause.kind !== 'target'
  return isFixed ? fixedGroupId(id, first!.variationId) : id
}

function sharesOf(flag: Flag, strategy: Strategy): Share[] | string {
  if (strategy.kind === 'fixed') return [{ variationId: strategy.variationId, allocation: 100 }]
  const only = strategy.shares.find(({ weight }) => weight === weightTotal)
  const { audience } = strategy
  if (audience && audience.percentage > 0 && audience.percentage < 100)
    return 'an audience is not known to bucketing SDKs'
  if (only) return [{ variationId: only.variationId, allocation: 100 }] // nothing is hashed
  if (flag.allocation !== 'percent') return 'fine allocation hashes otherwise than bucketing SDKs do'
  if (hasGap(strategy)) return 'bucketing SDKs know untracked visitors only behind all variations'
  const shares = rangesOf(strategy).map(({ variationId, weight }) => ({
    variationId: variationId!,
    allocation: weight / weightPerPercent,
  }))
  return withOtherVariations(flag, shares)
}

/**
 * Adds variations without a share: an SDK that remembers one keeps serving it if it is in the group, and
 * nothing otherwise.
 */
function withOtherVariations({ variations }: Flag, shares: readonly Share[]): Share[] {
  const others = variations.filter(({ id }) => !shares.some(({ variationId }) => variationId === id))
  return [...shares, ...others.map(({ id }) => ({ variationId: id, allocation: 0 }))]
}
