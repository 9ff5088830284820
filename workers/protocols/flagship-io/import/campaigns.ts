// Imports a bucketing file of AB Tasty's as flags that keep every visitor's variation. The reference for the
// semantics is their JavaScript SDK in bucketing mode. A campaign becomes a flag, and each variation group a
// rule with the group's id, which salts the hash.
import {
  FlagFields,
  Key,
  type Flag,
  type FlagType,
  type Rule,
  type Strategy,
} from '../../../../core/model/flag.ts'
import type { Candidates, Finding } from '../../../../core/change/import-plan.ts'
import { nameLengthMax, weightPerPercent, weightTotal } from '../../../../core/model/limits.ts'
import { campaignType } from '../campaign.ts'
import type { Campaign, ForeignFile, Variation, VariationGroup } from './file.ts'
import { type Report, toAnyOf } from './targeting.ts'
import { toSlices } from './slices.ts'
import { lint } from './lint.ts'

/**
 * `now`, in epoch milliseconds, becomes the time of all flags: the file contains no times and no versions.
 */
export function fromBucketingFile(file: ForeignFile, now: number): Candidates {
  const findings: Finding[] = []
  const identities = flagIdentities(file)
  const groupIds = new Map<string, number>()
  const takenNames = new Set(identities.map((identity) => identity.key))
  const flags = file.campaigns.flatMap((campaign, i) => {
    const { key, type } = identities[i]!
    const report: Report = (field, effect, reason) =>
      findings.push({ subject: 'flag', key, field, effect, reason })
    const flag = fromCampaign(campaign, { key, type, groupIds, report, isOn: file.panic !== true, now })
    if (!flag) {
      report('variationGroups', 'left-out', 'it has no variation')
      return []
    }
    reportLosses(campaign, flag, report)
    for (const { field, reason } of lint(campaign)) report(field, 'differs', reason)
    return [{ ...flag, ...slugOf(campaign, key, takenNames, report) }]
  })
  findings.push(...overlapFindings(file, identities), ...accountFindings(file))
  return { flags, segments: [], findings }
}

/** Drops a slug that is already the name of another flag. Adds a slug that is kept to the taken names. */
function slugOf(
  { slug }: Campaign,
  key: string,
  takenNames: Set<string>,
  report: Report,
): Pick<Flag, 'slug'> {
  if (!slug) return {}
  const isFree = slug === key || !takenNames.has(slug)
  if (isFree && Key.safeParse(slug).success) {
    takenNames.add(slug)
    return { slug }
  }
  const cause = isFree ? 'is not a valid name here' : 'is the name of another flag'
  report('slug', 'lost', `${slug} ${cause}, so requests for it find no flag`)
  return {}
}

interface FlagIdentity {
  readonly key: string
  /** Undefined for a bundle, whose keys are the campaign's flags. */
  readonly type: FlagType | undefined
}

/**
 * A campaign with one flag becomes that flag, if its key is free. Any other becomes a bundle named by its id.
 */
function flagIdentities({ campaigns }: ForeignFile): FlagIdentity[] {
  const campaignsByKey = new Map<string, number>()
  for (const campaign of campaigns)
    for (const key of modificationKeys(campaign)) increment(campaignsByKey, key)
  const campaignIds = new Set(campaigns.map(({ id }) => id))
  const uses = new Map<string, number>()
  return campaigns.map((campaign) => {
    const [key, ...others] = modificationKeys(campaign)
    const isFree =
      key !== undefined && campaignsByKey.get(key) === 1 && (key === campaign.id || !campaignIds.has(key))
    const type =
      isFree && others.length === 0 && Key.safeParse(key).success ? typeOf(campaign, key) : undefined
    if (key !== undefined && type) return { key, type }
    const count = increment(uses, campaign.id)
    return { key: count === 1 ? campaign.id : `${campaign.id}-${count}`, type: undefined }
  })
}

const increment = (counts: Map<string, number>, key: string): number => {
  const count = (counts.get(key) ?? 0) + 1
  counts.set(key, count)
  return count
}

const variationsOf = ({ variationGroups }: Campaign) =>
  variationGroups.flatMap(({ variations }) => variations)
const valuesOf = ({ modifications }: Variation) => modifications?.value ?? {}
const modificationKeys = (campaign: Campaign) => [
  ...new Set(variationsOf(campaign).flatMap((variation) => Object.keys(valuesOf(variation)))),
]

/**
 * The type of a key's values; undefined if types differ, or if a value is null, which means the default in
 * the code.
 */
function typeOf(campaign: Campaign, key: string): FlagType | undefined {
  const types = new Set(
    variationsOf(campaign).map((variation) => {
      const values = valuesOf(variation)
      const value = Object.hasOwn(values, key) ? values[key] : null
      return value === null ? 'null' : typeof value
    }),
  )
  const [type, ...others] = types
  if (others.length > 0) return undefined
  if (type === 'object') return 'json'
  return type === 'string' || type === 'number' || type === 'boolean' ? type : undefined
}

