// A bucketing file of AB Tasty's as flags that give every visitor the variation they had. Reference of the
// semantics: their JavaScript SDK in bucketing mode. A campaign becomes a flag, each of its variation groups
// a rule with the group's id, which salts the hash.
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

/** `now`: epoch milliseconds. A bucketing file tells no times and no versions. */
export function fromBucketingFile(file: ForeignFile, now: number): Candidates {
  const findings: Finding[] = []
  const names = keysOf(file)
  const groupIds = new Map<string, number>()
  const taken = new Set(names.map(({ key: own }) => own))
  const flags = file.campaigns.flatMap((campaign, i) => {
    const { key, type } = names[i]!
    const add = (field: string, effect: Finding['effect'], reason: string) =>
      findings.push({ subject: 'flag', key, field, effect, reason })
    const flag = fromCampaign(campaign, { key, type, groupIds, report: add, isOn: file.panic !== true, now })
    if (!flag) {
      add('variationGroups', 'left-out', 'it has no variation')
      return []
    }
    reportWhatIsBeside(campaign, flag, add)
    for (const { field, reason } of lint(campaign)) add(field, 'differs', reason)
    return [{ ...flag, ...slugOf(campaign, key, taken, add) }]
  })
  findings.push(...overlaps(file, names), ...ofTheAccount(file))
  return { flags, segments: [], findings }
}

type Add = (field: string, effect: Finding['effect'], reason: string) => void

/** Names that are given already are another flag's; from here on this one is too. */
function slugOf({ slug }: Campaign, key: string, taken: Set<string>, add: Add): Pick<Flag, 'slug'> {
  if (!slug) return {}
  const isFree = slug === key || !taken.has(slug)
  if (isFree && Key.safeParse(slug).success) {
    taken.add(slug)
    return { slug }
  }
  add(
    'slug',
    'lost',
    `${slug} ${isFree ? 'is no name here' : 'is another flag’s name'}: it is not answered to`,
  )
  return {}
}

interface Name {
  readonly key: string
  /** Undefined: a bundle, whose keys the flags of the campaign are. */
  readonly type: FlagType | undefined
}

/**
 * A campaign with one flag is that flag, where that can be; any other is a bundle under the campaign's id.
 */
function keysOf({ campaigns }: ForeignFile): Name[] {
  const owners = new Map<string, number>()
  for (const campaign of campaigns)
    for (const key of modificationKeys(campaign)) owners.set(key, (owners.get(key) ?? 0) + 1)
  const taken = new Set(campaigns.map(({ id }) => id))
  const seen = new Map<string, number>()
  return campaigns.map((campaign) => {
    const [key, ...others] = modificationKeys(campaign)
    const isFree = key !== undefined && owners.get(key) === 1 && (key === campaign.id || !taken.has(key))
    const type =
      isFree && others.length === 0 && Key.safeParse(key).success ? typeOf(campaign, key) : undefined
    if (key !== undefined && type) return { key, type }
    const count = (seen.get(campaign.id) ?? 0) + 1
    seen.set(campaign.id, count)
    return { key: count === 1 ? campaign.id : `${campaign.id}-${count}`, type: undefined }
  })
}

const variationsOf = ({ variationGroups }: Campaign) =>
  variationGroups.flatMap(({ variations }) => variations)
const valuesOf = ({ modifications }: Variation) => modifications?.value ?? {}
const modificationKeys = (campaign: Campaign) => [
  ...new Set(variationsOf(campaign).flatMap((variation) => Object.keys(valuesOf(variation)))),
]

/**
 * The one type of a key's values; undefined where they have none in common, or one says "use your default".
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

interface Making extends Name {
  /** How often each id of a variation group has been used: it must be one flag's, and one rule's. */
  readonly groupIds: Map<string, number>
  readonly report: Report
  readonly isOn: boolean
  readonly now: number
}

