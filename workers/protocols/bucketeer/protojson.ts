// Reading as protojson reads: names in camel or in snake case, null as absent, 64-bit integers as number or
// text, enums by name or number, unknown fields dropped. What proto3 leaves out is empty.
import * as z from 'zod/mini'

/** A message. Only fields are renamed: the keys of a map are data. */
export function message<const S extends z.core.$ZodShape>(shape: S) {
  const names = Object.keys(shape).map((name) => [name, snakeOf(name)] as const)
  return z.pipe(
    z.transform((value: unknown) => (isObject(value) ? fieldsOf(value, names) : value)),
    z.object(shape, { error: whatIsMissing }),
  )
}

function fieldsOf(value: Record<string, unknown>, names: readonly (readonly [string, string])[]) {
  const fields: Record<string, unknown> = {}
  for (const [camel, snake] of names) {
    const field = value[camel] ?? value[snake]
    if (field !== undefined && field !== null) fields[camel] = field
  }
  return fields
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const snakeOf = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/**
 * What a field's complaint is where it should be there and is not: a dialect makes its own sentence of it.
 */
export const isRequired = 'is required'
const whatIsMissing = ({ input }: { input?: unknown }) => (input === undefined ? isRequired : undefined)
const whatIsWrong = ({ input }: { input?: unknown }) =>
  input === undefined ? isRequired : 'neither the number, nor its text or name'

export const text = z._default(z.string(), '')
export const someText = z.string({ error: whatIsMissing }).check(z.minLength(1, isRequired))

/** int32, int64, uint64. */
const wholeOf = z.union([z.int(), z.string().check(z.regex(/^-?\d{1,19}$/, 'not a whole number'))], {
  error: whatIsWrong,
})
const number = z.pipe(wholeOf, z.transform(Number))
export const whole = z._default(number, 0)

/** double and float. */
export const amount = z.pipe(
  z.union(
    [
      z.number(),
      z.string().check(z.regex(/^-?\d{1,18}(?:\.\d{1,18})?(?:[eE][-+]?\d{1,3})?$/, 'not a number')),
    ],
    {
      error: whatIsWrong,
    },
  ),
  z.transform(Number),
)

/** An enum, as its number. proto3 keeps numbers that it has no name for. */
export const enumeration = (numbers: Readonly<Record<string, number>>) =>
  z.union(
    [
      z.int(),
      z.pipe(
        z.string().check(z.refine((name) => Object.hasOwn(numbers, name))),
        z.transform((name) => numbers[name]!),
      ),
    ],
    { error: whatIsWrong },
  )

export const list = <T extends z.core.$ZodType>(item: T) => z._default(z.array(item), [])
export const textMap = z.optional(z.record(z.string(), z.string()))

/**
 * What cannot be read is the other value. zod's own `catch` names its helpers in a way that keeps all of them
 * in edge's bundle, 8 kB.
 */
export const orElse = <T extends z.core.$ZodType>(schema: T, other: z.output<T>) =>
  z.pipe(
    z.optional(z.unknown()),
    z.transform((value): z.output<T> => {
      const read = z.safeParse(schema, value)
      return read.success ? read.data : other
    }),
  )