interface CampaignContext extends FlagIdentity {
  /** How often each variation group's id was used. Rule ids must be unique. */
  readonly groupIds: Map<string, number>
  readonly report: Report
  readonly isOn: boolean
  readonly now: number
}

function fromCampaign(campaign: Campaign, campaignContext: CampaignContext): Flag | undefined {
  const { key, type, report, now } = campaignContext
  const variations = new Map<string, Flag['variations'][number]>()
  const strategies = campaign.variationGroups.map((group) =>
    toStrategy(group, (variation) => addVariation(variations, variation, group.id, campaignContext)),
  )
  const [first] = variations.keys()
  if (first === undefined) return undefined
  // Visitors outside the allocations do not fall through to a later group. They are untracked and get the
  // default in the code.
  const serveNobody: Strategy = { kind: 'rollout', shares: [{ variationId: first, weight: 0 }] }
  const { rules, defaultStrategy } = toRules(
    campaign,
    strategies.map((strategy) => strategy ?? serveNobody),
    campaignContext,
  )
  const slices = toSlices(campaign)
  return {
    key,
    name: cut(campaign.name),
    description: '',
    type: type ?? 'json',
    bundle: type === undefined,
    ...contentOf(campaign, report),
    variations: [...variations.values()],
    enabled: campaignContext.isOn && slices?.length !== 0,
    prerequisites: [],
    targets: [],
    ...(slices && slices.length > 0 && { slices }),
    rules,
    defaultStrategy: defaultStrategy ?? { id: `default:${key.slice(0, 90)}`, strategy: serveNobody },
    allocation: 'percent',
    seed: '',
    tags: [],
    maintainer: '',
    archived: false,
    version: 1,
    createdAt: now,
    updatedAt: now,
  }
}

/**
 * `strategies` are those of the campaign's groups. Without a group for everybody there is no default
 * strategy.
 */
function toRules(
  campaign: Campaign,
  strategies: readonly Strategy[],
  campaignContext: CampaignContext,
): { rules: Rule[]; defaultStrategy: Flag['defaultStrategy'] | undefined } {
  const { report } = campaignContext
  const rules: Rule[] = []
  let defaultStrategy: Flag['defaultStrategy'] | undefined
  for (const [i, group] of campaign.variationGroups.entries()) {
    const path = `variationGroups.${i}`
    const anyOf = toAnyOf(group.targeting, `${path}.targeting.targetingGroups`, report)
    if (defaultStrategy || anyOf === 'nobody') {
      const reason = defaultStrategy ? 'an earlier group matches everybody' : 'it matches nobody'
      report(path, 'lost', `the group ${group.id} is never used: ${reason}`)
      continue
    }
    const strategy = strategies[i]!
    const id = ruleIdOf(group, strategy, path, campaignContext)
    if (anyOf === 'everybody') defaultStrategy = { id, strategy }
    else rules.push({ id, name: cut(group.name), anyOf, strategy })
  }
  return { rules, defaultStrategy }
}

const cut = (name: string | null | undefined) => (name ?? '').slice(0, nameLengthMax).toWellFormed()

/** Adds a variation and returns its id: its own, unless another group uses that id for another value. */
function addVariation(
  variations: Map<string, Flag['variations'][number]>,
  variation: Variation,
  groupId: string,
  { key, type, report }: CampaignContext,
): string {
  const values = valuesOf(variation)
  const value = type === undefined ? values : values[key]
  const text = type === 'string' ? String(value) : JSON.stringify(value)
  const known = variations.get(variation.id)
  const id = known && known.value !== text ? `${groupId}:${variation.id}` : variation.id
  if (id !== variation.id)
    report('variationGroups', 'lost', `the id ${variation.id} has two values: one becomes ${id}`)
  const { baseline = variation.reference === true } = variations.get(id) ?? {}
  const added = { id, name: cut(variation.name), description: '', value: text }
  variations.set(id, { ...(variations.get(id) ?? added), ...(baseline && { baseline }) })
  return id
}

/**
 * Undefined without variations. The SDK hashes to a whole number from 0 to 99 and takes the first variation
 * whose cumulative allocation is above it, so fractions round up.
 */
