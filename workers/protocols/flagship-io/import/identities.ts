// How an imported campaign is called: its key, which is what clients of other protocols ask for, and its
// aliases, which AB Tasty's clients ask for and report.
import type * as z from 'zod'
import { type Flag, type FlagType, Id, Key } from '../../../../core/model/flag.ts'
import { keyLengthMax } from '../../../../core/model/limits.ts'
import type { Campaign, ForeignFile, Variation } from './file.ts'
import type { Report } from './report.ts'

export interface FlagIdentity {
  readonly key: string
  /** Undefined for a bundle, whose keys are the campaign's flags. */
  readonly type: FlagType | undefined
}

/**
 * A campaign with one flag becomes that flag, if its key is free. Any other becomes a bundle named by its id.
 */
export function flagIdentities({ campaigns }: ForeignFile): FlagIdentity[] {
  const campaignsByKey = new Map<string, number>()
  for (const campaign of campaigns)
    for (const key of modificationKeys(campaign)) campaignsByKey.set(key, (campaignsByKey.get(key) ?? 0) + 1)
  const campaignIds = new Set(campaigns.map(({ id }) => id))
  const singles = campaigns.map((campaign) => {
    const [key, ...others] = modificationKeys(campaign)
    if (key === undefined || others.length > 0 || !Key.safeParse(key).success) return undefined
    const isFree = campaignsByKey.get(key) === 1 && (key === campaign.id || !campaignIds.has(key))
    const type = isFree ? typeOf(campaign, key) : undefined
    return type && { key, type }
  })
  const taken = new Set(singles.flatMap((single) => single?.key ?? []))
  return campaigns.map(({ id }, i) => {
    const single = singles[i]
    if (single) return single
    const base = keyFrom(id)
    let key = base
    for (let count = 2; taken.has(key); count++) key = `${base}-${count}`
    taken.add(key)
    return { key, type: undefined }
  })
}

function keyFrom(id: string): string {
  if (Key.safeParse(id).success) return id
  const key = id.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '')
  return key.slice(0, keyLengthMax - 4) || 'campaign'
}

/** Adds the aliases that it returns to the taken names. No two flags share a name. */
export function aliasesOf(
  { id, slug }: Campaign,
  key: string,
  { takenNames, campaignIds }: { takenNames: Set<string>; campaignIds: ReadonlySet<string> },
  report: Report,
): Pick<Flag, 'slug' | 'campaignId'> {
  const aliases: Pick<Flag, 'slug' | 'campaignId'> = {}
  const take = (field: 'slug' | 'campaignId', alias: string, schema: z.ZodType<string>) => {
    const isOthers = takenNames.has(alias) || (field === 'slug' && campaignIds.has(alias))
    const isFree = alias === key || !isOthers
    if (isFree && schema.safeParse(alias).success) {
      takenNames.add(alias)
      aliases[field] = alias
      return
    }
    const cause = isFree ? 'is not a valid name here' : 'is the name of another flag'
    report(field, 'lost', 'name', `${alias} ${cause}, so requests for it find no flag`)
  }
  if (id !== key) take('campaignId', id, Id)
  // A slug that repeats the campaign's id is found by it.
  if (slug && slug !== aliases.campaignId) take('slug', slug, Key)
  else if (slug && Key.safeParse(slug).success) aliases.slug = slug
  return aliases
}

export const variationsOf = ({ variationGroups }: Campaign) =>
  variationGroups.flatMap(({ variations }) => variations)
export const valuesOf = ({ modifications }: Variation) => modifications?.value ?? {}
export const modificationKeys = (campaign: Campaign) => [
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
