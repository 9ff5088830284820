// Schemas that parse like protojson: names in camel or snake case, null as missing, 64-bit integers as number
// or text, enums by name or number, unknown fields dropped. Missing fields get proto3's empty values.
//
// What SDKs usually send is read by a few comparisons: a Worker may not compile code, so a zod schema there
// is interpreted, for each event anew. Whatever is unusual in any way is left to the schema, which decides
// and says what is wrong.
import * as z from 'zod/mini'

/** What the schema makes of a value, or `unusual`. */
type Reader = (value: unknown) => unknown
export const unusual = Symbol('unusual')
const readers = new WeakMap<z.core.$ZodType, Reader>()

/** A schema without a reader decides itself. */
export const readUsual = (schema: z.core.$ZodType, value: unknown): unknown =>
  readers.get(schema)?.(value) ?? unusual

function reading<T extends z.core.$ZodType>(schema: T, reader: Reader): T {
  readers.set(schema, reader)
  return schema
}

/** A message. Only its own fields are renamed, because the keys of a map are data. */
export function message<const S extends z.core.$ZodShape>(shape: S) {
  const names = Object.keys(shape).map((name) => [name, toSnakeCase(name)] as const)
  const schema = z.pipe(
    z.transform((value: unknown) => (isObject(value) ? camelFields(value, names) : value)),
    z.object(shape, { error: missingMessage }),
  )
  const fields = names.map(([name, snake]) => [name, snake, readers.get(shape[name]!)] as const)
  return reading(schema, (value) => {
    if (!isObject(value)) return unusual
    const read: Record<string, unknown> = {}
    for (const [name, snake, reader] of fields) {
      const field = reader ? reader(value[name] ?? value[snake] ?? undefined) : unusual
      if (field === unusual) return unusual
      if (field !== undefined) read[name] = field
    }
    return read
  })
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

const readText =
  (lengthMin: number, lengthMax: number, fallback?: string): Reader =>
  (value = fallback) =>
    typeof value === 'string' && value.length >= lengthMin && value.length <= lengthMax ? value : unusual

export const text = reading(z._default(z.string(), ''), readText(0, Infinity, ''))
const someText = z.string({ error: missingMessage }).check(z.minLength(1, isRequired))
export const requiredText = reading(someText, readText(1, Infinity))
export const boundedName = (lengthMax: number) =>
  reading(someText.check(z.maxLength(lengthMax)), readText(1, lengthMax))
export const boundedText = (lengthMax: number) =>
  reading(z._default(z.string().check(z.maxLength(lengthMax)), ''), readText(0, lengthMax, ''))

/** Of at most 2^53, as numbers are: a larger one would lose digits. */
const wholeNumberText = z.string().check(
  z.regex(/^-?\d{1,19}$/, 'not a whole number'),
  z.refine((digits) => Number.isSafeInteger(Number(digits)), 'too large'),
)
/** int32, int64, uint64. */
const integerOrText = z.union([z.int(), wholeNumberText], {
  error: numberMessage,
})
export const integer = reading(z._default(z.pipe(integerOrText, z.transform(Number)), 0), (value = 0) =>
  Number.isSafeInteger(value) ? value : unusual,
)

/** double and float. */
const numberOrText = z.pipe(
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

export const double = reading(numberOrText, (value) => (Number.isFinite(value) ? value : unusual))

/** 0 if there is none. */
export const enumerationOrZero = (numbers: Readonly<Record<string, number>>) =>
  reading(z._default(enumeration(numbers), 0), (value = 0) => {
    if (typeof value === 'string') return Object.hasOwn(numbers, value) ? numbers[value] : unusual
    return Number.isSafeInteger(value) ? value : unusual
  })

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
/** From one to `countMax`. */
export const someOf = <T extends z.core.$ZodType>(item: T, countMax: number) => {
  const several = z
    .array(item, { error: missingMessage })
    .check(z.minLength(1, isRequired), z.maxLength(countMax))
  return reading(several, (value) => {
    if (!Array.isArray(value) || value.length === 0 || value.length > countMax) return unusual
    const read: unknown[] = []
    for (const each of value as readonly unknown[]) {
      const one = readUsual(item, each)
      if (one === unusual) return unusual
      read.push(one)
    }
    return read
  })
}

/** What it is, others decide. */
export const anything = reading(z.optional(z.unknown()), (value) => value)

export const optional = <T extends z.core.$ZodType>(schema: T) =>
  reading(z.optional(schema), (value) => (value === undefined ? undefined : readUsual(schema, value)))

export const textMap = reading(z.optional(z.record(z.string(), z.string())), (value) => {
  if (value === undefined) return undefined
  if (!isObject(value) || Object.hasOwn(value, '__proto__')) return unusual
  for (const name in value) if (typeof value[name] !== 'string') return unusual
  return value
})

/** Replaces invalid values by another. Unlike zod's own `catch`, which adds 8 kB to edge's bundle. */
export const withFallback = <T extends z.core.$ZodType>(schema: T, fallback: z.output<T>) =>
  z.pipe(
    z.optional(z.unknown()),
    z.transform((value): z.output<T> => {
      const parsed = z.safeParse(schema, value)
      return parsed.success ? parsed.data : fallback
    }),
  )
