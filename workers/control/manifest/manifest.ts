// Converts between flags and OpenFeature's manifest (Manifest Management API 0.1.0), which code
// generators read. The default in the code is used while a flag cannot be evaluated, so it corresponds to
// the off variation. The API's document has no type for floats, but its command line sends and reads
// `float`. A number flag is one as soon as a value is written as one (`2.0`), as in OFREP's answers.
import * as z from 'zod'
import { holdsFractions } from '../../protocols/ofrep/value-text.ts'
import type { FlagChanges, FlagDraft } from '../../../core/model/flag-draft.ts'
import { type Flag, type Variation, FlagKey } from '../../../core/model/flag.ts'
import { parseValue } from '../../../core/model/value.ts'
import { descriptionLengthMax, nameLengthMax } from '../../../core/model/limits.ts'

const Type = z.enum(['boolean', 'string', 'integer', 'float', 'object'])
type Type = z.infer<typeof Type>
const Value = z.union([z.boolean(), z.string(), z.number(), z.record(z.string(), z.json())])
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
  if (defaultValue === undefined || isOfType(defaultValue, type)) return
  context.addIssue({ code: 'custom', path: ['defaultValue'], message: `is not a value of type ${type}` })
}

function isOfType(value: Value, type: Type): boolean {
  if (typeof value !== 'number') return typeof value === type
  return type === 'float' || (type === 'integer' && Number.isSafeInteger(value))
}

/** Undefined for flags that the manifest has no type for: JSON that is no object. */
export function toManifestFlag(flag: Flag): ManifestFlag | undefined {
  const variation = defaultVariationOf(flag)
  const value = variation && parseValue(flag.type, variation)
  if (value === undefined) return undefined
  const parsed = ManifestFlag.safeParse({
    key: flag.key,
    name: flag.name || flag.key,
    type: typeOf(flag),
    description: flag.description || null,
    defaultValue: value,
  })
  return parsed.success ? parsed.data : undefined
}

export function typeOf(flag: Flag): Type {
  if (flag.type === 'boolean' || flag.type === 'string') return flag.type
  if (flag.type !== 'number') return 'object'
  const areIntegers = flag.variations.every(({ value }) => Number.isSafeInteger(Number(value)))
  return areIntegers && !holdsFractions(flag) ? 'integer' : 'float'
}

/** The off variation; without that, the variation of a fixed default strategy or the first. */
function defaultVariationOf({ variations, offVariationId, defaultStrategy }: Flag): Variation | undefined {
  const { strategy } = defaultStrategy
  const id = offVariationId ?? (strategy.kind === 'fixed' ? strategy.variationId : variations[0]?.id)
  return variations.find((variation) => variation.id === id)
}

const textOf = (type: Type, value: Value): string =>
  typeof value === 'string' ? value : type === 'float' ? floatText(value) : JSON.stringify(value)

/** With a point, so that the flag stays one of floats: `2.0`, `1.0e+21`. */
function floatText(value: Value): string {
  const text = JSON.stringify(value)
  return text.includes('.') ? text : text.replace(/(?=e)|$/, '.0')
}

const flagTypes = {
  boolean: 'boolean',
  string: 'string',
  integer: 'number',
  float: 'number',
  object: 'json',
} as const satisfies Record<Type, Flag['type']>

/** A flag that is off and has its default as the only variation. A boolean flag has both values. */
export function toDraft({
  key,
  type,
  name,
  description,
  defaultValue,
}: z.infer<typeof ManifestDraft>): z.input<typeof FlagDraft> {
  const value = textOf(type, defaultValue)
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
    type: flagTypes[type],
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
  { type, name, description, defaultValue }: z.infer<typeof ManifestChanges>,
  newId: () => string,
): FlagChanges {
  const changes = {
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description: description ?? '' }),
  }
  if (defaultValue === undefined || isDefault(flag, defaultValue)) return changes
  const value = textOf(type, defaultValue)
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
