// Imports a bucketing file of AB Tasty's as flags that keep every visitor's variation. The reference for the
// semantics is their JavaScript SDK in bucketing mode. A campaign becomes a flag, and each variation group a
// rule with the group's id, which salts the hash.
import { FlagFields, type Flag, type Rule, type Strategy } from '../../../../core/model/flag.ts'
import type { Candidates, Finding } from '../../../../core/change/import-plan.ts'
import { keyLengthMax, nameLengthMax } from '../../../../core/model/limits.ts'
import { campaignType, withoutFixedMark } from '../campaign.ts'
import type { Campaign, ForeignFile, Variation, VariationGroup } from './file.ts'
import { accountFindings, overlapFindings } from './file-findings.ts'
import { type FlagIdentity, aliasesOf, flagIdentities, valuesOf, variationsOf } from './identities.ts'
import { lint } from './lint.ts'
import { type Report, reporter } from './report.ts'
import { toSlices } from './slices.ts'
import { toStrategy } from './strategy.ts'
import { type ImportOptions, toAnyOf } from './targeting.ts'

/**
 * `now`, in epoch milliseconds, becomes the time of all flags: the file contains no times and no versions.
 */
export function fromBucketingFile(
  file: ForeignFile,
  now: number,
  options: ImportOptions = { ignoreCase: false },
): Candidates {
  const findings: Finding[] = []
  const identities = flagIdentities(file)
  const shared = {
    groupIds: new Set(file.campaigns.flatMap(({ variationGroups }) => variationGroups.map(({ id }) => id))),
    usedGroupIds: new Set<string>(),
    isOn: file.panic !== true,
    now,
    options,
  }
  const names = {
    takenNames: new Set(identities.map(({ key }) => key)),
    campaignIds: new Set(file.campaigns.map(({ id }) => id)),
  }
  const flags = file.campaigns.flatMap((campaign, i) => {
    const { key, type } = identities[i]!
    const report = reporter(findings, key)
    const aliases = aliasesOf(campaign, key, names, report)
    const flag = fromCampaign(campaign, { ...shared, key, type, report })
    if (!flag) {
      report('variationGroups', 'left-out', 'unused-group', 'it has no variation')
      return []
    }
    reportLosses(campaign, flag, report)
    for (const { field, code, reason } of lint(campaign))
      if (code !== 'case' || !options.ignoreCase) report(field, 'differs', code, reason)
    return [{ ...flag, ...aliases }]
  })
  overlapFindings(file, identities, findings)
  accountFindings(file, reporter(findings))
  return { flags, segments: [], findings }
}

interface CampaignContext extends FlagIdentity {
  /** Of the whole file. */
  readonly groupIds: ReadonlySet<string>
  /** Ids of rules must be unique. */
  readonly usedGroupIds: Set<string>
  readonly report: Report
  readonly isOn: boolean
  readonly now: number
  readonly options: ImportOptions
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
  const slices = toSlices(campaign)
  const { targets, rules, defaultStrategy } = toRules(
    campaign,
    strategies.map((strategy) => strategy ?? serveNobody),
    campaignContext,
  )
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
    targets,
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
): Pick<Flag, 'targets' | 'rules'> & { defaultStrategy: Flag['defaultStrategy'] | undefined } {
  const { report, options } = campaignContext
  const targets: Flag['targets'] = []
  const rules: Rule[] = []
  let defaultStrategy: Flag['defaultStrategy'] | undefined
  for (const [i, group] of campaign.variationGroups.entries()) {
    const path = `variationGroups.${i}`
    const strategy = strategies[i]!
    const target = rules.length === 0 && !toSlices(campaign) && ownTarget(group, strategy, campaignContext)
    if (target) {
      targets.push(target)
      continue
    }
    const anyOf = toAnyOf(group.targeting, `${path}.targeting.targetingGroups`, report, options)
    if (defaultStrategy || anyOf === 'nobody') {
      const reason = defaultStrategy ? 'an earlier group matches everybody' : 'it matches nobody'
      report(path, 'lost', 'unused-group', `the group ${group.id} is never used: ${reason}`)
      continue
    }
    const id = ruleIdOf(group, strategy, path, campaignContext)
    const name = cut(group.name)
    if (anyOf === 'everybody') defaultStrategy = { id, ...(name !== '' && { name }), strategy }
    else rules.push({ id, name, anyOf, strategy })
  }
  return { targets, rules, defaultStrategy }
}

/** A group that our own file has for a target of the flag. */
function ownTarget(
  { id, targeting }: VariationGroup,
  strategy: Strategy,
  { key }: CampaignContext,
): Flag['targets'][number] | undefined {
  if (strategy.kind !== 'fixed' || id !== `${key}:target:${strategy.variationId}`) return undefined
  const [only, ...others] = targeting?.targetingGroups.flatMap(({ targetings }) => targetings) ?? []
  if (only?.operator !== 'EQUALS' || only.key !== 'fs_users' || others.length > 0) return undefined
  const targetingKeys = [only.value ?? []].flat().map(String)
  return { variationId: strategy.variationId, targetingKeys }
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
  const isOther = (each: string) => (variations.get(each)?.value ?? text) !== text
  let { id } = variation
  for (let count = 1; isOther(id); count++) id = `${groupId}:${variation.id}${count === 1 ? '' : `:${count}`}`
  if (id !== variation.id)
    report('variationGroups', 'lost', 'name', `the id ${variation.id} has two values: one becomes ${id}`)
  const { baseline = variation.reference === true } = variations.get(id) ?? {}
  const added = { id, name: cut(variation.name), description: '', value: text }
  variations.set(id, { ...(variations.get(id) ?? added), ...(baseline && { baseline }) })
  return id
}

/**
 * The group's id salts its hash, so it can be replaced only if the group hashes nothing. Our own file marks
 * such an id by its variation.
 */
function ruleIdOf(
  { id }: VariationGroup,
  strategy: Strategy,
  path: string,
  { groupIds, usedGroupIds, report }: CampaignContext,
): string {
  let ruleId = id
  if (strategy.kind === 'fixed') {
    const unmarked = withoutFixedMark(id, strategy.variationId)
    const wanted = groupIds.has(unmarked) ? id : unmarked
    const base = wanted.slice(0, keyLengthMax - 4).toWellFormed()
    ruleId = wanted.length > keyLengthMax ? base : wanted
    for (let count = 2; usedGroupIds.has(ruleId); count++) ruleId = `${base}:${count}`
    if (ruleId !== id && ruleId !== unmarked)
      report(path, 'lost', 'name', `the group id ${id} becomes ${ruleId}: it is too long, or used twice`)
  }
  usedGroupIds.add(ruleId)
  return ruleId
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
  report(
    'modifications.type',
    'lost',
    'campaign-type',
    `the type ${[type, ...others].join(' and ')} is served as FLAG`,
  )
  return {}
}

/** Reports what a flag cannot have, or what clients handle differently, beyond its rules. */
function reportLosses(campaign: Campaign, flag: Flag, report: Report): void {
  if (campaign.type && campaign.type !== campaignType(flag))
    report(
      'type',
      'lost',
      'campaign-type',
      `the type ${campaign.type} is served as ${campaignType(flag)}; it decides nothing`,
    )
  for (const { id, variations } of campaign.variationGroups)
    if (variations.length > 1 && !isAscii(id))
      report(
        'variationGroups',
        'differs',
        'hash',
        `the id ${id} is not ASCII: the SDK and servers hash it differently`,
      )
}
