// Between OpenFeature's manifest (Manifest Management API 0.1.0) and flags: what a code generator has to know
// of each, its default above all. The default in code is what a flag is to be while nobody can be asked, so
// it is the off variation.
import * as z from 'zod'
import { holdsFractions } from '../../protocols/ofrep/value-text.ts'
import type { FlagChanges, FlagDraft } from '../../../core/model/flag-draft.ts'
import { type Flag, type Variation, Key } from '../../../core/model/flag.ts'
import { parseValue } from '../../../core/model/value.ts'
import { descriptionLengthMax, nameLengthMax } from '../../../core/model/limits.ts'

const Type = z.enum(['boolean', 'string', 'integer', 'object'])
type Type = z.infer<typeof Type>
const Value = z.union([z.boolean(), z.string(), z.int(), z.record(z.string(), z.json())])
type Value = z.infer<typeof Value>

export const ManifestFlag = z.strictObject({
  key: z.string(),
  name: z.string(),
  type: Type,
  description: z.string().nullable(),
  defaultValue: Value,
})
type ManifestFlag = z.infer<typeof ManifestFlag>

const written = {
  key: Key,
  type: Type,
  name: z.string().max(nameLengthMax).optional(),
  description: z.string().max(descriptionLengthMax).nullish(),
}
export const ManifestDraft = z.strictObject({ ...written, defaultValue: Value }).superRefine(isOfItsType)
export const ManifestChanges = z
  .strictObject({ ...written, defaultValue: Value.optional() })
  .superRefine(isOfItsType)

function isOfItsType(
  { type, defaultValue }: { readonly type: Type; readonly defaultValue?: Value | undefined },
  context: z.RefinementCtx,
): void {
  if (defaultValue === undefined || typeOfValue(defaultValue) === type) return
  context.addIssue({ code: 'custom', path: ['defaultValue'], message: `is not a value of type ${type}` })
}

const typeOfValue = (value: Value): Type =>
  typeof value === 'boolean'
    ? 'boolean'
    : typeof value === 'string'
      ? 'string'
      : typeof value === 'number'
        ? 'integer'
        : 'object'

/**
 * Undefined for a flag that this version of the manifest has no type for: floats, and JSON that is no object.
 */
export function toManifestFlag(flag: Flag): ManifestFlag | undefined {
  const type = typeOf(flag)
  const variation = defaultVariationOf(flag)
  const value = variation && parseValue(flag.type, variation)
  if (type === undefined || value === undefined) return undefined
  const parsed = ManifestFlag.safeParse({
    key: flag.key,
    name: flag.name || flag.key,
    type,
    description: flag.description || null,
    defaultValue: value,
  })
  return parsed.success ? parsed.data : undefined
}

export function typeOf(flag: Flag): Type | undefined {
  if (flag.type === 'boolean' || flag.type === 'string') return flag.type
  if (flag.type === 'number') return holdsFractions(flag) ? undefined : 'integer'
  return 'object'
}

/** The off variation; without one what everybody gets, if it is one and the same. */
function defaultVariationOf({ variations, offVariationId, defaultStrategy }: Flag): Variation | undefined {
  const { strategy } = defaultStrategy
  const id = offVariationId ?? (strategy.kind === 'fixed' ? strategy.variationId : variations[0]?.id)
  return variations.find((variation) => variation.id === id)
}

const textOf = (value: Value): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** Off, with its default as the only answer. A boolean has both of its values at once. */
export function toDraft({
  key,
  type,
  name,
  description,
  defaultValue,
}: z.infer<typeof ManifestDraft>): z.input<typeof FlagDraft> {
  const value = textOf(defaultValue)
  const variations =
    type === 'boolean'
      ? [
          { id: 'on', name: 'on', value: 'true' },
          { id: 'off', name: 'off', value: 'false' },
        ]
      : [{ id: 'default', name: 'default', value }]
  const id = variations.find((variation) => variation.value === value)!.id
  return {
    key,
    name: name ?? key,
    description: description ?? '',
    type: ({ boolean: 'boolean', string: 'string', integer: 'number', object: 'json' } as const)[type],
    variations,
    offVariationId: id,
    defaultStrategy: { strategy: { kind: 'fixed', variationId: id } },
  }
}

/**
 * A new default is a variation of its own where there is none of that value: those that are there may be what
 * somebody gets.
 */
export function toChanges(
  flag: Flag,
  { name, description, defaultValue }: z.infer<typeof ManifestChanges>,
  newId: () => string,
): FlagChanges {
  const named = {
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description: description ?? '' }),
  }
  if (defaultValue === undefined || isDefault(flag, defaultValue)) return named
  const value = textOf(defaultValue)
  const held = flag.variations.find((variation) => isSame(parseValue(flag.type, variation), defaultValue))
  const variation = held ?? { id: newId(), name: 'default', description: '', value }
  return {
    ...named,
    ...(!held && { variations: [...flag.variations, variation] }),
    offVariationId: variation.id,
  }
}

const isDefault = (flag: Flag, value: Value) => {
  const variation = defaultVariationOf(flag)
  return variation !== undefined && isSame(parseValue(flag.type, variation), value)
}
const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)