function toStrategy(
  { variations }: VariationGroup,
  idOf: (variation: Variation) => string,
): Strategy | undefined {
  const weights = new Map<string, number>()
  let cumulative = 0
  let allotted = 0
  for (const variation of variations) {
    cumulative += variation.allocation ?? 0
    const end = Math.min(100, Math.ceil(cumulative))
    const id = idOf(variation)
    weights.set(id, (weights.get(id) ?? 0) + (end - allotted) * weightPerPercent)
    allotted = end
  }
  const shares = [...weights].map(([variationId, weight]) => ({ variationId, weight }))
  const [only] = shares
  if (!only) return undefined
  return shares.length === 1 && only.weight === weightTotal
    ? { kind: 'fixed', variationId: only.variationId }
    : { kind: 'rollout', shares }
}

/** The group's id salts its hash, so a repeated id can be replaced only if the group hashes nothing. */
function ruleIdOf(
  { id }: VariationGroup,
  strategy: Strategy,
  path: string,
  { groupIds, report }: CampaignContext,
): string {
  const count = increment(groupIds, id)
  if (count === 1 || strategy.kind !== 'fixed') return id
  report(path, 'lost', `the group id ${id} is used twice: this one becomes ${id}:${count}`)
  return `${id}:${count}`
}

const isAscii = (text: string) => /^[\0-\x7f]*$/.test(text)
/** Types of modifications that do not determine a flag's content. */
const neutralTypes: ReadonlySet<string> = new Set(['NULL', ''])

/** The content type of all variations; none if they differ. */
function contentOf(campaign: Campaign, report: Report): Pick<Flag, 'content'> {
  const types = new Set(variationsOf(campaign).map(({ modifications }) => modifications?.type ?? ''))
  const [type = 'FLAG', ...others] = [...types].filter((each) => !neutralTypes.has(each))
  if (type === 'FLAG' && others.length === 0) return {}
  const content = FlagFields.shape.content.safeParse(type.toLowerCase()).data
  if (content && type === type.toUpperCase() && others.length === 0) return { content }
  report('modifications.type', 'lost', `the type ${[type, ...others].join(' and ')} is served as FLAG`)
  return {}
}

/** Reports what a flag cannot have, or what clients handle differently, beyond its rules. */
function reportLosses(campaign: Campaign, flag: Flag, report: Report): void {
  if (flag.key !== campaign.id) report('id', 'lost', `the campaign’s id ${campaign.id} becomes ${flag.key}`)
  if (campaign.type && campaign.type !== campaignType(flag))
    report('type', 'lost', `the type ${campaign.type} is served as ${campaignType(flag)}; it decides nothing`)
  for (const { id, variations } of campaign.variationGroups)
    if (variations.length > 1 && !isAscii(id))
      report(
        'variationGroups',
        'differs',
        `the id ${id} is not ASCII: the SDK and servers hash it differently`,
      )
}

/** If several campaigns have a key, the last one wins: by position in the file there, by flag key here. */
function overlapFindings({ campaigns }: ForeignFile, identities: readonly FlagIdentity[]): Finding[] {
  const byKey = new Map<string, number[]>()
  campaigns.forEach((campaign, i) => {
    for (const key of modificationKeys(campaign)) byKey.set(key, [...(byKey.get(key) ?? []), i])
  })
  return [...byKey].flatMap(([key, indexes]) => {
    const flags = indexes.map((i) => identities[i]!.key)
    if (flags.every((flag, i) => i === 0 || flags[i - 1]! < flag)) return []
    const reason =
      `${key} is served by ${flags.join(', ')}: ` +
      'there the last in the file wins, here the last in alphabetical order'
    return [{ subject: 'flag', key: flags[0]!, field: 'modifications', effect: 'differs', reason } as const]
  })
}

function accountFindings({ panic, accountSettings, campaigns }: ForeignFile): Finding[] {
  const findings: Finding[] = []
  const report: Report = (field, effect, reason) =>
    findings.push({ subject: 'environment', key: '', field, effect, reason })
  const settings = accountSettings ?? {}
  if (panic) report('panic', 'lost', 'panic mode is on: every flag comes switched off')
  if (settings['enabled1V1T'])
    report(
      'accountSettings.enabled1V1T',
      'differs',
      'one visitor may be in several tests, AB Tasty’s API allowed one: ' +
        'give the flags assignment exclusive',
    )
  if (settings['enabledXPC'])
    report(
      'accountSettings.enabledXPC',
      'differs',
      'assignments are not carried from an anonymous visitor to an account: ' +
        'give the flags assignment kept',
    )
  if (settings['troubleshooting'])
    report(
      'accountSettings.troubleshooting',
      'lost',
      'it is a setting of the environment, which stays as it is',
    )
  const hasSplit = campaigns.some(({ variationGroups }) =>
    variationGroups.some(({ variations }) => variations.length > 1),
  )
  if (hasSplit)
    report(
      'campaigns',
      'differs',
      'visitor ids outside ASCII are hashed as UTF-8, as by AB Tasty’s servers; ' +
        'the SDK hashes them differently',
    )
  return findings
}
