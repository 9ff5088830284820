// Serializes decisions in all shapes of the Decision API. A campaign depends on its evaluation only, of which
// a snapshot has a fixed number, so each campaign is built and serialized once.
import type { CompiledSnapshot } from '../../../core/evaluation/compile.ts'
import type { Evaluation } from '../../../core/evaluation/evaluation.ts'
import { type Problem, refuse } from '../../../core/model/problem.ts'
import { accountSettingsOf } from './bucketing-file.ts'
import { campaignId, campaignType, modifications, variationGroupId, variationGroupName } from './campaign.ts'
import type * as wire from './wire.ts'

/** `all` includes keys that only sibling variations have, as null. */
export type ModificationKeys = 'own' | 'all'

export interface CampaignText {
  readonly campaign: wire.Campaign
  readonly text: string
  /** Built on first use. */
  fragments?: CampaignFragments
}

const cache: Record<ModificationKeys, WeakMap<Evaluation, CampaignText>> = {
  own: new WeakMap(),
  all: new WeakMap(),
}

/** Undefined if the visitor gets the default in the code: AB Tasty leaves out such campaigns. */
export function campaignTextOf(evaluation: Evaluation, keys: ModificationKeys): CampaignText | undefined {
  const cached = cache[keys].get(evaluation)
  if (cached) return cached
  const campaign = campaignOf(evaluation, keys)
  if (!campaign) return undefined
  const campaignText: CampaignText = { campaign, text: JSON.stringify(campaign) }
  cache[keys].set(evaluation, campaignText)
  return campaignText
}

function campaignOf(
  { flag, variation, cause }: Evaluation,
  keys: ModificationKeys,
): wire.Campaign | undefined {
  if (!flag || !variation) return undefined
  return {
    id: campaignId(flag),
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

export interface ListOptions {
  readonly visitorId: string
  /** The query parameter `mode`; `normal` if there is none. */
  readonly mode: string
  /** Whether the account's settings are requested. */
  readonly hasExtras: boolean
  readonly compiled: CompiledSnapshot
}

/** JSON of all campaigns for a visitor. */
export function listText(
  { visitorId, mode, hasExtras, compiled }: ListOptions,
  campaigns: readonly CampaignText[],
): string {
  const visitor = `"visitorId":${JSON.stringify(visitorId)}`
  const list = () => `"campaigns":[${joinedTexts(campaigns)}]`
  const extras = hasExtras ? extrasText(compiled) : ''
  switch (mode) {
    case 'normal':
      return `{${visitor},${list()}${extras}}`
    case 'simple':
      return `{${simpleText(campaigns)}}`
    case 'full':
      return `{${visitor},${list()},${simpleText(campaigns)}${extras}}`
    default:
      return '{}' // like the vendor's server
  }
}

function joinedTexts(campaigns: readonly CampaignText[]): string {
  let list = ''
  for (const { text } of campaigns) list += list === '' ? text : `,${text}`
  return list
}

type Member = readonly [key: string, text: string]

/** JSON of a campaign's parts, for the other shapes. */
interface CampaignFragments {
  /** The ids of campaign and variation. */
  readonly pair: string
  /** Each flag key with its value. */
  readonly values: readonly Member[]
  /** Each flag key with its value and the campaign it comes from. */
  readonly flags: readonly Member[]
}

function fragmentsOf(campaignText: CampaignText): CampaignFragments {
  campaignText.fragments ??= buildFragments(campaignText.campaign)
  return campaignText.fragments
}

function buildFragments(campaign: wire.Campaign): CampaignFragments {
  const { id, name, slug, type, variation } = campaign
  const metadata = {
    campaignId: id,
    campaignName: name,
    slug,
    type,
    variationGroupId: campaign.variationGroupId,
    variationGroupName: campaign.variationGroupName,
    variationId: variation.id,
    variationName: variation.name,
    reference: variation.reference,
  }
  const members = (toMember: (value: unknown) => unknown): Member[] =>
    Object.entries(variation.modifications.value).map(([key, value]) => [
      key,
      `${JSON.stringify(key)}:${JSON.stringify(toMember(value))}`,
    ])
  return {
    pair: JSON.stringify({ campaignId: id, variationId: variation.id }),
    values: members((value) => value),
    flags: members((value) => ({ value, metadata })),
  }
}

/** If several campaigns have a key, the last one wins. */
function mergedMembers(campaigns: readonly CampaignText[], kind: 'values' | 'flags'): string {
  const members = new Map<string, string>()
  for (const campaign of campaigns)
    for (const [key, text] of fragmentsOf(campaign)[kind]) members.set(key, text)
  return `{${[...members.values()].join()}}`
}

function simpleText(campaigns: readonly CampaignText[]): string {
  const pairs = campaigns.map((campaign) => fragmentsOf(campaign).pair).join()
  return `"campaignsVariation":[${pairs}],"mergedModifications":${mergedMembers(campaigns, 'values')}`
}

/** JSON of all flag keys, each with its value and the campaign it comes from. */
export const flagsText = (campaigns: readonly CampaignText[]): string => mergedMembers(campaigns, 'flags')

/** The response in panic mode: the visitor gets the defaults in the code. */
export const panicAnswer = (visitorId: string) => ({ visitorId, campaigns: [], panic: true })

const extrasTexts = new WeakMap<CompiledSnapshot, string>()

function extrasText(compiled: CompiledSnapshot): string {
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

export type SingleAnswer =
  | { readonly kind: 'campaign'; readonly campaignText: CampaignText }
  /** The campaign does not target this visitor. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'refused'; readonly problem: Problem }

/**
 * The answer for a single campaign. `evaluation` is undefined if there is no campaign of the requested name.
 * `assigned` is the variation in the visitor's stored assignment.
 */
export function singleAnswer(
  evaluation: Evaluation | undefined,
  keys: ModificationKeys,
  assigned?: string,
): SingleAnswer {
  if (!evaluation?.flag) return paused
  const campaignText = campaignTextOf(evaluation, keys)
  if (campaignText) return { kind: 'campaign', campaignText }
  const { flag, cause, error } = evaluation
  if (error) return { kind: 'refused', ...refuse('INVALID', error.message) }
  switch (cause.kind) {
    case 'off':
      return paused
    case 'rule':
    case 'default':
      if (servesNobody(flag, cause)) return nothing
      return assigned === undefined || flag.variations.some(({ id }) => id === assigned) ? untracked : deleted
    default:
      return nothing
  }
}

const nothing: SingleAnswer = { kind: 'nothing' }
const paused: SingleAnswer = {
  kind: 'refused',
  ...refuse('INVALID', 'The campaign is paused or doesn’t exist: verify its id'),
}
const deleted: SingleAnswer = {
  kind: 'refused',
  ...refuse('INVALID', 'visitor ID assigned to deleted variation'),
}
const untracked: SingleAnswer = { kind: 'refused', ...refuse('INVALID', 'Visitor untracked') }

/** Imported campaigns without a group for everybody have a default strategy whose weights are all 0. */
function servesNobody(
  { defaultStrategy: { strategy } }: NonNullable<Evaluation['flag']>,
  { kind }: Evaluation['cause'],
) {
  return (
    kind === 'default' && strategy.kind === 'rollout' && strategy.shares.every(({ weight }) => weight === 0)
  )
}