function fromCampaign(campaign: Campaign, making: Making): Flag | undefined {
  const { key, type, report, now } = making
  const variations = new Map<string, Flag['variations'][number]>()
  const shares = campaign.variationGroups.map((group) =>
    toStrategy(group, (variation) => register(variations, variation, group.id, making)),
  )
  const [first] = variations.keys()
  if (first === undefined) return undefined
  // Nobody falls through to a later group: whoever is left over is untracked, and gets the caller's default.
  const nobody: Strategy = { kind: 'rollout', shares: [{ variationId: first, weight: 0 }] }
  const rules: Rule[] = []
  let byDefault: Flag['defaultStrategy'] | undefined
  for (const [i, group] of campaign.variationGroups.entries()) {
    const path = `variationGroups.${i}`
    const anyOf = toAnyOf(group.targeting, `${path}.targeting.targetingGroups`, report)
    if (byDefault || anyOf === 'nobody') {
      const reason = byDefault ? 'a group before it takes everybody' : 'it is for nobody'
      report(path, 'lost', `the group ${group.id} never decides: ${reason}`)
      continue
    }
    const strategy = shares[i] ?? nobody
    const id = ownId(group, strategy, path, making)
    if (anyOf === 'everybody') byDefault = { id, strategy }
    else rules.push({ id, name: cut(group.name), anyOf, strategy })
  }
  const slices = toSlices(campaign)
  return {
    key,
    name: cut(campaign.name),
    description: '',
    type: type ?? 'json',
    bundle: type === undefined,
    ...contentOf(campaign, report),
    variations: [...variations.values()],
    enabled: making.isOn && slices?.length !== 0,
    prerequisites: [],
    targets: [],
    ...(slices && slices.length > 0 && { slices }),
    rules,
    defaultStrategy: byDefault ?? { id: `default:${key.slice(0, 90)}`, strategy: nobody },
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

const cut = (name: string | null | undefined) => (name ?? '').slice(0, nameLengthMax).toWellFormed()

/**
 * The id under which our flag knows the variation: its own, unless another group uses that for another value.
 */
function register(
  variations: Map<string, Flag['variations'][number]>,
  variation: Variation,
  groupId: string,
  { key, type, report }: Making,
): string {
  const values = valuesOf(variation)
  const value = type === undefined ? values : values[key]
  const text = type === 'string' ? String(value) : JSON.stringify(value)
  const known = variations.get(variation.id)
  const id = known && known.value !== text ? `${groupId}:${variation.id}` : variation.id
  if (id !== variation.id)
    report('variationGroups', 'lost', `the id ${variation.id} is there with two values: one becomes ${id}`)
  const { baseline = variation.reference === true } = variations.get(id) ?? {}
  const made = { id, name: cut(variation.name), description: '', value: text }
  variations.set(id, { ...(variations.get(id) ?? made), ...(baseline && { baseline }) })
  return id
}

/**
 * None without variations. The SDK takes the first variation whose cumulated allocation is above a whole
 * number from 0 to 99: fractions round up.
 */
function toStrategy(
  { variations }: VariationGroup,
  idOf: (variation: Variation) => string,
): Strategy | undefined {
  const weights = new Map<string, number>()
  let cumulative = 0
  let given = 0
  for (const variation of variations) {
    cumulative += variation.allocation ?? 0
    const end = Math.min(100, Math.ceil(cumulative))
    const id = idOf(variation)
    weights.set(id, (weights.get(id) ?? 0) + (end - given) * weightPerPercent)
    given = end
  }
  const shares = [...weights].map(([variationId, weight]) => ({ variationId, weight }))
  const [only] = shares
  if (!only) return undefined
  return shares.length === 1 && only.weight === weightTotal
    ? { kind: 'fixed', variationId: only.variationId }
    : { kind: 'rollout', shares }
}

/** A group's id salts its hash, so only a group that hashes nothing can do with another. */
function ownId(
  { id }: VariationGroup,
  strategy: Strategy,
  path: string,
  { groupIds, report }: Making,
): string {
  const count = (groupIds.get(id) ?? 0) + 1
  groupIds.set(id, count)
  if (count === 1 || strategy.kind !== 'fixed') return id
  report(path, 'lost', `the group id ${id} is there twice: this one becomes ${id}:${count}`)
  return `${id}:${count}`
}

const isAscii = (text: string) => /^[\0-\x7f]*$/.test(text)
/** Types of modifications that say nothing of the others' values. */
const plainTypes: ReadonlySet<string> = new Set(['NULL', ''])

/** What the values of all variations are; as any flag's where they are not alike. */
function contentOf(campaign: Campaign, report: Report): Pick<Flag, 'content'> {
  const types = new Set(variationsOf(campaign).map(({ modifications }) => modifications?.type ?? ''))
  const [type = 'FLAG', ...others] = [...types].filter((each) => !plainTypes.has(each))
  if (type === 'FLAG' && others.length === 0) return {}
  const content = FlagFields.shape.content.safeParse(type.toLowerCase()).data
  if (content && type === type.toUpperCase() && others.length === 0) return { content }
  report(
    'modifications.type',
    'lost',
    `modifications of type ${[type, ...others].join(' and ')} are told as FLAG`,
  )
  return {}
}

function reportWhatIsBeside(campaign: Campaign, flag: Flag, add: Add): void {
  if (flag.key !== campaign.id) add('id', 'lost', `the campaign’s id ${campaign.id} becomes ${flag.key}`)
  if (campaign.type && campaign.type !== campaignType(flag))
    add('type', 'lost', `the type ${campaign.type} is told as ${campaignType(flag)}; it decides nothing`)
  for (const { id, variations } of campaign.variationGroups)
    if (variations.length > 1 && !isAscii(id))
      add(
        'variationGroups',
        'differs',
        `the id ${id} is not ASCII: the SDK hashes it otherwise than servers do`,
      )
}

/**
 * Where several campaigns answer one key the last wins: in the order of the file there, in the order of keys
 * here.
 */
function overlaps({ campaigns }: ForeignFile, names: readonly Name[]): Finding[] {
  const byKey = new Map<string, number[]>()
  campaigns.forEach((campaign, i) => {
    for (const key of modificationKeys(campaign)) byKey.set(key, [...(byKey.get(key) ?? []), i])
  })
  return [...byKey].flatMap(([key, places]) => {
    const flags = places.map((i) => names[i]!.key)
    if (flags.every((flag, i) => i === 0 || flags[i - 1]! < flag)) return []
    const reason = `${key} is answered by ${flags.join(', ')}: the last in the file won there, the last by name wins here`
    return [{ subject: 'flag', key: flags[0]!, field: 'modifications', effect: 'differs', reason } as const]
  })
}

function ofTheAccount({ panic, accountSettings, campaigns }: ForeignFile): Finding[] {
  const add = (field: string, effect: Finding['effect'], reason: string): Finding => ({
    subject: 'environment',
    key: '',
    field,
    effect,
    reason,
  })
  const settings = accountSettings ?? {}
  return [
    ...(panic ? [add('panic', 'lost', 'panic mode is on: every flag comes switched off')] : []),
    ...(settings['enabled1V1T']
      ? [
          add(
            'accountSettings.enabled1V1T',
            'differs',
            'one visitor may be in several tests, AB Tasty’s API allowed one: give the flags assignment exclusive',
          ),
        ]
      : []),
    ...(settings['enabledXPC']
      ? [
          add(
            'accountSettings.enabledXPC',
            'differs',
            'assignments are not carried from an anonymous visitor to an account: give the flags assignment kept',
          ),
        ]
      : []),
    ...(settings['troubleshooting']
      ? [add('accountSettings.troubleshooting', 'lost', 'a setting of the environment: it stays as it is')]
      : []),
    ...(campaigns.some(({ variationGroups }) =>
      variationGroups.some(({ variations }) => variations.length > 1),
    )
      ? [
          add(
            'campaigns',
            'differs',
            'visitor ids outside ASCII are hashed as UTF-8, as by AB Tasty’s servers; the SDK hashes them otherwise',
          ),
        ]
      : []),
  ]
}
