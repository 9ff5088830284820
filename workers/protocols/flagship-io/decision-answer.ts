// What the Decision API says of what was decided, in each of its shapes. A campaign depends on the evaluation
// alone, of which a snapshot has a fixed number: each is made, and written, once.
import type { CompiledSnapshot } from '../../../core/evaluation/compile.ts'
import type { Evaluation } from '../../../core/evaluation/evaluation.ts'
import { type Problem, refuse } from '../../../core/model/problem.ts'
import { accountSettingsOf } from './bucketing-file.ts'
import { campaignType, modifications, variationGroupId, variationGroupName } from './campaign.ts'
import type * as wire from './wire.ts'

/** `all`: also keys that only sibling variations have, as null. */
export type Keys = 'own' | 'all'

export interface Told {
  readonly campaign: wire.Campaign
  readonly text: string
  /** Made when first asked for. */
  parts?: Parts
}

const told: Record<Keys, WeakMap<Evaluation, Told>> = { own: new WeakMap(), all: new WeakMap() }

/** Undefined where the visitor is to use the default: AB Tasty leaves such campaigns out. */
export function tell(evaluation: Evaluation, keys: Keys): Told | undefined {
  const known = told[keys].get(evaluation)
  if (known) return known
  const campaign = campaignOf(evaluation, keys)
  if (!campaign) return undefined
  const made: Told = { campaign, text: JSON.stringify(campaign) }
  told[keys].set(evaluation, made)
  return made
}

function campaignOf({ flag, variation, cause }: Evaluation, keys: Keys): wire.Campaign | undefined {
  if (!flag || !variation) return undefined
  return {
    id: flag.key,
    name: flag.name,
    slug: flag.slug ?? null,
    type: campaignType(flag),
    variationGroupId: variationGroupId(flag, cause, variation.id),
    variationGroupName: variationGroupName(flag, cause),
    variation: {
      id: variation.id,
      name: variation.name,
      modifications: modifications(flag, variation, keys),
      reference: variation.baseline ?? false,
    },
  }
}

export interface Asked {
  readonly visitorId: string
  /** Of the address: `normal` where there is none. */
  readonly mode: string
  /** Whether the account's settings are asked for. */
  readonly hasExtras: boolean
  readonly compiled: CompiledSnapshot
}

/** JSON of all campaigns that answer the visitor. */
export function listText(
  { visitorId, mode, hasExtras, compiled }: Asked,
  campaigns: readonly Told[],
): string {
  const visitor = `"visitorId":${JSON.stringify(visitorId)}`
  const list = () => `"campaigns":[${joined(campaigns)}]`
  const extras = hasExtras ? extrasOf(compiled) : ''
  switch (mode) {
    case 'normal':
      return `{${visitor},${list()}${extras}}`
    case 'simple':
      return `{${simpleText(campaigns)}}`
    case 'full':
      return `{${visitor},${list()},${simpleText(campaigns)}${extras}}`
    default:
      return '{}' // as the vendor's server
  }
}

function joined(campaigns: readonly Told[]): string {
  let list = ''
  for (const { text } of campaigns) list += list === '' ? text : `,${text}`
  return list
}

type Member = readonly [key: string, text: string]

/** What other shapes than the list say of a campaign, as text. */
interface Parts {
  readonly pair: string
  /** Each flag key with its value, and with where that comes from. */
  readonly values: readonly Member[]
  readonly flags: readonly Member[]
}

function partsOf(told: Told): Parts {
  told.parts ??= makeParts(told.campaign)
  return told.parts
}

function makeParts(campaign: wire.Campaign): Parts {
  const { id, name, slug, type, variationGroupId: group, variationGroupName: groupName, variation } = campaign
  const metadata = {
    campaignId: id,
    campaignName: name,
    slug,
    type,
    variationGroupId: group,
    variationGroupName: groupName,
    variationId: variation.id,
    variationName: variation.name,
    reference: variation.reference,
  }
  const members = (of: (value: unknown) => unknown): Member[] =>
    Object.entries(variation.modifications.value).map(([key, value]) => [
      key,
      `${JSON.stringify(key)}:${JSON.stringify(of(value))}`,
    ])
  return {
    pair: JSON.stringify({ campaignId: id, variationId: variation.id }),
    values: members((value) => value),
    flags: members((value) => ({ value, metadata })),
  }
}

/** The later campaign overwrites what an earlier one says of a key. */
function merged(campaigns: readonly Told[], of: 'values' | 'flags'): string {
  const members = new Map<string, string>()
  for (const campaign of campaigns) for (const [key, text] of partsOf(campaign)[of]) members.set(key, text)
  return `{${[...members.values()].join()}}`
}

function simpleText(campaigns: readonly Told[]): string {
  const pairs = campaigns.map((campaign) => partsOf(campaign).pair).join()
  return `"campaignsVariation":[${pairs}],"mergedModifications":${merged(campaigns, 'values')}`
}

/** JSON of each flag key with its value and where it comes from. */
export const flagsText = (campaigns: readonly Told[]): string => merged(campaigns, 'flags')

/** As the panic of every AB Tasty answer: the visitor gets the defaults of the code. */
export const panicOf = (visitorId: string) => ({ visitorId, campaigns: [], panic: true })

const extrasTexts = new WeakMap<CompiledSnapshot, string>()

function extrasOf(compiled: CompiledSnapshot): string {
  let text = extrasTexts.get(compiled)
  if (text === undefined) {
    const accountSettings = {
      '@type': 'type.googleapis.com/flagship.protobuf.AccountSettings',
      troubleshooting: null,
      ...accountSettingsOf(compiled.snapshot),
    }
    text = `,"extras":${JSON.stringify({ accountSettings })}`
    extrasTexts.set(compiled, text)
  }
  return text
}

export type Single =
  | { readonly kind: 'campaign'; readonly told: Told }
  /** The campaign is not for this visitor. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'refused'; readonly problem: Problem }

/**
 * One campaign that was asked for by its name; undefined where there is none of it. `assigned` is the
 * variation that is kept for the visitor.
 */
export function singleOf(evaluation: Evaluation | undefined, keys: Keys, assigned?: string): Single {
  if (!evaluation?.flag) return paused
  const answer = tell(evaluation, keys)
  if (answer) return { kind: 'campaign', told: answer }
  const { flag, cause, error } = evaluation
  if (error) return { kind: 'refused', ...refuse('INVALID', error.message) }
  switch (cause.kind) {
    case 'off':
      return paused
    case 'rule':
    case 'default':
      if (isForNobody(flag, cause)) return nothing
      return assigned === undefined || flag.variations.some(({ id }) => id === assigned) ? untracked : deleted
    default:
      return nothing
  }
}

const nothing: Single = { kind: 'nothing' }
const paused: Single = {
  kind: 'refused',
  ...refuse('INVALID', 'The campaign is paused or doesn’t exist: verify its id'),
}
const deleted: Single = {
  kind: 'refused',
  ...refuse('INVALID', 'visitor ID assigned to deleted variation'),
}
const untracked: Single = { kind: 'refused', ...refuse('INVALID', 'Visitor untracked') }

/** A default strategy that gives nobody anything is how a campaign without a group for everybody is kept. */
function isForNobody(
  { defaultStrategy: { strategy } }: NonNullable<Evaluation['flag']>,
  { kind }: Evaluation['cause'],
) {
  return (
    kind === 'default' && strategy.kind === 'rollout' && strategy.shares.every(({ weight }) => weight === 0)
  )
}
