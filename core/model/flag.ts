// Shape of a flag as people edit it, and the invariants that hold within one flag. References between flags: change.ts.
import * as z from 'zod'
import { AnyOf } from './clause.ts'
import { versioned } from './versioned.ts'
import * as limits from './limits.ts'
import type { FieldRule } from './problem.ts'
import { TagKey } from './tag.ts'
import { flagTypes, isBundle, isTooDeep, parseValue } from './value.ts'

export const Key = z
  .string()
  .max(limits.keyLengthMax)
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
    'letters, digits, dot, underscore and hyphen, starting with a letter or digit',
  )
export const Id = z.string().min(1).max(limits.keyLengthMax)
const Name = z.string().max(limits.nameLengthMax)

export const FlagType = z.enum(flagTypes)
export type FlagType = z.infer<typeof FlagType>

/** `value` is always text, as on Bucketeer's wire; the flag's type says how to read it. */
export const Variation = z.strictObject({
  id: Id,
  name: Name.default(''),
  description: z.string().max(limits.descriptionLengthMax).default(''),
  value: z.string().max(limits.variationValueLengthMax),
  /** Of a yaml flag: the value as compact JSON, made where it was written. */
  json: z
    .string()
    .max(2 * limits.variationValueLengthMax)
    .optional(),
  /** What the others are compared with, where an experiment names nothing else. */
  baseline: z.literal(true).optional(),
})
export type Variation = z.infer<typeof Variation>

/**
 * `rollout`: integer weights of 100,000 in stored order; a remainder is untracked and gets no variation. The audience is the share
 * of targeting keys (whole percent) that takes part; the rest gets its default variation.
 */
export const Strategy = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('fixed'), variationId: Id }),
  z.strictObject({
    kind: z.literal('rollout'),
    shares: z
      .array(z.strictObject({ variationId: Id, weight: z.int().min(0).max(limits.weightTotal) }))
      .min(1)
      .max(limits.variationsMax),
    /** Where the variations lie, if not in the order of the shares: one may come several times, and a gap has none. Adds up to the shares. */
    pieces: z
      .array(z.strictObject({ variationId: Id.optional(), weight: z.int().min(1).max(limits.weightTotal) }))
      .max(limits.piecesMax)
      .optional(),
    audience: z.strictObject({ percentage: z.int().min(0).max(100), defaultVariationId: Id }).optional(),
  }),
])
export type Strategy = z.infer<typeof Strategy>

export const Rule = z.strictObject({ id: Id, name: Name.default(''), anyOf: AnyOf, strategy: Strategy })
export type Rule = z.infer<typeof Rule>

/** Carries an id like a rule's, so that it has a salt of its own. */
export const DefaultStrategy = z.strictObject({ id: Id, strategy: Strategy })

export const Target = z.strictObject({
  variationId: Id,
  targetingKeys: z.array(z.string().min(1).max(limits.valueLengthMax)).max(limits.targetingKeysPerTargetMax),
})

export const Prerequisite = z.strictObject({ flagKey: Key, variationId: Id })

/**
 * How a targeting key becomes a bucket. `percent`: murmur3 x86-32 of rule id + targeting key, whole percents, as AB Tasty's SDKs;
 * `fine`: murmur3 x64-128 of flag key-targeting key-seed, thousandths of a percent, as Bucketeer's SDKs.
 */
export const Allocation = z.enum(['percent', 'fine'])

/** Of everybody, in whole percents: the first is in it, the last is not. */
export const Slice = z
  .strictObject({ from: z.int().min(0).max(100), to: z.int().min(0).max(100) })
  .refine(({ from, to }) => from < to, 'from must be less than to')
export type Slice = z.infer<typeof Slice>

/** The fields alone; `Flag` adds what must hold between them. */
export const FlagFields = z.strictObject({
  key: Key,
  name: Name.default(''),
  description: z.string().max(limits.descriptionLengthMax).default(''),
  /** Another name that AB Tasty's clients may ask by. No other flag has it, neither as slug nor as key. */
  slug: Key.optional(),
  type: FlagType,
  /** A json flag whose keys AB Tasty's SDKs read as flags of their own (their multi-key campaigns). */
  bundle: z.boolean().default(false),
  /** What its values are to who shows them as they are, without reading them: AB Tasty's types of modifications. Absent: values like any. */
  content: z.enum(['json', 'text', 'html', 'image', 'redirect']).optional(),
  variations: z.array(Variation).min(1).max(limits.variationsMax),
  enabled: z.boolean().default(false),
  offVariationId: Id.optional(),
  prerequisites: z.array(Prerequisite).max(limits.prerequisitesMax).default([]),
  targets: z.array(Target).max(limits.variationsMax).default([]),
  /** Whoever is in none of them, and not an individual target, gets no variation. Absent: the flag is for everybody. */
  slices: z.array(Slice).min(1).max(limits.slicesMax).optional(),
  rules: z.array(Rule).max(limits.rulesMax).default([]),
  defaultStrategy: DefaultStrategy,
  allocation: Allocation.default('percent'),
  /** `kept`: whom a percentage once gave a variation keeps it. `exclusive`: and is in no other flag of this kind. Absent: the hash alone decides. */
  assignment: z.enum(['kept', 'exclusive']).optional(),
  seed: z.string().max(limits.keyLengthMax).default(''),
  tags: z.array(TagKey).max(limits.tagsMax).default([]),
  maintainer: Name.default(''),
  archived: z.boolean().default(false),
  ...versioned,
})

