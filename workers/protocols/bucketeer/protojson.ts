// Schemas that parse like protojson: names in camel or snake case, null as missing, 64-bit integers as number
// or text, enums by name or number, unknown fields dropped. Missing fields get proto3's empty values.
import * as z from 'zod/mini'

/** A message. Only its own fields are renamed, because the keys of a map are data. */
export function message<const S extends z.core.$ZodShape>(shape: S) {
  const names = Object.keys(shape).map((name) => [name, toSnakeCase(name)] as const)
  return z.pipe(
    z.transform((value: unknown) => (isObject(value) ? camelFields(value, names) : value)),
    z.object(shape, { error: missingMessage }),
  )
}

function camelFields(value: Record<string, unknown>, names: readonly (readonly [string, string])[]) {
  const fields: Record<string, unknown> = {}
  for (const [camel, snake] of names) {
    const field = value[camel] ?? value[snake]
    if (field !== undefined && field !== null) fields[camel] = field
  }
  return fields
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const toSnakeCase = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** The message for a missing field. Dialects replace it by a sentence of their own. */
export const isRequired = 'is required'
const missingMessage = ({ input }: { input?: unknown }) => (input === undefined ? isRequired : undefined)
const numberMessage = ({ input }: { input?: unknown }) =>
  input === undefined ? isRequired : 'neither the number, nor its text or name'

export const text = z._default(z.string(), '')
export const requiredText = z.string({ error: missingMessage }).check(z.minLength(1, isRequired))

/** Of at most 2^53, as numbers are: a larger one would lose digits. */
const wholeNumberText = z.string().check(
  z.regex(/^-?\d{1,19}$/, 'not a whole number'),
  z.refine((digits) => Number.isSafeInteger(Number(digits)), 'too large'),
)
/** int32, int64, uint64. */
const integerOrText = z.union([z.int(), wholeNumberText], {
  error: numberMessage,
})
export const integer = z._default(z.pipe(integerOrText, z.transform(Number)), 0)

/** double and float. */
export const double = z.pipe(
  z.union(
    [
      z.number(),
      z.string().check(z.regex(/^-?\d{1,18}(?:\.\d{1,18})?(?:[eE][-+]?\d{1,3})?$/, 'not a number')),
    ],
    {
      error: numberMessage,
    },
  ),
  z.transform(Number),
)

/** An enum, as its number. proto3 keeps numbers without a name. */
export const enumeration = (numbers: Readonly<Record<string, number>>) =>
  z.union(
    [
      z.int(),
      z.pipe(
        z.string().check(z.refine((name) => Object.hasOwn(numbers, name))),
        z.transform((name) => numbers[name]!),
      ),
    ],
    { error: numberMessage },
  )

export const list = <T extends z.core.$ZodType>(item: T) => z._default(z.array(item), [])
export const textMap = z.optional(z.record(z.string(), z.string()))

/** Replaces invalid values by another. Unlike zod's own `catch`, which adds 8 kB to edge's bundle. */
export const withFallback = <T extends z.core.$ZodType>(schema: T, fallback: z.output<T>) =>
  z.pipe(
    z.optional(z.unknown()),
    z.transform((value): z.output<T> => {
      const parsed = z.safeParse(schema, value)
      return parsed.success ? parsed.data : fallback
    }),
  )
