// Builds the file that AB Tasty's SDKs evaluate themselves. It contains only flags that they evaluate as we
// do; omitted flags are listed with the reason. The JavaScript SDK sets the rules: it compares strictly and
// case-sensitively, and crashes on text operators if the attribute is missing.
import { idAttribute, targetingKeyAttribute } from '../../../core/model/vocabulary.ts'
import type { Clause } from '../../../core/model/clause.ts'
import type { Flag, Strategy } from '../../../core/model/flag.ts'
import { attributeSplitting } from '../../../core/model/bucket-by.ts'
import { hasGap, rangesOf } from '../../../core/model/rebalance.ts'
import { weightPerPercent, weightTotal } from '../../../core/model/limits.ts'
import type { Operator } from '../../../core/model/vocabulary.ts'
import { parseDecimal } from '../../../core/text/go-strconv.ts'
import { parseVersion } from '../../../core/text/semver.ts'
import { coversEverybody } from '../../../core/evaluation/slice.ts'
import type { Settings } from '../../../core/model/settings.ts'
import type { Snapshot } from '../../../core/model/snapshot.ts'
import { trustedNamespace } from '../../sdk/enrich.ts'
import {
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
      const { key: id, name, slug = null } = flag
      campaigns.push({
        id,
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

const everybody: readonly wire.Targeting[] = [{ operator: 'EQUALS', key: 'fs_all_users', value: '' }]

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

/** A group with more is left out: each `not-contains` and each `id` doubles it. */
const alternativesMax = 64

/** The SDK knows OR only between groups: a clause that needs it becomes several. */
function targetingGroups(anyOf: readonly (readonly Clause[])[]): wire.Targeting[][] | string {
  const groups: wire.Targeting[][] = []
  for (const clauses of anyOf) {
    let alternatives: wire.Targeting[][] = [[]]
    for (const clause of clauses) {
      const translated = toAlternatives(clause)
      if (typeof translated === 'string') return translated
      alternatives = alternatives.flatMap((before) => translated.map((after) => [...before, ...after]))
      if (alternatives.length > alternativesMax)
        return `becomes more than ${alternativesMax} groups for bucketing SDKs`
    }
    groups.push(...alternatives)
  }
  return groups
}

/** Groups of targetings, one of which has to hold for a clause, or the reason to omit the flag. */
function toAlternatives(clause: Clause): wire.Targeting[][] | string {
  const { attribute, ignoreCase } = clause
  if (ignoreCase) return 'bucketing SDKs always regard case'
  if (attribute.startsWith(trustedNamespace)) return `the attribute ${attribute} is known at the edge only`
  if (attribute.startsWith('fs_')) return `the attribute ${attribute} means something else to bucketing SDKs`
  if (attribute === targetingKeyAttribute) return toTargetings(clause, visitor)
  const own = toTargetings(clause, attribute)
  const ofVisitor = attribute === idAttribute ? toTargetings(clause, visitor) : []
  if (typeof own === 'string' || ofVisitor.length === 0) return own
  if (typeof ofVisitor === 'string') return ofVisitor
  // Without an attribute `id` it is the visitor's.
  return [
    ...own.map((each) => [...present(attribute), ...each]),
    ...ofVisitor.map((each) => [...absent(attribute), ...each]),
  ]
}

const visitor = 'fs_users'
const present = (key: string): wire.Targeting[] => [{ operator: 'EXISTS', key, value: true }]
const absent = (key: string): wire.Targeting[] => [{ operator: 'NOT_EXISTS', key, value: true }]

function toTargetings(clause: Clause, key: string): wire.Targeting[][] | string {
  const { values, negated = false } = clause
  const operator = negated ? (opposites[clause.operator] ?? 'none') : clause.operator
  switch (operator) {
    case 'none':
      return `a negated ${clause.operator} is not known to bucketing SDKs`
    case 'exists':
      return [present(key)]
    case 'not-exists':
      return [absent(key)]
    case 'equals':
    case 'in':
    case 'not-equals':
      if (values.some((value) => parseVersion(value)))
        return 'versions are compared as text by bucketing SDKs'
      if (values.includes('')) return emptyValue
      return [
        [
          {
            operator: operator === 'not-equals' ? 'NOT_EQUALS' : 'EQUALS',
            key,
            value: values.flatMap(typedForms),
          },
        ],
      ]
    case 'starts-with':
    case 'ends-with':
    case 'contains':
    case 'not-contains': {
      if (values.includes('')) return emptyValue
      // Without EXISTS the SDK would throw if the attribute is missing, and serve no flag at all.
      const there = [...present(key), { operator: textOperators[operator], key, value: values }]
      return operator === 'not-contains' ? [absent(key), there] : [there]
    }
    case 'greater':
    case 'greater-or-equal':
    case 'less':
    case 'less-or-equal':
      return toComparison(clause, operator, key)
    default:
      return `${operator} is decided otherwise by bucketing SDKs`
  }
}

const emptyValue = 'an empty value also matches a missing attribute, which bucketing SDKs cannot say'

/** Numbers alone: nothing holds for a missing attribute, here and there. */
function toComparison(
  { values, compareAs = 'number' }: Clause,
  operator: keyof typeof comparisons,
  key: string,
): wire.Targeting[][] | string {
  const numbers = values.map((value) => parseDecimal(value) ?? Number.NaN)
  if (compareAs !== 'number')
    return `${operator} as ${compareAs} is not known to bucketing SDKs, only as number is`
  if (numbers.some(Number.isNaN))
    return `${operator} is decided otherwise by bucketing SDKs unless its values are numbers`
  if (numbers.some((number) => Number.isInteger(number) && !Number.isSafeInteger(number)))
    return 'integers beyond 2^53 are rounded by bucketing SDKs'
  if (key === visitor) return 'the targeting key is a text, and bucketing SDKs compare numbers'
  const value = operator.startsWith('greater') ? Math.min(...numbers) : Math.max(...numbers) // any of them
  return [[{ operator: comparisons[operator], key, value }]]
}

const comparisons = {
  greater: 'GREATER_THAN',
  'greater-or-equal': 'GREATER_THAN_OR_EQUALS',
  less: 'LOWER_THAN',
  'less-or-equal': 'LOWER_THAN_OR_EQUALS',
} as const

/** Operators that hold exactly where the other does not. */
const opposites: Partial<Record<Operator, Operator>> = {
  equals: 'not-equals',
  in: 'not-equals',
  'not-equals': 'equals',
  contains: 'not-contains',
  'not-contains': 'contains',
  exists: 'not-exists',
  'not-exists': 'exists',
}

const textOperators = {
  'starts-with': 'STARTS_WITH',
  'ends-with': 'ENDS_WITH',
  contains: 'CONTAINS',
  'not-contains': 'NOT_CONTAINS',
} as const

/** We compare texts, the SDK compares value and type, so `5` is listed as text and as number. */
function typedForms(text: string): (string | number | boolean)[] {
  if (text === 'true' || text === 'false') return [text, text === 'true']
  return text !== '' && String(Number(text)) === text && Number.isFinite(Number(text))
    ? [text, Number(text)]
    : [text]
}