export const Flag = FlagFields.superRefine((flag, context) => {
  for (const { path, rule, message } of inconsistencies(flag))
    context.addIssue({ code: 'custom', path: path.split('.'), params: { rule }, message })
})
export type Flag = z.infer<typeof Flag>
export type Allocation = z.infer<typeof Allocation>

/** Pieces say where, shares how much: both have to say the same of each variation. */
function piecesFlaws({ pieces, shares }: Extract<Strategy, { kind: 'rollout' }>): string[] {
  if (!pieces) return []
  const weights = new Map<string, number>()
  let total = 0
  for (const { variationId, weight } of pieces) {
    total += weight
    if (variationId !== undefined) weights.set(variationId, (weights.get(variationId) ?? 0) + weight)
  }
  const asShared = shares.filter(({ weight }) => weight > 0)
  const isShared =
    asShared.length === weights.size &&
    asShared.every((share) => weights.get(share.variationId) === share.weight)
  return [
    ...(isShared ? [] : ['the pieces of each variation must add up to its share']),
    ...(total > limits.weightTotal ? [`weights add up to ${total}, more than 100000`] : []),
  ]
}

interface Inconsistency {
  path: string
  rule: FieldRule
  message: string
}

/** What a flag's shape cannot say: ids that must exist or be unique, values that must parse, weights that must add up. */
function inconsistencies(flag: Omit<Flag, 'version'>): Inconsistency[] {
  const found: Inconsistency[] = []
  const variationIds = new Set(flag.variations.map(({ id }) => id))
  const known = (path: string, id: string) => {
    if (!variationIds.has(id))
      found.push({ path, rule: 'unknown-variation', message: `there is no variation ${id}` })
  }
  const unique = (path: (i: number) => string, values: readonly string[], what: string) => {
    values.forEach((value, i) => {
      if (values.indexOf(value) !== i)
        found.push({ path: path(i), rule: 'duplicate', message: `${what} ${value} is there twice` })
    })
  }
  const checkStrategy = (path: string, strategy: Strategy) => {
    if (strategy.kind === 'fixed') return known(`${path}.variationId`, strategy.variationId)
    const whole = (field: string, weight: number) => {
      const message = 'percent allocation needs whole percents (multiples of 1000)'
      if (flag.allocation === 'percent' && weight % limits.weightPerPercent !== 0)
        found.push({ path: `${path}.${field}.weight`, rule: 'whole-percents', message })
    }
    strategy.shares.forEach(({ variationId, weight }, i) => {
      known(`${path}.shares.${i}.variationId`, variationId)
      whole(`shares.${i}`, weight)
    })
    strategy.pieces?.forEach(({ weight }, i) => whole(`pieces.${i}`, weight))
    unique(
      (i) => `${path}.shares.${i}.variationId`,
      strategy.shares.map(({ variationId }) => variationId),
      'variation',
    )
    const total = strategy.shares.reduce((sum, { weight }) => sum + weight, 0)
    if (total > limits.weightTotal)
      found.push({
        path: `${path}.shares`,
        rule: 'weights-sum',
        message: `weights add up to ${total}, more than 100000`,
      })
    for (const message of piecesFlaws(strategy))
      found.push({ path: `${path}.pieces`, rule: 'weights-sum', message })
    if (strategy.audience) known(`${path}.audience.defaultVariationId`, strategy.audience.defaultVariationId)
  }

  unique(
    (i) => `variations.${i}.id`,
    flag.variations.map(({ id }) => id),
    'id',
  )
  unique((i) => `rules.${i}.id`, [...flag.rules.map(({ id }) => id), flag.defaultStrategy.id], 'id')
  unique((i) => `tags.${i}`, flag.tags, 'tag')
  flag.variations.forEach((variation, i) => {
    const json = variation.json ?? (flag.type === 'json' ? variation.value : '')
    if (isTooDeep(json)) {
      found.push({ path: `variations.${i}.value`, rule: 'value-depth', message: 'nests too deep' })
    } else if (parseValue(flag.type, variation) === undefined) {
      found.push({ path: `variations.${i}.value`, rule: 'value-of-type', message: `is not a ${flag.type}` })
    } else if (flag.bundle && !isBundle(flag.type, variation)) {
      found.push({
        path: `variations.${i}.value`,
        rule: 'bundle-is-object',
        message: 'a bundle is a json object, whose keys are flag keys',
      })
    }
  })
  if (flag.offVariationId !== undefined) known('offVariationId', flag.offVariationId)
  flag.targets.forEach(({ variationId }, i) => known(`targets.${i}.variationId`, variationId))
  flag.rules.forEach(({ strategy }, i) => checkStrategy(`rules.${i}.strategy`, strategy))
  checkStrategy('defaultStrategy.strategy', flag.defaultStrategy.strategy)
  return found
}
