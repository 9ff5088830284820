// Converts between flags and OpenFeature's manifest (Manifest Management API 0.1.0), which code generators
// read. The default in the code is used while a flag cannot be evaluated, so it corresponds to the off
// variation.
import * as z from 'zod'
import { holdsFractions } from '../../protocols/ofrep/value-text.ts'
import type { FlagChanges, FlagDraft } from '../../../core/model/flag-draft.ts'
import { type Flag, type Variation, FlagKey } from '../../../core/model/flag.ts'
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

const writableFields = {
  key: FlagKey,
  type: Type,
  name: z.string().max(nameLengthMax).optional(),
  description: z.string().max(descriptionLengthMax).nullish(),
}
export const ManifestDraft = z
  .strictObject({ ...writableFields, defaultValue: Value })
  .superRefine(checkDefaultValue)
export const ManifestChanges = z
  .strictObject({ ...writableFields, defaultValue: Value.optional() })
  .superRefine(checkDefaultValue)

function checkDefaultValue(
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
 * Undefined for flags that this version of the manifest has no type for: floats, and JSON that is no object.
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

/** The off variation; without that, the variation of a fixed default strategy or the first. */
function defaultVariationOf({ variations, offVariationId, defaultStrategy }: Flag): Variation | undefined {
  const { strategy } = defaultStrategy
  const id = offVariationId ?? (strategy.kind === 'fixed' ? strategy.variationId : variations[0]?.id)
  return variations.find((variation) => variation.id === id)
}

const textOf = (value: Value): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** A flag that is off and has its default as the only variation. A boolean flag has both values. */
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
 * Adds a variation if none has the new default value. Existing ones do not change, because users may get
 * them.
 */
export function toChanges(
  flag: Flag,
  { name, description, defaultValue }: z.infer<typeof ManifestChanges>,
  newId: () => string,
): FlagChanges {
  const changes = {
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description: description ?? '' }),
  }
  if (defaultValue === undefined || isDefault(flag, defaultValue)) return changes
  const value = textOf(defaultValue)
  const existing = flag.variations.find((variation) => isSame(parseValue(flag.type, variation), defaultValue))
  const variation = existing ?? { id: newId(), name: 'default', description: '', value }
  return {
    ...changes,
    ...(!existing && { variations: [...flag.variations, variation] }),
    offVariationId: variation.id,
  }
}

const isDefault = (flag: Flag, value: Value) => {
  const variation = defaultVariationOf(flag)
  return variation !== undefined && isSame(parseValue(flag.type, variation), value)
}
const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)
